#include "unit_loop.h"

#include "base/clock.h"
#include "unit.h"

/* Not 0, which is within the same turn: descriptors are to be looked at in between. */
#define UNIT_LOOP_TURN 1

enum { UNIT_LOOP_GUARD_S = 10, UNIT_LOOP_TURNS = 20 };

static void unit_loop_on_guard(void *arg)
{
	struct unit_loop *unit = arg;

	unit->timed_out = true;
	loop_stop(unit->loop);
}

static void unit_loop_on_turn(void *arg)
{
	struct unit_loop *unit = arg;

	if (++unit->turns < UNIT_LOOP_TURNS)
		loop_timer_set(&unit->turn, UNIT_LOOP_TURN);
	else
		loop_stop(unit->loop);
}

void unit_loop_open(struct unit_loop *unit)
{
	struct error err = {0};

	*unit = (struct unit_loop){0};
	sigemptyset(&unit->process.mask_found);
	sigemptyset(&unit->process.ending);
	sigemptyset(&unit->process.watched);
	unit->loop = loop_new(&unit->process, &err);
	if (!unit->loop)
		fail_msg("%s", err.text);
	loop_timer_init(unit->loop, &unit->guard, unit_loop_on_guard, unit);
	loop_timer_init(unit->loop, &unit->turn, unit_loop_on_turn, unit);
}

void unit_loop_close(struct unit_loop *unit)
{
	loop_timer_clear(&unit->guard);
	loop_timer_clear(&unit->turn);
	loop_free(unit->loop);
}

void unit_loop_run(struct unit_loop *unit, const char *row)
{
	struct error err = {0};
	int signal;

	loop_timer_set(&unit->guard, UNIT_LOOP_GUARD_S * CLOCK_S);
	if (loop_run(unit->loop, &signal, &err))
		fail_msg("%s: %s", row, err.text);
	loop_timer_clear(&unit->guard);
	if (unit->timed_out)
		fail_msg("%s: it did not come within %d s", row, UNIT_LOOP_GUARD_S);
}

void unit_loop_settle(struct unit_loop *unit)
{
	unit->turns = 0;
	loop_timer_set(&unit->turn, UNIT_LOOP_TURN);
	unit_loop_run(unit, "settle");
}
