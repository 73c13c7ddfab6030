#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "loopback.h"
#include "waiting.h"

struct wait_row {
	const char *name, *words;
	enum verdict verdict;
	int done;                /* how many targets are done */
	enum outcome_kind first; /* the last outcome of the first target; NONE: any, as the last attempt is short */
	int failed, attempts;    /* attempts: at the first target; 0: any number */
	int64_t at_least;        /* how long the wait took at least */
};

/* L listens and says nothing, R refuses. */
static void test_verdicts(void **state)
{
	static const struct wait_row rows[] = {
		{"ready", "-t9 tcp://127.0.0.1:L", VERDICT_READY, 1, OUTCOME_READY, 0, 1, 0},
		{"for ever", "-t0 tcp://127.0.0.1:L", VERDICT_READY, 1, OUTCOME_READY, 0, 1, 0},
		{"two", "-t9 tcp://127.0.0.1:L tcp://peer.localhost:L", VERDICT_READY, 2, OUTCOME_READY, 0, 1, 0},
		{"timed out", "-t150ms tcp://127.0.0.1:R", VERDICT_TIMED_OUT, 0, OUTCOME_REFUSED, 1, 0, 150 * CLOCK_MS},
		{"one of two", "-t500ms tcp://127.0.0.1:R tcp://127.0.0.1:L", VERDICT_TIMED_OUT, 1, OUTCOME_REFUSED, 1,
		 0, 500 * CLOCK_MS},
		{"--any", "-t9 --any tcp://127.0.0.1:R tcp://127.0.0.1:L", VERDICT_READY, 1, OUTCOME_REFUSED, 0, 0, 0},
		{"--any of none", "-t150ms --any tcp://127.0.0.1:R", VERDICT_TIMED_OUT, 0, OUTCOME_REFUSED, 1, 0,
		 150 * CLOCK_MS},
		{"--once, ready", "-t9 --once tcp://127.0.0.1:L", VERDICT_READY, 1, OUTCOME_READY, 0, 1, 0},
		{"--once, not ready", "-t9 --once tcp://127.0.0.1:R", VERDICT_NOT_READY, 0, OUTCOME_REFUSED, 0, 1, 0},
		{"--once, one of two", "-t9 --once tcp://127.0.0.1:R tcp://127.0.0.1:L", VERDICT_NOT_READY, 1,
		 OUTCOME_REFUSED, 0, 1, 0},
		{"--once, no reply in time", "-t9 --once --attempt-timeout=40ms postgres://me@127.0.0.1:L",
		 VERDICT_NOT_READY, 0, OUTCOME_SILENT, 0, 1, 0},
		{"--once, and no time at all", "-t1us --once postgres://me@127.0.0.1:L", VERDICT_NOT_READY, 0,
		 OUTCOME_NONE, 0, 0, 0},
		{"--attempt-timeout", "-t500ms --attempt-timeout=30ms postgres://me@127.0.0.1:L", VERDICT_TIMED_OUT, 0,
		 OUTCOME_SILENT, 1, 0, 500 * CLOCK_MS},
		{"no name", "-t150ms tcp://db.onion:1", VERDICT_TIMED_OUT, 0, OUTCOME_NO_NAME, 1, 0, 150 * CLOCK_MS},
		{"no name is worth waiting for", "-t150ms --fail-fast tcp://db.onion:1", VERDICT_TIMED_OUT, 0,
		 OUTCOME_NO_NAME, 1, 0, 150 * CLOCK_MS},
		{"--down", "-t9 --down tcp://127.0.0.1:R", VERDICT_READY, 1, OUTCOME_REFUSED, 0, 1, 0},
		{"--down, and it answers", "-t150ms --down tcp://127.0.0.1:L", VERDICT_TIMED_OUT, 0, OUTCOME_NONE, 1, 0,
		 150 * CLOCK_MS},
		{"--down --once, and it answers", "-t9 --down --once tcp://127.0.0.1:L", VERDICT_NOT_READY, 0,
		 OUTCOME_READY, 0, 1, 0},
		{"--down, a name that never was", "-t150ms --down tcp://db.onion:1", VERDICT_TIMED_OUT, 0,
		 OUTCOME_NO_NAME, 1, 0, 150 * CLOCK_MS},
		{"--down=absent", "-t9 --down=absent tcp://db.onion:1", VERDICT_READY, 1, OUTCOME_NO_NAME, 0, 1, 0},
	};
	uint16_t refusing = 0, listening = 0;
	int deaf = loopback_bind("127.0.0.1", &refusing), listener = loopback_listen("127.0.0.1", &listening);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct wait_row *row = &rows[i];
		struct waiting waiting;

		waiting_open(&waiting);
		waiting_run(&waiting, row->words, refusing, listening);
		check_int(row->name, waiting.result.verdict, row->verdict);
		check_int(row->name, waiting.result.signal, 0);
		check_int(row->name, waiting.recorder.done, row->done);
		if (row->first)
			check_int(row->name, waiting.result.progress[0].outcome.kind, row->first);
		check_int(row->name, waiting.recorder.failed, row->failed);
		check(row->name, !waiting.recorder.gave_up);
		check_int(row->name, (long long)waiting.recorder.failed_count,
			  row->failed ? (long long)waiting.config.plan.target_count : 0);
		check(row->name, waiting.result.progress[0].target == &waiting.config.plan.targets[0]);
		if (row->attempts)
			check_int(row->name, waiting.result.progress[0].attempts, row->attempts);
		check(row->name, waiting.took >= row->at_least);
		if (strncmp(row->words, "-t9 ", 4) == 0)
			check("long before the time is up", waiting.took < 5 * CLOCK_S);
		waiting_close(&waiting);
	}
	close(deaf);
	close(listener);
}

