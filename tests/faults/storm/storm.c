/*
 * The signal storm: starts waitfor again and again, and sends it a signal at a random microsecond around the moment at which
 * it starts the app. What must hold, whoever gets the signal:
 *
 *   waitfor got it    it ends with 128 and the signal's number, and the app was never started
 *   the app got it    it ends as the app does
 *   nobody got it     only as PID 1, which gets no signal that it does not handle; then the app runs, and gets the next one
 *
 * If waitfor got it and starts the app all the same, the app waits for ever, and the run hangs. Half of the runs are PID 1 of
 * a PID namespace. There the process is stopped for the moment of the signal, so that the kernel can say whose it is: the
 * name of the process, and the signals that it handles or blocks.
 *
 *   storm WAITFOR APP FOLDER RUNS SEED LANES
 *
 * Prints each run that was wrong, and in the end a line for each thing that became of the signals. Exit code 1: something was
 * wrong; 2: the storm itself failed.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"
#include "signals.h"
#include "watch.h"

/* STORM_PAUSE: the longest pause between two attempts in a wait of a few milliseconds, in microseconds. */
enum { STORM_CALIBRATIONS = 9, STORM_WRONG_MAX = 3, STORM_PAUSE = 25000 };

enum fate { FATE_WAITFOR, FATE_APP, FATE_KILLED, FATE_NOBODY, FATE_WRONG, FATE_COUNT };

/* What all lanes count: not as PID 1, and as PID 1. */
struct tally {
	unsigned long fates[2][FATE_COUNT];
};

/* One of the processes that run the storm side by side. */
struct lane {
	const char *waitfor, *app;
	struct tally *tally;
	struct place place;
	uint64_t random;
	int log;                    /* waitfor's stderr */
	int64_t usual[PLACE_KINDS]; /* the time until the app handles signals, in microseconds */
};

struct run {
	enum place_kind kind;
	bool as_init, gone; /* gone: it had ended before the signal */
	int signal, status;
	pid_t pid;
	int64_t began, appears,
		sent; /* appears, sent: when the late file and the signal come, in microseconds from began */
	struct watch_words words; /* the app's */
	char owner[16];           /* as PID 1: whose process it was at the signal */
	bool gets;                /* as PID 1: and would that get it? */
};

/* xorshift64* */
static int64_t storm_dice(struct lane *lane, int64_t sides)
{
	lane->random ^= lane->random >> 12;
	lane->random ^= lane->random << 25;
	lane->random ^= lane->random >> 27;
	return (int64_t)((lane->random * UINT64_C(0x2545F4914F6CDD1D) >> 33) % (uint64_t)sides);
}

static void storm_become_waitfor(const struct lane *lane, const struct run *run, int out)
{
	char target[256];
	char *argv[] = {"waitfor", "-t", "60s", target, "--", (char *)lane->app, NULL};
	char *environment[] = {NULL};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	place_target(&lane->place, run->kind, target, sizeof(target));
	dup2(out, STDOUT_FILENO);
	dup2(lane->log, STDERR_FILENO);
	execve(lane->waitfor, argv, environment);
	_exit(127);
}

