/* The real loop with a guard: a test that waits for what never comes fails instead of hanging. */
#ifndef UNIT_LOOP_H
#define UNIT_LOOP_H

#include <stdbool.h>

#include "net/loop.h"
#include "system/process.h"

struct unit_loop {
	struct process process; /* watches no signal */
	struct loop *loop;
	struct loop_timer guard, turn;
	int turns;
	bool timed_out;
};

void unit_loop_open(struct unit_loop *unit);
void unit_loop_close(struct unit_loop *unit);

/* Runs until somebody calls loop_stop; fails the test, naming row, when nobody does within 10 s. */
void unit_loop_run(struct unit_loop *unit, const char *row);

/* Runs some more turns, for "and nothing happens after it". */
void unit_loop_settle(struct unit_loop *unit);

#endif
