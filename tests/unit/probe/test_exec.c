#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempt/probe.h"
#include "attempting.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/percent.h"

/* The target that runs the script with a shell. The caller's. */
static char *target_of(const char *script, const char *more)
{
	struct buf text = {0};

	buf_add_text(&text, "exec:///bin/sh?arg=-c&arg=");
	percent_encode(&text, script);
	buf_add_text(&text, more);
	return buf_detach(&text);
}

static void check_target(const char *row, const char *text, int64_t limit, enum outcome_kind kind, const char *detail)
{
	struct attempting attempting;

	attempting_open(&attempting);
	attempting_bind(&attempting, text);
	attempting_run(&attempting, limit, row);
	check_int(row, attempting.outcome.kind, kind);
	check_text(row, attempting.outcome.detail, detail);
	attempting_close(&attempting);
	check_int(row, waitpid(-1, NULL, WNOHANG), -1);
	check_int(row, errno, ECHILD);
}

static void check_script(const char *script, const char *more, enum outcome_kind kind, const char *detail)
{
	char *text = target_of(script, more);

	check_target(script, text, ATTEMPTING_LIMIT, kind, detail);
	free(text);
}

static void test_how_it_ends(void **state)
{
	(void)state;
	check_script("exit 0", "", OUTCOME_READY, "");
	check_script("echo out; echo err >&2", "", OUTCOME_READY, "");
	check_script("exit 3", "&exit=3", OUTCOME_READY, "");
	check_script("exit 0", "&exit=3", OUTCOME_CHECK_FAILED, "exit status 0");
	check_script("exit 255", "", OUTCOME_CHECK_FAILED, "exit status 255");
	check_script("kill -TERM $$", "", OUTCOME_CHECK_FAILED, "ended by signal 15");
	check_script("echo one; echo two; exit 2", "", OUTCOME_CHECK_FAILED, "exit status 2: two");
	check_script("echo 'two words ' >&2; echo; echo ' '; exit 2", "", OUTCOME_CHECK_FAILED,
		     "exit status 2: two words");
	check_script("printf 'no end'; exit 2", "", OUTCOME_CHECK_FAILED, "exit status 2: no end");
	check_script("echo at postgres://me:secret@db/x, or PGPASSWORD=secret; exit 2", "", OUTCOME_CHECK_FAILED,
		     "exit status 2: at postgres://me:***@db/x, or PGPASSWORD=***");
	check_script("test \"$0\" = \"a b&c\"", "&arg=a%20b%26c", OUTCOME_READY, "");
	check_script("test -z \"$0\" && test $# = 1", "&arg=&arg=x", OUTCOME_READY, "");
	/* More than a pipe takes, whose end is what counts; and a program that goes on without one. */
	check_script("yes | head -c 3000000; echo; echo last; exit 2", "", OUTCOME_CHECK_FAILED, "exit status 2: last");
	check_script("exec >/dev/null 2>&1; sleep 0.1; exit 4", "", OUTCOME_CHECK_FAILED, "exit status 4");
}

static void test_what_cannot_be_started(void **state)
{
	(void)state;
	check_target("none", "exec:///no/such/program", ATTEMPTING_LIMIT, OUTCOME_LOCAL,
		     "the program, or the interpreter or loader that it needs, does not exist");
	check_target("not in PATH", "exec:///no-such-program?search=path", ATTEMPTING_LIMIT, OUTCOME_LOCAL,
		     "the program, or the interpreter or loader that it needs, does not exist");
	check_target("a folder", "exec:///bin", ATTEMPTING_LIMIT, OUTCOME_LOCAL,
		     "the program cannot be run: no permission, or not executable");
	check_target("in PATH", "exec:///true?search=path", ATTEMPTING_LIMIT, OUTCOME_READY, "");
}

/* The limit of the attempt ends it, and what it has started, whatever these do against it. */
static void test_what_takes_too_long(void **state)
{
	static const char *const scripts[] = {
		"sleep 1000",
		"trap '' TERM INT HUP QUIT; while :; do sleep 1; done",
		"kill -STOP $$; exit 0",
		"sleep 1000 & sleep 1000 & wait",
		"(sleep 1000 &); exec sleep 1000",
		"exec yes",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(scripts); i++) {
		char *text = target_of(scripts[i], "");

		check_target(scripts[i], text, 200 * CLOCK_MS, OUTCOME_UNMET,
			     "the check takes longer than --attempt-timeout allows");
		free(text);
	}
}

static void test_bind(void **state)
{
	static const struct {
		const char *target, *message; /* NULL: it is accepted */
	} rows[] = {
		{"exec:///bin/true", NULL},
		{"A=exec:///bin/true?arg=SECRET&arg=b&exit=255", NULL},
		{"exec://", "the path is missing; write exec:///path"},
		{"exec:///?arg=SECRET", "the path is missing; write exec:///path"},
		{"exec://true", "takes no host, port or user before the path; write exec:///path"},
		{"exec:///bin/%00", "a path cannot hold %00"},
		{"exec:///bin/true?arg=SECRET&exit=256", "an exit status is a number from 0 to 255; write exit=1"},
		{"exec:///bin/true?exit=-1", "\"-1\" is not a number"},
		{"exec:///bin/true?exit=1&exit=2", "parameter exit is given twice"},
		{"exec:///bin/true?arg", "parameter arg has no value; write arg=TEXT"},
		{"exec:///true?search=PATH", "\"PATH\" is not known; write path"},
		{"exec:///true?args=SECRET", "unknown parameter \"args\"; did you mean \"arg\"?"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct target target = {0};
		struct error err = {0};
		struct env env;
		struct log log;
		int failed;

		log_init(&log, -1);
		env_copy(&env, NULL);
		failed = target_parse(&target, rows[i].target, &err) || probe_bind(&target, 1, &env, &log, &err);
		check_int(rows[i].target, failed, rows[i].message != NULL);
		if (failed)
			check_has(rows[i].target, err.text, rows[i].message);
		check_lacks(rows[i].target, err.text, "SECRET");
		check_lacks(rows[i].target, failed ? "" : target.text, "SECRET");
		probe_unbind(&target, 1);
		target_release(&target);
		env_release(&env);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_it_ends),
		cmocka_unit_test(test_what_cannot_be_started),
		cmocka_unit_test(test_what_takes_too_long),
		cmocka_unit_test(test_bind),
	};

	return unit_main(tests);
}