/*
 * FACTS 42: the last attempt ends a little before the deadline, so that the summary has its reason. If this machine is
 * too busy at that moment, the reason is lost. That is rare, so at least one of 20 waits must have it.
 */
static void test_the_last_reason_is_told(void **state)
{
	uint16_t port = 0;
	int listener = loopback_listen("127.0.0.1", &port);
	enum outcome_kind last = OUTCOME_NONE;

	(void)state;
	for (int i = 0; i < 20 && last == OUTCOME_NONE; i++) {
		struct waiting waiting;

		waiting_open(&waiting);
		waiting_run(&waiting, "-t100ms postgres://me@127.0.0.1:L", 0, port);
		last = waiting.result.progress[0].outcome.kind;
		check_int("timed out", waiting.result.verdict, VERDICT_TIMED_OUT);
		waiting_close(&waiting);
	}
	check_int("the reason", last, OUTCOME_SILENT);
	close(listener);
}

static void listen_at_third(struct recorder *recorder)
{
	if (recorder->attempted == 3)
		listen(recorder->fd, 8);
}

static void close_at_third(struct recorder *recorder)
{
	if (recorder->attempted == 3) {
		close(recorder->fd);
		recorder->fd = -1;
	}
}

/* The peer comes up during the wait; all attempts before that have the same reason. */
static void test_a_peer_that_comes_up(void **state)
{
	static const char words[] = "-t9 tcp://127.0.0.1:R";
	struct waiting waiting;
	uint16_t port = 0;

	(void)state;
	waiting_open(&waiting);
	waiting.recorder.fd = loopback_bind("127.0.0.1", &port);
	waiting.recorder.hook = listen_at_third;
	waiting_run(&waiting, words, port, 0);
	check_int("ready", waiting.result.verdict, VERDICT_READY);
	check_int("at the fourth attempt", waiting.result.progress[0].attempts, 4);
	check_int("one change", waiting.recorder.changed, 1);
	check_int("one done", waiting.recorder.done, 1);
	check("finished", waiting.result.progress[0].finished > 0);
	close(waiting.recorder.fd);
	waiting_close(&waiting);
}

/* --down: the peer goes away during the wait. */
static void test_a_peer_that_goes_down(void **state)
{
	static const char words[] = "-t9 --down tcp://127.0.0.1:L";
	struct waiting waiting;
	uint16_t port = 0;

	(void)state;
	waiting_open(&waiting);
	waiting.recorder.fd = loopback_listen("127.0.0.1", &port);
	waiting.recorder.hook = close_at_third;
	waiting_run(&waiting, words, 0, port);
	check_int("down", waiting.result.verdict, VERDICT_READY);
	check_int("at the fourth attempt", waiting.result.progress[0].attempts, 4);
	waiting_close(&waiting);
}

static void raise_term(struct recorder *recorder)
{
	if (recorder->attempted == 2)
		raise(SIGTERM);
}

