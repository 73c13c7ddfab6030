#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempt/probe.h"
#include "attempting.h"
#include "base/alloc.h"
#include "base/clock.h"

static void check_outcome(const char *row, const char *text, enum outcome_kind kind, const char *detail)
{
	struct attempting attempting;

	attempting_open(&attempting);
	attempting_bind(&attempting, text);
	attempting_run(&attempting, ATTEMPTING_LIMIT, row);
	check_int(row, attempting.outcome.kind, kind);
	check_text(row, attempting.outcome.detail, detail);
	attempting_close(&attempting);
}

/* Checks pid://pid and pid://pid?gone. detail: of a process that is not alive. */
static void check_pid(const char *row, pid_t pid, bool alive, const char *detail)
{
	char *text = alloc_format("pid://%d", (int)pid), *gone = alloc_format("%s?gone", text);

	check_outcome(row, text, alive ? OUTCOME_READY : OUTCOME_NO_PROCESS, alive ? "" : detail);
	check_outcome(row, gone, alive ? OUTCOME_UNMET : OUTCOME_READY, alive ? "it is alive" : "");
	free(text);
	free(gone);
}

static const char zombie[] = "it has ended, but its parent has not noticed";

/* Starts a child that waits for its end, under a name that is hard to read in /proc/PID/stat. */
static pid_t start(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_NAME, ") Z 1 (");
		for (;;)
			pause();
	}
	return pid;
}

static void end(pid_t pid)
{
	siginfo_t dead;

	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &dead, WEXITED | WNOWAIT);
}

static void test_a_process(void **state)
{
	pid_t pid = start();

	(void)state;
	check_pid("itself", getpid(), true, "");
	check_pid("a child", pid, true, "");
	kill(pid, SIGSTOP);
	check_pid("a stopped one", pid, true, "");
	end(pid);
	check_pid("a zombie", pid, false, zombie);
	waitpid(pid, NULL, 0);
	check_pid("none", pid, false, "");
	check_pid("a number that none has", 4194304, false, "");
}

static void *run_on(void *arg)
{
	while (!arg)
		pause();
	return arg;
}

/* The first thread has ended, and its state is that of a zombie; another runs on. */
static void test_threads(void **state)
{
	pid_t pid = fork();
	char *path, text[2] = "";
	int64_t began = clock_now();

	(void)state;
	if (pid == 0) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, run_on, NULL))
			_exit(1);
		pthread_exit(NULL);
	}
	path = alloc_format("/proc/%d/stat", (int)pid);
	while (text[0] != 'Z' && clock_now() - began < 10 * CLOCK_S) {
		FILE *file = fopen(path, "r");

		check_int("its state", fscanf(file, "%*d (%*[^)]) %1s", text), 1);
		fclose(file);
	}
	check_text("the first thread has ended", text, "Z");
	check_pid("a thread runs on", pid, true, "");
	end(pid);
	check_pid("none does", pid, false, zombie);
	waitpid(pid, NULL, 0);
	free(path);
}

/* kill(2) says EPERM: it is there. The first process is root's. */
static void test_of_somebody_else(void **state)
{
	uid_t user = geteuid();

	(void)state;
	if (user == 0)
		assert_int_equal(setresuid(12345, 12345, 0), 0);
	check_int("it may not be told anything", kill(1, 0), -1);
	check_pid("the first of all", 1, true, "");
	if (user == 0)
		assert_int_equal(setresuid(0, 0, 0), 0);
}

static void test_a_file(void **state)
{
	static const struct {
		const char *content; /* %d: the number of this process */
		enum outcome_kind kind, gone;
		const char *detail, *gone_detail;
	} rows[] = {
		{"%d", OUTCOME_READY, OUTCOME_UNMET, "", "it is alive"},
		{"%d\n", OUTCOME_READY, OUTCOME_UNMET, "", "it is alive"},
		{"  %d\n/var/lib/postgresql\n", OUTCOME_READY, OUTCOME_UNMET, "", "it is alive"},
		{"%d 5", OUTCOME_READY, OUTCOME_UNMET, "", "it is alive"},
		{"4194304\n", OUTCOME_NO_PROCESS, OUTCOME_READY, "4194304", ""},
		{"", OUTCOME_UNMET, OUTCOME_UNMET, "the file is empty", "the file is empty"},
		{" \n", OUTCOME_UNMET, OUTCOME_UNMET, "the file is empty", "the file is empty"},
		{"x", OUTCOME_UNMET, OUTCOME_UNMET, "the file does not begin with the number of a process",
		 "the file does not begin with the number of a process"},
		{"0", OUTCOME_UNMET, OUTCOME_UNMET, "the file does not begin with the number of a process",
		 "the file does not begin with the number of a process"},
		{"-1", OUTCOME_UNMET, OUTCOME_UNMET, "the file does not begin with the number of a process",
		 "the file does not begin with the number of a process"},
		{"%dx", OUTCOME_UNMET, OUTCOME_UNMET, "the file does not begin with the number of a process",
		 "the file does not begin with the number of a process"},
		{"18446744073709551617", OUTCOME_UNMET, OUTCOME_UNMET,
		 "the file does not begin with the number of a process",
		 "the file does not begin with the number of a process"},
	};
	struct unit_dir dir;
	char *path, *text, *gone;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "f");
	text = alloc_format("pidfile://%s", path);
	gone = alloc_format("%s?gone", text);
	check_outcome("nothing", text, OUTCOME_NO_FILE, "");
	check_outcome("nothing", gone, OUTCOME_READY, "");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char content[64];

		snprintf(content, sizeof(content), "%s", rows[i].content);
		if (strstr(content, "%d")) {
			char *rest = strstr(rows[i].content, "%d");

			snprintf(content, sizeof(content), "%.*s%d%s", (int)(rest - rows[i].content), rows[i].content,
				 (int)getpid(), rest + 2);
		}
		unit_dir_write(&dir, "f", content, 0600);
		check_outcome(content, text, rows[i].kind, rows[i].detail);
		check_outcome(content, gone, rows[i].gone, rows[i].gone_detail);
	}
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	check_outcome("a pipe", text, OUTCOME_UNMET, "it is not a regular file");
	check_outcome("a pipe", gone, OUTCOME_UNMET, "it is not a regular file");
	free(gone);
	free(text);
	free(path);
	unit_dir_close(&dir);
}

static void test_bind(void **state)
{
	static const char *const wrong[] = {"pid://",
					    "pid://0",
					    "pid://-1",
					    "pid://x",
					    "pid://12x",
					    "pid:///12",
					    "pid://12/",
					    "pid://4194305",
					    "pid://?gone",
					    "pid://me:SECRET@12",
					    "pid://99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct target target = {0};
		struct error err = {0};
		struct env env;
		struct log log;

		log_init(&log, -1);
		env_copy(&env, NULL);
		check_int(wrong[i], target_parse(&target, wrong[i], &err) || probe_bind(&target, 1, &env, &log, &err),
			  1);
		check_has(wrong[i], err.text, "a process is a number from 1 to 4194304; write pid://123");
		check_lacks(wrong[i], err.text, "SECRET");
		probe_unbind(&target, 1);
		target_release(&target);
		env_release(&env);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_process),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_of_somebody_else),
		cmocka_unit_test(test_a_file),
		cmocka_unit_test(test_bind),
	};

	return unit_main(tests);
}
