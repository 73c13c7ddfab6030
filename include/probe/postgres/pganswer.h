/* What a PostgreSQL server's first words mean. Pure: bytes and texts in, facts out. FACTS 22-27. */
#ifndef PROBE_POSTGRES_PGANSWER_H
#define PROBE_POSTGRES_PGANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "target/outcome.h"

enum pganswer_start {
	PGANSWER_NONE,
	PGANSWER_FOREIGN,        /* another protocol */
	PGANSWER_AUTHENTICATION, /* a request to authenticate: the server takes connections (FACTS 23) */
	PGANSWER_MESSAGE         /* an error or another message of PostgreSQL's, or too few bytes to tell */
};

/* Of the first bytes (count > 0) that answer a startup message. */
enum pganswer_start pganswer_to_startup(const unsigned char *bytes, size_t count);

/* Of the first bytes (count > 0) that answer a request for encryption: FOREIGN or MESSAGE. Proves nothing more (FACTS 24). */
enum pganswer_start pganswer_to_encryption(const unsigned char *bytes, size_t count);

/*
 * What a SQLSTATE, the first five bytes of a text, says (FACTS 22, 27). login: a password is known, so that being
 * refused is a dead end; without one it is all there is to learn, and the server is up. States not known here
 * may pass: not ready, try again.
 */
enum outcome_kind pganswer_of_state(const char *sqlstate, bool login);

/*
 * The SQLSTATE within libpq's message of a failed connection, where PQERRORS_VERBOSE puts it behind the severity:
 * "FATAL:  57P03: text". NULL when the server sent none.
 */
const char *pganswer_find_state(const char *message);

#endif