static void test_a_signal_ends_it(void **state)
{
	static const char words[] = "-t0 tcp://127.0.0.1:R";
	struct waiting waiting;
	sigset_t found;
	uint16_t port = 0;
	int fd = loopback_bind("127.0.0.1", &port);

	(void)state;
	waiting_open(&waiting);
	sigaddset(&waiting.process.ending, SIGTERM);
	sigaddset(&waiting.process.watched, SIGTERM);
	sigprocmask(SIG_BLOCK, &waiting.process.ending, &found);
	waiting.recorder.hook = raise_term;
	waiting_run(&waiting, words, port, 0);
	sigprocmask(SIG_SETMASK, &found, NULL);
	check_int("signalled", waiting.result.verdict, VERDICT_SIGNALLED);
	check_int("by", waiting.result.signal, SIGTERM);
	check_int("no summary", waiting.recorder.failed, 0);
	waiting_close(&waiting);
	close(fd);
}

/* Starts a child that sends a greeting of another protocol on every connection, and ends when this process does. */
static pid_t foreign_server(int listener)
{
	static const char words[] = "SSH-2.0-x\r\n";
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct pollfd waiting = {.fd = listener, .events = POLLIN};
		int fd;
		char byte;

		poll(&waiting, 1, -1);
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		if (send(fd, words, sizeof(words) - 1, MSG_NOSIGNAL) > 0)
			while (recv(fd, &byte, 1, 0) > 0)
				;
		close(fd);
	}
}

struct lasting_row {
	const char *name, *words;
	enum verdict verdict;
	int64_t at_least;
};

/*
 * --fail-fast gives up on errors that waiting cannot fix. With --down it does not, because the peer may still go away.
 */
static void test_fail_fast(void **state)
{
	static const struct lasting_row rows[] = {
		{"without", "-t1s postgres://me@127.0.0.1:L", VERDICT_TIMED_OUT, CLOCK_S},
		{"with", "-t9 --fail-fast postgres://me@127.0.0.1:L", VERDICT_GAVE_UP, 0},
		{"--down", "-t1s --fail-fast --down postgres://me@127.0.0.1:L", VERDICT_TIMED_OUT, CLOCK_S},
	};
	uint16_t port = 0;
	int listener = loopback_listen("127.0.0.1", &port);
	pid_t pid = foreign_server(listener);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool gives_up = rows[i].verdict == VERDICT_GAVE_UP;
		struct waiting waiting;

		waiting_open(&waiting);
		waiting_run(&waiting, rows[i].words, 0, port);
		check_int(rows[i].name, waiting.result.verdict, rows[i].verdict);
		check_int(rows[i].name, waiting.result.progress[0].outcome.kind, OUTCOME_GARBLED);
		check_int(rows[i].name, waiting.recorder.failed, 1);
		check_int(rows[i].name, waiting.recorder.gave_up, gives_up);
		check(rows[i].name, waiting.took >= rows[i].at_least);
		/* Attempts at a peer that answers are at least 64 ms apart (80 ms less 20 %), except the last. */
		check(rows[i].name, waiting.result.progress[0].attempts <= (gives_up ? 1 : 18));
		waiting_close(&waiting);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(listener);
}

/* Attempts that are refused are at least 14 ms apart (18 ms less 20 %). The bound here is a quarter of that. */
static void test_attempts_are_paced(void **state)
{
	static const char words[] = "-t200ms tcp://127.0.0.1:R";
	struct waiting waiting;
	uint16_t port = 0;
	int fd = loopback_bind("127.0.0.1", &port);

	(void)state;
	waiting_open(&waiting);
	waiting_run(&waiting, words, port, 0);
	check("not too many", waiting.result.progress[0].attempts <= waiting.took / (4 * CLOCK_MS) + 2);
	check("more than one", waiting.result.progress[0].attempts > 1);
	check_int("each is reported", waiting.recorder.attempted, waiting.result.progress[0].attempts);
	waiting_close(&waiting);
	close(fd);
}

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/*
 * Ten targets, and descriptors for two or three of them: they take turns, and no attempt fails. No descriptor is left
 * open.
 */
