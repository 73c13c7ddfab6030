/* Looks at what libpq will read next, because it tells too little of it. */
#ifndef PROBE_POSTGRES_PGPEEK_H
#define PROBE_POSTGRES_PGPEEK_H

#include <stdbool.h>
#include <stddef.h>

#include <libpq-fe.h>

#include "probe/postgres/pganswer.h"

/* What was seen of the server so far. Zeroed: nothing. */
struct pgpeek {
	bool let_in;           /* the authentication is over */
	bool eof;              /* the peer closed the connection */
	unsigned char head[5]; /* the first head_len bytes of the reply to the startup message */
	size_t head_len;
	enum pganswer_start start; /* what they mean */
};

/*
 * Call it before libpq reads: has the peer closed the connection, and does its reply begin as PostgreSQL's does? Within TLS the
 * bytes are encrypted, so there is nothing to see.
 */
void pgpeek_look(struct pgpeek *peek, PGconn *conn);

#endif
