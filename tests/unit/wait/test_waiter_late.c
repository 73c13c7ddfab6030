/* waiter.c, peer.c: a busy machine, where the end of the only attempt and that of the wait are noticed in the same turn. */
#include "unit.h"

#include "attempt/probe.h"
#include "base/clock.h"
#include "lanes.h"
#include "waiting.h"

/* Of the only target of the present test. */
static struct lane lane;

static void arrange(struct config *config)
{
	probe_unbind(config->plan.targets, 1);
	config->plan.targets[0].scheme = &lanes_scheme;
	config->plan.targets[0].plan = &lane;
}

/* The attempt may take 190 ms, and the wait 200. Nothing is noticed between 180 and 220. */
static void wait_for(struct waiting *waiting)
{
	lane.connects_after = 180 * CLOCK_MS;
	lane.blocks = 40 * CLOCK_MS;
	waiting_open(waiting);
	waiting->arrange = arrange;
	waiting_run(waiting, "-t 200ms tcp://127.0.0.1:1", 0, 0);
	/* A machine that is later than that gets another look. */
	check("attempts", waiting->result.progress[0].attempts >= 1);
}

static void test_the_reason_is_told(void **state)
{
	struct waiting waiting;

	(void)state;
	lane = (struct lane){0};
	wait_for(&waiting);
	check_int("timed out", waiting.result.verdict, VERDICT_TIMED_OUT);
	check_int("why", waiting.result.progress[0].outcome.kind, OUTCOME_SILENT);
	check_text("where", waiting.result.progress[0].place.address, "127.0.0.1");
	check_int("expired", waiting.result.progress[0].state, PROGRESS_EXPIRED);
	waiting_close(&waiting);
}

static void test_a_refusal_is_told(void **state)
{
	struct waiting waiting;

	(void)state;
	lane = (struct lane){.ends = 185 * CLOCK_MS, .kind = OUTCOME_REFUSED};
	wait_for(&waiting);
	check_int("timed out", waiting.result.verdict, VERDICT_TIMED_OUT);
	check_int("why", waiting.result.progress[0].outcome.kind, OUTCOME_REFUSED);
	waiting_close(&waiting);
}

static void test_ready_in_time_is_ready(void **state)
{
	struct waiting waiting;

	(void)state;
	lane = (struct lane){.ends = 185 * CLOCK_MS, .kind = OUTCOME_READY};
	wait_for(&waiting);
	check_int("ready", waiting.result.verdict, VERDICT_READY);
	check_int("told once", waiting.recorder.done, 1);
	check_int("stopped", lane.stops, lane.starts);
	waiting_close(&waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_reason_is_told),
		cmocka_unit_test(test_a_refusal_is_told),
		cmocka_unit_test(test_ready_in_time_is_ready),
	};

	return unit_main(tests);
}
