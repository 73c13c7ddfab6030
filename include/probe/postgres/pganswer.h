/*
 * What the first reply of a PostgreSQL server means. Pure functions. FACTS 22-27; PostgreSQL manual, "Message Formats"
 * and "Error Codes".
 */
#ifndef PROBE_POSTGRES_PGANSWER_H
#define PROBE_POSTGRES_PGANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "target/outcome.h"

enum pganswer_start {
	PGANSWER_NONE,           /* nothing has arrived yet */
	PGANSWER_FOREIGN,        /* another protocol */
	PGANSWER_AUTHENTICATION, /* an authentication request: the server accepts connections (FACTS 23) */
	PGANSWER_MESSAGE         /* an error or another message of PostgreSQL, or too few bytes to decide */
};

/*
 * Returns the length of a message of the server, from its first five bytes: a type, and a number that counts itself but
 * not the type (PostgreSQL manual, "Message Formats").
 */
size_t pganswer_length(const unsigned char *bytes);

/* Judges the first bytes of a reply to the startup message; count must not be 0. */
enum pganswer_start pganswer_to_startup(const unsigned char *bytes, size_t count);

/*
 * Judges the first bytes of a reply to a request for encryption; count must not be 0. Returns PGANSWER_FOREIGN or
 * PGANSWER_MESSAGE. The latter does not prove that the server accepts connections (FACTS 24).
 */
enum pganswer_start pganswer_to_encryption(const unsigned char *bytes, size_t count);

/*
 * Do the bytes, which begin with a message, hold an AuthenticationOk? False if it is further behind than count. After
 * SASL it follows AuthenticationSASLFinal in the same packet (PostgreSQL manual, "SASL Authentication").
 */
bool pganswer_lets_in(const unsigned char *bytes, size_t count);

/* How far a session is. */
enum pganswer_phase {
	PGANSWER_PING,  /* there is no password, so it ends before the authentication does */
	PGANSWER_LOGIN, /* there is a password, and the server has not let us in yet */
	PGANSWER_LET_IN /* the server has let us in */
};

/*
 * Returns the outcome for the SQLSTATE in the first five bytes of sqlstate (FACTS 22, 27). 53300 is OUTCOME_FULL. In a
 * ping every error is OUTCOME_READY, except those of a server that is starting, ending or out of room. Else a server
 * that refuses this user or database is OUTCOME_DENIED, and a state that is not known here may be temporary:
 * OUTCOME_STARTING.
 */
enum outcome_kind pganswer_of_state(const char *sqlstate, enum pganswer_phase phase);

/* Is it a state that says too little, with which a pooler refuses a user, a database or a password? */
bool pganswer_is_vague(const char *sqlstate);

/*
 * Returns where the SQLSTATE begins in libpq's message about a failed connection, or NULL if there is none. With
 * PQERRORS_VERBOSE it follows the severity: "FATAL:  57P03: text".
 */
const char *pganswer_find_state(const char *message);

#endif