static void test_descriptors(void **state)
{
	static const char words[] = "-t60 tcp://127.0.0.1:L tcp://127.0.0.1:L tcp://127.0.0.1:L tcp://127.0.0.1:L "
				    "tcp://127.0.0.1:L tcp://127.0.0.1:L tcp://127.0.0.1:L tcp://127.0.0.1:L "
				    "tcp://127.0.0.1:L tcp://127.0.0.1:L";
	uint16_t port = 0;
	int listener = loopback_listen("127.0.0.1", &port);
	int before = open_descriptors(), lowest = dup(listener);

	(void)state;
	close(lowest);
	for (int few = 0; few < 2; few++) {
		struct rlimit found, limit;
		struct waiting waiting;

		assert_int_equal(getrlimit(RLIMIT_NOFILE, &found), 0);
		limit = found;
		if (few)
			limit.rlim_cur = (rlim_t)lowest + 6; /* the loop needs three of them */
		waiting_open(&waiting);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		waiting_run(&waiting, words, 0, port);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &found), 0);
		check_int("ready", waiting.result.verdict, VERDICT_READY);
		check_int("all", waiting.recorder.done, 10);
		check_int("none in vain", waiting.recorder.attempted, 0);
		waiting_close(&waiting);
		check_int("descriptors left", open_descriptors(), before);
	}
	close(listener);
}

/* --links=optional found no targets. */
static void test_no_target(void **state)
{
	static const char words[] = "--links=optional";
	struct waiting waiting;

	(void)state;
	waiting_open(&waiting);
	waiting_run(&waiting, words, 0, 0);
	check_int("ready", waiting.result.verdict, VERDICT_READY);
	check("nothing to report", !waiting.recorder.done && !waiting.recorder.attempted && !waiting.recorder.failed);
	waiting_close(&waiting);
}

/* Two groups: any of the first three targets, and the rest. */
static void arrange_replicas(struct config *config)
{
	config->plan.groups = realloc(config->plan.groups, 2 * sizeof(*config->plan.groups));
	config->plan.groups[config->plan.group_count++] = (struct group){.parent = 0, .any = true};
	for (size_t i = 0; i < 3; i++)
		config->plan.targets[i].group = 1;
}

static void arrange_replicas_in_haste(struct config *config)
{
	arrange_replicas(config);
	for (size_t i = 0; i < 3; i++)
		config->plan.targets[i].settings.timeout = (int64_t)(i + 1) * 50 * CLOCK_MS;
}

/* The first replica has so little time that no other can succeed twice before it expires. */
static void arrange_a_replica_in_haste(struct config *config)
{
	arrange_replicas(config);
	config->plan.targets[0].settings.timeout = 20 * CLOCK_MS;
}

/* The first target has less time than the others. */
static void arrange_haste(struct config *config)
{
	config->plan.targets[0].settings.timeout = 60 * CLOCK_MS;
}

struct arranged_row {
	const char *name, *words;
	void (*arrange)(struct config *config);
	enum verdict verdict;
	const char *ends; /* of each target: d(one), s(kipped), e(xpired), b(oth of these), - */
	int64_t at_least;
};