static void storm_start(struct lane *lane, struct run *run)
{
	int ends[2];

	place_prepare(&lane->place, run->kind);
	watch_must(ftruncate(lane->log, 0) == 0 && lseek(lane->log, 0, SEEK_SET) == 0, "the log");
	watch_must(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
	run->words.pipe = ends[0];
	run->began = watch_now();
	run->pid = (pid_t)syscall(SYS_clone, SIGCHLD | (run->as_init ? CLONE_NEWPID : 0), NULL, NULL, NULL, NULL);
	watch_must(run->pid >= 0, "clone");
	if (run->pid == 0)
		storm_become_waitfor(lane, run, ends[1]);
	close(ends[1]);
}

/* Stops PID 1 for the signal, and notes whose it is. */
static void storm_send_to_init(struct run *run)
{
	kill(run->pid, SIGSTOP);
	run->gone = waitpid(run->pid, &run->status, WUNTRACED) != run->pid || !WIFSTOPPED(run->status);
	if (run->gone)
		return;
	watch_name(run->pid, run->owner, sizeof(run->owner));
	run->gets = watch_would_get(run->pid, run->signal);
	kill(run->pid, run->signal);
	kill(run->pid, SIGCONT);
}

static void storm_send(struct lane *lane, struct run *run)
{
	if (run->kind == PLACE_LATE_FILE) {
		watch_sleep_until(run->began + run->appears);
		place_make_file(&lane->place);
	}
	watch_sleep_until(run->began + run->sent);
	if (run->as_init)
		storm_send_to_init(run);
	else
		kill(run->pid, run->signal);
}

/* Waits for the end. Returns whether it came. What PID 1 does not get, the kernel has dropped: the app gets the next one. */
static bool storm_ends(struct run *run)
{
	bool handles = true;

	if (run->gone)
		return true;
	if (run->as_init && !run->gets) {
		handles = watch_read(&run->words, 2, watch_now() + WATCH_PATIENCE);
		kill(run->pid, handles ? run->signal : SIGKILL);
	}
	return watch_end(run->pid, &run->status) && handles;
}

static enum fate storm_judge_end(const struct run *run)
{
	bool started = run->words.count > 0;

	if (WIFEXITED(run->status) && WEXITSTATUS(run->status) == 128 + run->signal && !started)
		return FATE_WAITFOR;
	if (WIFEXITED(run->status) && WEXITSTATUS(run->status) == SIGNALS_APP_CODE + run->signal && started)
		return FATE_APP;
	/* Before waitfor handles it, or before the app does. */
	if (!run->as_init && WIFSIGNALED(run->status) && WTERMSIG(run->status) == run->signal)
		return FATE_KILLED;
	return FATE_WRONG;
}

/* As PID 1 it is known whose the signal was. */
static enum fate storm_judge(const struct run *run)
{
	enum fate fate = storm_judge_end(run), wanted = strcmp(run->owner, "waitfor") == 0 ? FATE_WAITFOR : FATE_APP;

	if (!run->as_init)
		return fate;
	if (run->gone)
		return FATE_WRONG;
	if (!run->gets)
		return fate == FATE_APP ? FATE_NOBODY : FATE_WRONG;
	return fate == wanted ? fate : FATE_WRONG;
}

static void storm_tell_wrong(const struct lane *lane, const struct run *run, bool ended)
{
	char said[400];
	ssize_t len = pread(lane->log, said, sizeof(said) - 1, 0);

	said[len > 0 ? len : 0] = '\0';
	printf("wrong: %s, %s, signal %d after %lld us%s%s%s: %s, status 0x%x, the app wrote \"%.*s\"; stderr:\n%s\n",
	       place_name(run->kind), run->as_init ? "PID 1" : "not PID 1", run->signal, (long long)run->sent,
	       run->as_init ? ", to " : "", run->owner, run->as_init && !run->gets ? ", which does not get it" : "",
	       ended ? "it ended" : "it hangs", (unsigned)run->status, (int)run->words.count, run->words.text, said);
	fflush(stdout);
}

/* Anywhere from the start to shortly after the app's, and half of the time very near to that. */
static void storm_choose_moment(struct lane *lane, struct run *run)
{
	int64_t usual = lane->usual[run->kind];

	if (run->kind == PLACE_LATE_FILE) {
		run->appears = usual + storm_dice(lane, STORM_PAUSE);
		usual = STORM_PAUSE;
	}
	run->sent = run->appears + (storm_dice(lane, 2) ? storm_dice(lane, usual * 13 / 10)
							: usual * 8 / 10 + storm_dice(lane, usual * 4 / 10));
}

/* Returns whether all was right. */
static bool storm_run(struct lane *lane)
{
	struct run run = {.kind = (enum place_kind)storm_dice(lane, PLACE_KINDS), .as_init = storm_dice(lane, 2) == 1};
	enum fate fate;
	bool ended;

	run.signal = signals_sent[storm_dice(lane, SIGNALS_COUNT)];
	storm_choose_moment(lane, &run);
	storm_start(lane, &run);
	storm_send(lane, &run);
	ended = storm_ends(&run);
	watch_read(&run.words, sizeof(run.words.text), watch_now() + WATCH_SECOND);
	fate = ended ? storm_judge(&run) : FATE_WRONG;
	if (fate == FATE_WRONG)
		storm_tell_wrong(lane, &run, ended);
	__atomic_fetch_add(&lane->tally->fates[run.as_init][fate], 1, __ATOMIC_RELAXED);
	close(run.words.pipe);
	place_empty(&lane->place);
	return fate != FATE_WRONG;
}

/* The mean time until the app handles signals. */
static int64_t storm_usual_time(struct lane *lane, enum place_kind kind)
{
	int64_t took = 0;

	for (int i = 0; i < STORM_CALIBRATIONS; i++) {
		struct run run = {.kind = kind};

		storm_start(lane, &run);
		if (kind == PLACE_LATE_FILE)
			place_make_file(&lane->place);
		watch_must(watch_read(&run.words, 2, watch_now() + WATCH_PATIENCE), "the app starts without a signal");
		took += watch_now() - run.began;
		kill(run.pid, SIGTERM);
		watch_must(watch_end(run.pid, &run.status), "the app ends at a signal");
		close(run.words.pipe);
		place_empty(&lane->place);
	}
	return took / STORM_CALIBRATIONS;
}

/* Ends early where much is wrong: each run that hangs takes long. */
static void storm_run_lane(struct lane *lane, unsigned long runs)
{
	int wrong = 0;

	lane->log = memfd_create("stderr", MFD_CLOEXEC);
	watch_must(lane->log >= 0, "memfd_create");
	for (int kind = 0; kind < PLACE_KINDS; kind++)
		lane->usual[kind] = storm_usual_time(lane, (enum place_kind)kind);
	for (unsigned long i = 0; i < runs && wrong < STORM_WRONG_MAX; i++)
		wrong += storm_run(lane) ? 0 : 1;
	place_remove_file(&lane->place);
}

static void storm_print(const struct tally *tally)
{
	static const char *const names[FATE_COUNT] = {"waitfor took it", "the app took it",
						      "killed before it handles it", "dropped by the kernel", "wrong"};

	for (int as_init = 0; as_init < 2; as_init++)
		for (int fate = 0; fate < FATE_COUNT; fate++)
			printf("%s\t%s\t%lu\n", as_init ? "PID 1" : "not PID 1", names[fate],
			       tally->fates[as_init][fate]);
}

int main(int argc, char **argv)
{
	const struct rlimit none = {0};
	struct tally *tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long runs, lanes;
	int status, failed = 0;

	watch_must(argc == 7 && tally != MAP_FAILED, "storm WAITFOR APP FOLDER RUNS SEED LANES");
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* here and below: a storm that is broken off leaves nobody behind */
	setrlimit(RLIMIT_CORE, &none);    /* SIGQUIT */
	runs = strtoul(argv[4], NULL, 10);
	lanes = strtoul(argv[6], NULL, 10);
	for (unsigned long i = 0; i < lanes; i++)
		if (fork() == 0) {
			struct lane lane = {.waitfor = argv[1], .app = argv[2], .tally = tally};

			prctl(PR_SET_PDEATHSIG, SIGKILL);
			lane.random = strtoull(argv[5], NULL, 10) * 1000 + i + 1;
			place_open(&lane.place, argv[3], i);
			storm_run_lane(&lane, runs / lanes + (i < runs % lanes));
			exit(0);
		}
	while (wait(&status) > 0)
		if (status)
			failed = 2;
	storm_print(tally);
	return tally->fates[0][FATE_WRONG] || tally->fates[1][FATE_WRONG] ? 1 : failed;
}
