/* waiter.c on a loop that fails: nothing was found out, so nothing is ready. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "attempt/probe.h"
#include "loading.h"
#include "wait/waiter.h"

/* The only sink: keeps the verdict. */
struct listener {
	struct sink sink;
	enum verdict verdict;
	int ended;
};

static void listener_on_end(struct sink *sink, enum verdict verdict, int signal)
{
	struct listener *listener = (struct listener *)sink;

	(void)signal;
	listener->verdict = verdict;
	listener->ended++;
}

static void never(void *arg, bool readable, bool writable)
{
	(void)arg;
	(void)readable;
	(void)writable;
}

/* Waits on a loop that has failed: it was to watch a plain file, which the kernel refuses. */
static int wait_in_vain(struct waiter_result *result, const struct plan *plan, struct sink *sink, struct error *err)
{
	struct process process = {.is_init = false};
	struct loop_watch watch = {.ready = never};
	struct sink *list[] = {sink};
	const struct sinks sinks = {list, 1};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), failed;
	struct session session;

	sigemptyset(&process.mask_found);
	sigemptyset(&process.ending);
	sigemptyset(&process.watched);
	check_int("opened", session_open(&session, &process, err), 0);
	loop_watch_set(session.loop, &watch, fd, true, false);
	failed = waiter_run(result, &session, plan, &sinks, err);
	loop_watch_clear(&watch);
	session_close(&session);
	close(fd);
	return failed;
}

/* "Returns -1 with err if the loop failed; the verdict is then VERDICT_NOT_READY." */
static void test_a_loop_that_fails(void **state)
{
	static char *const words[] = {(char *)"waitfor", (char *)"tcp://127.0.0.1:1", NULL};
	struct listener listener = {.sink = {.end = listener_on_end}, .verdict = VERDICT_READY};
	struct waiter_result result;
	struct config config;
	struct error err = {0};
	struct env env;
	struct log log;

	(void)state;
	log_init(&log, -1);
	env_copy(&env, NULL);
	if (loading_run(&config, 2, (char **)words, &env, &log, &err) ||
	    probe_bind(config.plan.targets, config.plan.target_count, &env, &log, &err))
		fail_msg("%s", err.text);
	check_int("failed", wait_in_vain(&result, &config.plan, &listener.sink, &err), -1);
	check_has("and why", err.text, "the event loop failed");
	check_int("not ready", result.verdict, VERDICT_NOT_READY);
	check_int("told once", listener.ended, 1);
	check_int("told the same", listener.verdict, VERDICT_NOT_READY);
	waiter_release(&result);
	probe_unbind(config.plan.targets, config.plan.target_count);
	config_release(&config);
	env_release(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_loop_that_fails),
	};

	clearenv();
	setenv("HOME", "/nonexistent", 1);
	return unit_main(tests);
}
