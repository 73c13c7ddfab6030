/*
 * A dialog: connect, send something, judge the reply, perhaps send more. A protocol of this kind supplies two
 * functions. This file connects, collects replies that arrive in pieces, limits their length, and closes the connection
 * cleanly.
 */
#ifndef ATTEMPT_DIALOG_H
#define ATTEMPT_DIALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "attempt/probe.h"
#include "base/buf.h"
#include "net/stream.h"
#include "target/outcome.h"
#include "target/target.h"

/* What the service has sent since we last sent something; all it has sent, if the dialog remembers. */
struct dialog_heard {
	const char *data; /* len bytes of any value, not NUL-terminated; the last message may be incomplete */
	size_t len;
	bool eof;      /* the service closed the connection; no more will come */
	bool secure;   /* the connection is in TLS */
	bool settled;  /* the dialog waits for it: nothing has come since TLS stands (see settles) */
	unsigned turn; /* how often we have sent something so far */
	/* DIALOG_RANDOM bytes that nobody guesses, the same for the whole connection; only if the dialog draws_random */
	const unsigned char *random;
};

/* RFC 5802 (SCRAM) wants a nonce of each login; libpq's has as many bytes. */
enum { DIALOG_RANDOM = 18 };

/*
 * The functions of a protocol. All are pure: they use only their arguments and keep nothing, so unit tests and fuzzers can
 * call them directly.
 */
struct dialog {
	/* Adds to out what we send first. If the slot is NULL or adds nothing, the service speaks first. */
	void (*say)(const struct target *target, struct buf *out);

	/*
	 * Called whenever more bytes have arrived, with all that arrived since we last sent something. Three results:
	 * - true, with *outcome set: the protocol has decided. Bytes added to out are a goodbye: they are sent, and the
	 *   connection is closed without waiting for what the service says to it.
	 * - false, with bytes added to out: they are sent, and what was heard so far is discarded, unless remembers is set.
	 * - false, with nothing added: more bytes are needed.
	 * Before the call *outcome is OUTCOME_NONE. After eof nothing more is sent; then false makes the outcome
	 * OUTCOME_CLOSED. The result must be the same however the bytes are cut into pieces.
	 */
	bool (*judge)(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		      struct outcome *outcome);

	/*
	 * Nothing is discarded: judge always gets all that was heard on the connection. For a protocol that needs again
	 * what it has answered already, such as a nonce. It walks over what it has heard, and heard->turn tells how many
	 * answers are sent.
	 */
	bool remembers;

	bool draws_random; /* fills heard->random */

	/*
	 * For a scheme whose TLS begins after words of the protocol (SCHEME_TLS_OR_STARTTLS, SCHEME_TLS_INSIDE): must it
	 * begin now? It is asked with what judge has heard and said, each time judge wants more, while a target that is to be
	 * in TLS is not. What was said is sent before. Once TLS stands, judge is called with heard->secure set and, unless the
	 * dialog remembers, nothing heard: then it may speak.
	 */
	bool (*begins_tls)(const struct target *target, const struct dialog_heard *heard, const struct buf *said);

	/*
	 * A handshake of TLS is all that is asked for. As in TLS 1.3 it ends before the service has judged it, and a balancer
	 * may end a connection behind which is nobody, judge is called once more when the connection has stayed open as long
	 * as this function says, with heard->settled set: microseconds; 0: as long as an answer would have taken.
	 */
	int64_t (*settles)(const struct target *target);

	/*
	 * Optional: what the outcome is if the deadline comes while judge needs more bytes than the ones heard, at least one.
	 * NULL: OUTCOME_STARTING, "the reply is not complete".
	 */
	struct outcome (*late)(const struct target *target, const struct dialog_heard *heard);

	/*
	 * Optional: called when judge has decided that all is READY here, with the same bytes. If the target is elsewhere, and
	 * they name the place, it calls probe_refer. Returns false if they name none; then the outcome is GARBLED.
	 */
	bool (*refer)(struct probe *probe, const struct dialog_heard *heard);
};

/* Bytes. If a reply gets longer than this and judge has not decided, the outcome is OUTCOME_GARBLED. */
enum { DIALOG_HEARD_MAX = 64 * 1024 };

/* The probe->state of a dialog. */
struct dialog_state {
	struct stream stream;     /* while connecting */
	struct bufferevent *talk; /* after that; NULL before */
	unsigned turn;            /* as in struct dialog_heard */
	size_t answered;          /* bytes that the dialog remembers from before we last sent something */
	bool heard_any;           /* at least one byte has arrived */
	bool in_tls;              /* talk speaks TLS, or begins to */
	bool secure;              /* TLS stands */
	bool settled;             /* as in struct dialog_heard */
	int64_t began;            /* when TLS began, in clock_now() time */
	struct loop_timer settle;
	unsigned char random[DIALOG_RANDOM];
	struct outcome late; /* the deadline's; probe_expire_as keeps a pointer to its detail */
};

/*
 * Returns an outcome with the first line of the service's reply as its detail. The line is cut where it repeats the target's
 * password, or the beginning of it: a service that does not know a command may quote the first bytes of its arguments.
 */
struct outcome dialog_quote(const struct target *target, enum outcome_kind kind, const char *said, size_t len);

/* Refuses several hosts if the scheme lists none, and a path in place of the host: returns -1 with err. */
int dialog_check_host(const struct target *target, struct error *err);

/*
 * The bind of a dialog whose URL has hosts, a user only if its scheme takes credentials, and no path. Other dialogs may
 * call it first. Returns -1 with err.
 */
int dialog_bind(struct target *target, const struct env *env, struct log *log, struct error *err);

/* DIALOG_MAYBE: what was heard is a beginning of the text, and more bytes decide. */
enum dialog_match { DIALOG_NO, DIALOG_MAYBE, DIALOG_YES };

/* Does what was heard begin with text? */
enum dialog_match dialog_begins(const struct dialog_heard *heard, const char *text);

/*
 * The start and stop of a struct protocol that is a dialog. Its dialog must be set, and its state_size must be
 * sizeof(struct dialog_state).
 */
void dialog_start(struct probe *probe);
void dialog_stop(struct probe *probe);

#endif
