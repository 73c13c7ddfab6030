/*
 * A probe: one protocol talks to one address and finds out whether the target is ready there.
 *
 * The contract between a protocol and this framework:
 * 1. A protocol runs one attempt at one address. It never retries, never prints, never looks a name up, and sets no
 *    time limit for the attempt as a whole.
 * 2. It reports by probe_finish, which it may call inside start. Only the first report counts.
 * 3. The framework calls stop and then done on the next turn of the loop. So a protocol may report anywhere: within the
 *    call nothing is freed, and the caller of probe_start is not called back.
 * 4. The framework owns the deadline. When it fires, the outcome is what probe_expire_as was last given.
 * 5. A unit test checks that the protocol of every scheme (target/scheme.h) fills the mandatory slots.
 */
#ifndef ATTEMPT_PROBE_H
#define ATTEMPT_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"
#include "net/address.h"
#include "net/loop.h"
#include "system/env.h"
#include "system/log.h"
#include "target/outcome.h"
#include "target/target.h"

struct dialog;
struct probe;
struct probe_shared;
struct tls_store;

/* How to find out at one place whether a target is ready. */
struct protocol {
	const struct dialog *dialog;   /* the functions of a dialog (attempt/dialog.h); NULL if it is not a dialog */
	const struct locking *locking; /* how to hold a lock (attempt/locking.h); NULL: the service has none */
	size_t state_size;             /* bytes of probe->state, which are zeroed for every attempt */
	/* How to probe a place that this one named (probe_refer). NULL: it names none, or is of its own kind */
	const struct protocol *found;

	/*
	 * Optional; called once before the wait. Completes the target (its endpoints, its plan) from its URL and the
	 * environment, refuses what can never succeed (-1, with err), and warns in log of what may surprise the user.
	 * It may remove variables from this process's own environment. env is what the app gets, and stays as it is.
	 */
	int (*bind)(struct target *target, const struct env *env, struct log *log, struct error *err);
	void (*unbind)(struct target *target); /* optional; frees target->plan, which may be NULL */

	void (*start)(struct probe *probe); /* begins the attempt; must not block; may call probe_finish */
	void (*stop)(struct probe *probe);  /* releases what start acquired; called exactly once, after start */
};

struct probe {
	const struct protocol *protocol;
	struct loop *loop;
	const struct target *target;
	const struct endpoint *endpoint; /* NULL if the target has none */
	const struct address *address;   /* points to address_copy; NULL if endpoint is */
	void *state;                     /* protocol->state_size bytes */
	struct sockets *sockets;         /* for stream_connect; set by whoever runs the probe; may be NULL */
	struct tls_store **tls;          /* for tls_begin; set by whoever runs the probe */
	struct probe_shared **shared;    /* the list that probe_share uses; set by whoever runs the probe */
	enum outcome_kind last; /* how the previous attempt at this target ended; OUTCOME_NONE: there was none */
	/* Protocols do not use the fields below, except that they may read finished. */
	struct address address_copy;
	int64_t limit; /* microseconds */
	enum outcome_kind expire_kind;
	const char *expire_text;
	char *found_host; /* what probe_refer was given; NULL: nothing */
	uint16_t found_port;
	bool started;  /* stop must still be called */
	bool finished; /* probe_finish was called */
	struct outcome outcome;
	struct loop_timer deadline;
	struct loop_timer deliver; /* calls stop and done */
	void (*done)(void *arg, struct probe *probe, const struct outcome *outcome);
	void *arg;
};

/* Returns how to probe an endpoint of the target, or a place that was found: in SRV records, or named by a probe. */
const struct protocol *probe_protocol(const struct target *target, bool found);

/*
 * Finds the scheme of each target, completes the target from its URL, env and the scheme's defaults, and checks it.
 * Returns -1 if a target can never succeed; err then names the target and says what is wrong. log gets warnings.
 */
int probe_bind(struct target *targets, size_t count, const struct env *env, struct log *log, struct error *err);

/* Undoes what the protocols did in probe_bind, also if probe_bind failed. */
void probe_unbind(struct target *targets, size_t count);

/*
 * Prepares one attempt at address. The caller owns probe and state; state is zeroed and has the protocol's state_size.
 * limit (microseconds) counts from probe_start. done is called once, on a later turn of the loop, and may call
 * probe_release. The caller must call probe_release after done, or earlier to stop the attempt; then done is not
 * called. loop, target and endpoint must outlive the probe; address is copied. endpoint and address are NULL if the
 * target has no endpoint.
 */
void probe_init(struct probe *probe, void *state, struct loop *loop, const struct target *target,
		const struct endpoint *endpoint, const struct address *address, int64_t limit,
		void (*done)(void *arg, struct probe *probe, const struct outcome *outcome), void *arg);
void probe_start(struct probe *probe);
void probe_release(struct probe *probe);

/* What the outcome would be if the deadline were now. */
struct outcome probe_expiry(const struct probe *probe);

/* Is it connected, so that only the reply is missing? The kind that probe_expire_as was last given says so. */
bool probe_is_connected(const struct probe *probe);

/* For protocols: reports the outcome, which is copied. Only the first call counts. */
void probe_finish(struct probe *probe, const struct outcome *outcome);

/*
 * For protocols: the target is not here but at this host and port, as the service here says. host is copied. Call it before
 * probe_finish with READY, once. The attempt then looks the host up, probes its addresses by protocol->found, and ends with
 * what it finds there. Returns false if nothing can be at such a host and port.
 */
bool probe_refer(struct probe *probe, const char *host, uint16_t port);

/*
 * For protocols: what the outcome is when the deadline fires; at first OUTCOME_CONNECT_TIMEOUT. text becomes its detail
 * and is kept as a pointer, so it must outlive the probe; NULL means no detail.
 */
void probe_expire_as(struct probe *probe, enum outcome_kind kind, const char *text);

/*
 * For protocols: returns memory that all attempts of the protocol share during a wait, for what one of them finds out
 * about this machine. It has size bytes, which are zeroed at first. size must always be the same.
 */
void *probe_share(struct probe *probe, size_t size);

/* Frees the memory of all protocols in the list. The probes that use the list must have been released before. */
void probe_free_shared(struct probe_shared **list);

#endif
