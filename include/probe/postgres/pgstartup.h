/*
 * Asks a PostgreSQL server that was starting up whether it still is: one small packet instead of libpq's preparations,
 * which would be most of the processor time of a wait for a long recovery.
 */
#ifndef PROBE_POSTGRES_PGSTARTUP_H
#define PROBE_POSTGRES_PGSTARTUP_H

#include <stddef.h>

#include "attempt/probe.h"
#include "net/stream.h"
#include "target/outcome.h"

/* Bytes of a reply that are read. An error that says "starting up" is much shorter, in every language. */
enum { PGSTARTUP_REPLY_MAX = 1024 };

struct pgstartup {
	struct stream stream;
	const char *user, *database;
	char reply[PGSTARTUP_REPLY_MAX];
	size_t len;
	struct probe *probe;
	void (*other)(struct probe *probe);
};

/* Call this before any other function. */
void pgstartup_init(struct pgstartup *startup);

/*
 * Connects and sends a startup message (PostgreSQL manual, "Message Formats": StartupMessage, protocol 3.0). If the
 * server is still starting, as its SQLSTATE says (pganswer_of_state), or does not accept, the probe is finished with
 * that. At any other reply `other` is called, with the connection closed: libpq must judge it. user is the role to
 * name; database may be NULL or empty, then it has the role's name. Both must outlive the exchange, and are sent in
 * clear.
 */
void pgstartup_ask(struct pgstartup *startup, struct probe *probe, const char *user, const char *database,
		   void (*other)(struct probe *probe));

/* Ends it without a call. May be called twice. */
void pgstartup_stop(struct pgstartup *startup);

/*
 * Writes the startup message into out and returns its length; 0 if it does not fit. A pure function, as is
 * pgstartup_judge.
 */
size_t pgstartup_message(const char *user, const char *database, char *out, size_t size);

/*
 * Judges the first len bytes of the reply. Returns OUTCOME_STARTING with the server's words; OUTCOME_READY for any other
 * reply, which libpq must judge; OUTCOME_NONE if more bytes are needed.
 */
struct outcome pgstartup_judge(const char *reply, size_t len);

#endif
