/* One attempt of a real probe at one address, run to its end. */
#ifndef PROBER_H
#define PROBER_H

#include "attempt/probe.h"
#include "unit_loop.h"

struct prober {
	struct unit_loop *unit;
	struct target target;
	struct probe probe;
	int dones;
	struct outcome outcome;
	int64_t took;                /* microseconds, from the start to the report */
	enum outcome_kind last;      /* of the attempt before */
	struct probe_shared *shared; /* list, until prober_close */
};

/* Parses and binds text, with the port where it has a '#'. Fails the test when it is refused. */
void prober_open(struct prober *prober, struct unit_loop *unit, const char *text, unsigned port);
void prober_close(struct prober *prober);

/* Attempts its first endpoint, at address, within limit (microseconds); waits for the report and frees the probe. */
void prober_run(struct prober *prober, const struct address *address, int64_t limit, const char *row);

#endif
