/* Attempts at one target, on a loop and a resolver of its own. */
#ifndef ATTEMPTING_H
#define ATTEMPTING_H

#include "attempt/attempt.h"
#include "unit_loop.h"

/* Microseconds: far above what any attempt here takes. */
#define ATTEMPTING_LIMIT (5 * CLOCK_S)

struct attempting {
	struct unit_loop unit;
	struct session session; /* on the loop of unit */
	struct runner_pool pool;
	struct target target;
	struct attempt *attempt;
	bool thorough;       /* to be set before attempting_use or attempting_bind */
	bool stays;          /* of each attempt that is started */
	int earlies;         /* how often an address was ready between two attempts */
	int dones, restarts; /* restarts: so often the next attempt is started from done */
	struct outcome outcome;
	struct place place;
	int64_t took; /* microseconds */
};

void attempting_open(struct attempting *attempting);
void attempting_close(struct attempting *attempting);

/* Parses and binds the target; fails the test when it is refused. */
void attempting_bind(struct attempting *attempting, const char *text);

/* The same with a target that is already bound. It is released by attempting_close. */
void attempting_use(struct attempting *attempting, const struct target *target);

/* The same with a scheme of the test, to whose probes plan belongs: it is not the target's. The text says only the endpoints. */
void attempting_use_scheme(struct attempting *attempting, const char *text, const struct scheme *scheme, void *plan,
			   bool is_elsewhere);

/* Takes a socket and starts an attempt. It returns the socket itself. */
void attempting_start(struct attempting *attempting, int64_t limit);

/* One attempt to its end, within limit (microseconds); fails the test unless it is told once. */
void attempting_run(struct attempting *attempting, int64_t limit, const char *row);

#endif
