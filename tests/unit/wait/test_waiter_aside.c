/* waiter.c, peer.c: what is asked of an attempt while an address hangs. */
#include "unit.h"

#include "attempt/probe.h"
#include "base/clock.h"
#include "lanes.h"
#include "waiting.h"

/* Of the only target of the present test. */
static struct lane *lanes;

static void arrange(struct config *config)
{
	probe_unbind(config->plan.targets, 1);
	config->plan.targets[0].scheme = &lanes_scheme;
	config->plan.targets[0].plan = lanes;
}

static void wait_for(struct waiting *waiting, struct lane *those, const char *words)
{
	lanes = those;
	waiting_open(waiting);
	waiting->arrange = arrange;
	waiting_run(waiting, words, 0, 0);
}

/* A row of successes is no longer than one if each attempt may end before the address that hangs is found ready. */
static void test_a_row_of_successes(void **state)
{
	struct lane those[LANES] = {{.ends = 400 * CLOCK_MS, .kind = OUTCOME_READY},
				    {.ends = 1 * CLOCK_MS, .kind = OUTCOME_REFUSED}};
	struct waiting waiting;

	(void)state;
	wait_for(&waiting, those, "--successes 3 -t 8 kafka://127.0.0.1:1,127.0.0.2:1");
	check_int("ready", waiting.result.verdict, VERDICT_READY);
	waiting_close(&waiting);
}

/* --fail-fast: the error of one address does not end the wait while another one may be ready. */
static void test_fail_fast(void **state)
{
	struct lane those[LANES] = {{.ends = 600 * CLOCK_MS, .kind = OUTCOME_READY},
				    {.ends = 1 * CLOCK_MS, .kind = OUTCOME_DENIED}};
	struct waiting waiting;

	(void)state;
	wait_for(&waiting, those, "--fail-fast -t 8 kafka://127.0.0.1:1,127.0.0.2:1");
	check_int("ready", waiting.result.verdict, VERDICT_READY);
	waiting_close(&waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_row_of_successes),
		cmocka_unit_test(test_fail_fast),
	};

	return unit_main(tests);
}
