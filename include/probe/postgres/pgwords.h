/* What a report quotes of a PostgreSQL server's or libpq's message. Pure functions. */
#ifndef PROBE_POSTGRES_PGWORDS_H
#define PROBE_POSTGRES_PGWORDS_H

#include <stddef.h>

/* What the server was sent. A name may be NULL. */
struct pgwords_sent {
	const char *password; /* NULL or "": none was sent */
	const char *user, *database;
};

/*
 * Returns the first line of words, which the caller frees. A server may repeat the password: the line ends before it.
 * The first `keep` bytes are never cut. The password is no secret where it stands in the name of the user or database:
 * those are printed anyway, and with "infisical:infisical@db/infisical" most messages would be gone.
 */
char *pgwords_quote(const char *words, size_t keep, const struct pgwords_sent *sent);

/*
 * Returns the place in libpq's message where the part ends that names the server, which reports name already. If that
 * part is missing or looks different, returns message.
 */
const char *pgwords_without_place(const char *message);

/*
 * Returns the errno value of a connect() that failed inside PQconnectStart, or 0. libpq gives it only as a text. Judging
 * by it is safe here: no server has written any of it, and libpq uses strerror of this process, so the texts are equal
 * in every language. test_libpq_texts in tests/unit/probe/postgres/test_postgres_faults.c fails if libpq changes that.
 */
int pgwords_errno(const char *message);

#endif
