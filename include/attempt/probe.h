/*
 * Is it ready? What a protocol has to do, and the life of one attempt at one address.
 *
 * The contract between a protocol and this framework:
 * 1. A protocol runs one attempt at one address. It never retries, never times out as a whole, never
 *    prints, never resolves.
 * 2. It reports once, through probe_finish, even from inside start. The first report wins.
 * 3. The framework delivers on the next loop turn, after stop. Nothing is ever freed on its own stack;
 *    the one who asked is never re-entered.
 * 4. The framework owns the deadline; when it fires, the outcome is the one that probe_expire_as was last given.
 * 5. A unit test asserts the mandatory slots of every row of the registry (target/scheme.h).
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

/* What is done at one place to find out whether a target of a scheme is ready. */
struct protocol {
	const struct dialog *dialog; /* of a protocol that is a dialog (attempt/dialog.h); else NULL */
	size_t state_size;           /* zeroed for every attempt, handed over as probe->state */

	/*
	 * Optional, once before the wait: completes the target (its endpoints, its plan) from its URL and the
	 * environment, rejects what could never succeed, and warns of what will surprise. May take things out of
	 * this process's own environment, never out of env, which is the app's.
	 */
	int (*bind)(struct target *target, const struct env *env, struct log *log, struct error *err);
	void (*unbind)(struct target *target); /* frees plan; NULL where bind makes none */

	void (*start)(struct probe *probe); /* begins; never blocks; may finish at once */
	void (*stop)(struct probe *probe);  /* releases what start took; called exactly once, after start */
};

struct probe {
	const struct protocol *protocol;
	struct loop *loop;
	const struct target *target;
	const struct endpoint *endpoint; /* NULL where the scheme needs none and the target has none */
	const struct address *address;   /* the probe's own copy; NULL without an endpoint */
	void *state;
	bool was_down;    /* the previous attempt at this target made no connection: a cheap look first pays */
	bool was_refused; /* it got ECONNREFUSED, so a connection now means that the port has just opened */
	/* What follows is the framework's. */
	struct address address_copy;
	int64_t limit;
	enum outcome_kind expire_kind;
	const char *expire_text;
	bool started, finished;
	struct outcome outcome;
	struct loop_timer deadline, deliver;
	void (*done)(void *arg, struct probe *probe, const struct outcome *outcome);
	void *arg;
};

/* Finds each target's scheme, completes it and checks it. Names the target in the error. */
int probe_bind(struct target *targets, size_t count, const struct env *env, struct log *log, struct error *err);
void probe_unbind(struct target *targets, size_t count);

/*
 * One attempt, in memory of the caller's: probe, and state, which is zeroed and has the protocol's state_size. done is
 * called once, on a later turn of the loop; after it, or instead of it, probe_release. limit is in microseconds from the
 * start. endpoint and address may be NULL where the scheme needs nothing.
 */
void probe_init(struct probe *probe, void *state, struct loop *loop, const struct target *target,
		const struct endpoint *endpoint, const struct address *address, int64_t limit,
		void (*done)(void *arg, struct probe *probe, const struct outcome *outcome), void *arg);
void probe_start(struct probe *probe);
void probe_release(struct probe *probe);

/* Has it got a connection, so that what is left is the peer's to answer? */
bool probe_is_connected(const struct probe *probe);

/* For protocols: reports the outcome. */
void probe_finish(struct probe *probe, const struct outcome *outcome);

/*
 * For protocols: what the outcome is when the deadline fires; at first OUTCOME_CONNECT_TIMEOUT. text becomes its detail
 * and is kept as a pointer, so it must outlive the probe; NULL means no detail.
 */
void probe_expire_as(struct probe *probe, enum outcome_kind kind, const char *text);

#endif
