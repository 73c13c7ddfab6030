/* The conversation with MySQL or MariaDB: its packets, and how it ends. */
#ifndef PROBE_MYSQL_MYSQLTALK_H
#define PROBE_MYSQL_MYSQLTALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "probe/mysql/mysqlauth.h"
#include "probe/mysql/mysqlquery.h"
#include "target/outcome.h"
#include "target/target.h"

/* First bytes of packets ("Generic Response Packets", "Command Phase"). */
enum { MYSQLTALK_ERROR = 0xff, MYSQLTALK_QUERY = 0x03 };

/* A walk over all that was heard, packet by packet. */
struct mysqltalk {
	const struct target *target;
	unsigned said, turn; /* how often the walk came to our turn, and how often we have spoken */
	bool secure;         /* the connection is in TLS now */
	struct buf *out;
	struct outcome *outcome;
	enum { MYSQLTALK_GREETING, MYSQLTALK_LOGIN, MYSQLTALK_SESSION } stage;
	struct mysqlauth auth;
	struct mysqlquery query;
	const unsigned char *packet; /* len bytes, at least one, without the header */
	size_t len;
	unsigned char number; /* of the packet */
};

/*
 * Takes the next packet off the *left bytes at *at. Returns false while it is not whole, and if there can be none; then the
 * outcome is set.
 */
bool mysqltalk_take(struct mysqltalk *talk, const unsigned char **at, size_t *left);

/* The parameters of the URL. */
const struct mysqlquery_params *mysqltalk_params(const struct target *target);

/* It is our turn. Returns whether these words must still be said. */
bool mysqltalk_must_say(struct mysqltalk *talk);

/* Says an answer within the login, and a command after it. */
void mysqltalk_answer(struct mysqltalk *talk, const char *bytes, size_t len);
void mysqltalk_command(struct mysqltalk *talk, char command, const char *text);

/* The walk is over: the reply is of another protocol. */
void mysqltalk_garbled(struct mysqltalk *talk, const char *detail);

/* The walk is over, with a goodbye. Within a login that is an answer which is no login. */
void mysqltalk_part(struct mysqltalk *talk, struct outcome outcome);

/* Returns the outcome for a server that is up, where there is no password. */
struct outcome mysqltalk_up(const struct target *target);

/* The walk is over: the packet is an error. */
void mysqltalk_refused(struct mysqltalk *talk);

#endif