static void test_groups_and_times(void **state)
{
	static const struct arranged_row rows[] = {
		{"one of three replicas, and the rest is there",
		 "-t9 tcp://127.0.0.1:R tcp://127.0.0.1:L tcp://127.0.0.1:R tcp://127.0.0.1:L", arrange_replicas,
		 VERDICT_READY, "sdsd", 0},
		{"one of three replicas, and the rest is not",
		 "-t150ms tcp://127.0.0.1:R tcp://127.0.0.1:L tcp://127.0.0.1:R tcp://127.0.0.1:R", arrange_replicas,
		 VERDICT_TIMED_OUT, "sdse", 150 * CLOCK_MS},
		{"a replica whose time was up before another was there",
		 "-t1s --successes=2 tcp://127.0.0.1:R tcp://127.0.0.1:L tcp://127.0.0.1:R tcp://127.0.0.1:R",
		 arrange_a_replica_in_haste, VERDICT_TIMED_OUT, "bdse", 1 * CLOCK_S},
		{"no replica: the wait lasts until the last one's time is up",
		 "-t9 tcp://127.0.0.1:R tcp://127.0.0.1:R tcp://127.0.0.1:R tcp://127.0.0.1:L",
		 arrange_replicas_in_haste, VERDICT_TIMED_OUT, "eeed", 150 * CLOCK_MS},
		{"--once tries each of them",
		 "--once tcp://127.0.0.1:R tcp://127.0.0.1:R tcp://127.0.0.1:R tcp://127.0.0.1:L", arrange_replicas,
		 VERDICT_NOT_READY, "---d", 0},
		{"one target's time is up, and with it the wait", "-t9 tcp://127.0.0.1:R tcp://127.0.0.1:R",
		 arrange_haste, VERDICT_TIMED_OUT, "e-", 60 * CLOCK_MS},
		{"--any goes on with the other", "-t150ms --any tcp://127.0.0.1:R tcp://127.0.0.1:R", arrange_haste,
		 VERDICT_TIMED_OUT, "ee", 150 * CLOCK_MS},
	};
	uint16_t refusing = 0, listening = 0;
	int deaf = loopback_bind("127.0.0.1", &refusing), listener = loopback_listen("127.0.0.1", &listening);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct arranged_row *row = &rows[i];
		struct waiting waiting;

		waiting_open(&waiting);
		waiting.arrange = row->arrange;
		waiting_run(&waiting, row->words, refusing, listening);
		check_int(row->name, waiting.result.verdict, row->verdict);
		check(row->name, waiting.took >= row->at_least && waiting.took < 8 * CLOCK_S);
		for (size_t j = 0; row->ends && row->ends[j]; j++) {
			const struct progress *progress = &waiting.result.progress[j];

			check_int(row->name, progress->state == PROGRESS_DONE, row->ends[j] == 'd');
			check_int(row->name, progress->state == PROGRESS_SKIPPED,
				  row->ends[j] == 's' || row->ends[j] == 'b');
			check_int(row->name, progress->finished && progress->state != PROGRESS_DONE,
				  row->ends[j] == 'e' || row->ends[j] == 'b');
		}
		waiting_close(&waiting);
	}
	close(deaf);
	close(listener);
}

/* "--successes N (in a row)": the attempts are far enough apart to show that the target stays ready. */
static void test_successes(void **state)
{
	uint16_t listening = 0;
	int listener = loopback_listen("127.0.0.1", &listening);
	struct waiting waiting;

	(void)state;
	waiting_open(&waiting);
	waiting_run(&waiting, "-t9 --successes=3 tcp://127.0.0.1:L", 0, listening);
	check_int("ready", waiting.result.verdict, VERDICT_READY);
	check_int("each is reported", waiting.recorder.attempted, 2);
	check_int("attempts", waiting.result.progress[0].attempts, 3);
	/* Two pauses of at least 80 ms less a fifth. */
	check("apart", waiting.took >= 128 * CLOCK_MS);
	waiting_close(&waiting);
	waiting_open(&waiting);
	waiting_run(&waiting, "-t9 --successes=3 --max-interval=10ms tcp://127.0.0.1:L", 0, listening);
	check_int("ready", waiting.result.verdict, VERDICT_READY);
	check_int("attempts", waiting.result.progress[0].attempts, 3);
	waiting_close(&waiting);
	close(listener);
}

/* The peer is up for two attempts, down for one, then up again: counting starts again. */
static void hook_flap(struct recorder *recorder)
{
	if (recorder->attempted == 2) {
		close(recorder->fd);
	} else if (recorder->attempted == 3) {
		recorder->fd = loopback_listen("127.0.0.1", &recorder->port);
	}
}

static void test_successes_in_a_row(void **state)
{
	struct waiting waiting;

	(void)state;
	waiting_open(&waiting);
	waiting.recorder.hook = hook_flap;
	waiting.recorder.fd = loopback_listen("127.0.0.1", &waiting.recorder.port);
	waiting_run(&waiting, "-t9 --successes=3 tcp://127.0.0.1:L", 0, waiting.recorder.port);
	check_int("ready", waiting.result.verdict, VERDICT_READY);
	check("two, one in vain, three", waiting.result.progress[0].attempts >= 6);
	check_int("a whole row", waiting.result.progress[0].streak, 3);
	close(waiting.recorder.fd);
	waiting_close(&waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_the_last_reason_is_told),
		cmocka_unit_test(test_a_peer_that_comes_up),
		cmocka_unit_test(test_a_peer_that_goes_down),
		cmocka_unit_test(test_a_signal_ends_it),
		cmocka_unit_test(test_fail_fast),
		cmocka_unit_test(test_attempts_are_paced),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_no_target),
		cmocka_unit_test(test_groups_and_times),
		cmocka_unit_test(test_successes),
		cmocka_unit_test(test_successes_in_a_row),
	};

	clearenv();
	setenv("HOME", "/nonexistent", 1);
	return unit_main(tests);
}
