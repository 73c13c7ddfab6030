#include "probe/postgres/pgpeek.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

/* More than the last messages of an authentication have. */
enum { PGPEEK_BYTES = 256 };

/* The reply may arrive in pieces (FACTS 34), and libpq removes each from the socket. */
static void pgpeek_add(struct pgpeek *peek, const unsigned char *bytes, size_t count)
{
	size_t more = sizeof(peek->head) - peek->head_len;

	more = count < more ? count : more;
	memcpy(peek->head + peek->head_len, bytes, more);
	peek->head_len += more;
	peek->start = pganswer_to_startup(peek->head, peek->head_len);
	/* libpq may have read bytes that were not seen here, so a length from several pieces may be wrong. */
	if (peek->start == PGANSWER_FOREIGN && peek->head_len > more && peek->head[0] == 'R')
		peek->start = PGANSWER_MESSAGE;
}

void pgpeek_look(struct pgpeek *peek, PGconn *conn)
{
	unsigned char bytes[PGPEEK_BYTES];
	ssize_t got;

	if (PQsslInUse(conn))
		return;
	got = recv(PQsocket(conn), bytes, sizeof(bytes), MSG_PEEK);
	/* A proxy that cannot reach the service sends FIN or RST, whichever is first (FACTS 17). Both mean the same. */
	if (got == 0 || (got < 0 && errno != EAGAIN))
		peek->eof = true;
	if (got <= 0)
		return;
	peek->let_in |= PQstatus(conn) == CONNECTION_AWAITING_RESPONSE && pganswer_lets_in(bytes, (size_t)got);
	if (PQstatus(conn) == CONNECTION_SSL_STARTUP) {
		if (pganswer_to_encryption(bytes, (size_t)got) == PGANSWER_FOREIGN)
			peek->start = PGANSWER_FOREIGN;
	} else if (PQstatus(conn) == CONNECTION_AWAITING_RESPONSE && peek->head_len < sizeof(peek->head)) {
		pgpeek_add(peek, bytes, (size_t)got);
	}
}
