/* waiter.c with many targets: signals are heard in between, and the processor time is bounded. */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "loopback.h"
#include "wait/pace.h"
#include "waiting.h"

/* Waits for many targets at one port that refuses. */
static void wait_for_many(struct waiting *waiting, const char *options, int count,
			  void (*hook)(struct recorder *recorder))
{
	struct buf words = {0};
	uint16_t port = 0;
	int deaf = loopback_bind("127.0.0.1", &port);

	buf_add_text(&words, options);
	for (int i = 0; i < count; i++)
		buf_add_text(&words, " tcp://127.0.0.1:R");
	waiting_open(waiting);
	waiting->recorder.hook = hook;
	waiting_run(waiting, words.data, port, 0);
	buf_release(&words);
	close(deaf);
}

static size_t queued_at_first; /* targets that had not been tried when the first result was told */

static void count_queued(struct recorder *recorder)
{
	if (recorder->attempted != 1)
		return;
	queued_at_first = 0;
	for (size_t i = 0; i < recorder->view->count; i++)
		queued_at_first += recorder->view->list[i].state == PROGRESS_QUEUED;
}

/* The loop handles results and signals before the last of many targets is tried: a signal does not wait for all of them. */
static void test_short_turns(void **state)
{
	struct waiting waiting;

	(void)state;
	wait_for_many(&waiting, "--once", 40, count_queued);
	check_int("not ready", waiting.result.verdict, VERDICT_NOT_READY);
	check_int("each was tried", waiting.recorder.attempted, 40);
	check("some wait at the first result", queued_at_first > 0);
	waiting_close(&waiting);
}

/* Stands for an attempt that costs so much. */
static void spend(struct recorder *recorder)
{
	(void)recorder;
	for (int64_t end = clock_spent() + 3 * CLOCK_MS; clock_spent() < end;)
		;
}

/* "The processor share of a process that waits for many is bounded": these would want more than a whole processor. */
static void test_the_share(void **state)
{
	struct waiting waiting;
	int64_t before = clock_spent();

	(void)state;
	wait_for_many(&waiting, "-t2", 16, spend);
	check_int("timed out", waiting.result.verdict, VERDICT_TIMED_OUT);
	check("more than one round", waiting.recorder.attempted > 16);
	check("about the share", (clock_spent() - before) * 100 / waiting.took < PACE_SHARE + PACE_SHARE / 2);
	waiting_close(&waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_turns),
		cmocka_unit_test(test_the_share),
	};

	clearenv();
	setenv("HOME", "/nonexistent", 1);
	return unit_main(tests);
}
