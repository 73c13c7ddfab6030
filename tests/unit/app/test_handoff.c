#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/handoff.h"
#include "base/alloc.h"

/* This program is also the app of some tests: it prints its arguments and its environment. */
static char own_path[4096];

static int app_main(char **argv)
{
	for (; *argv; argv++)
		printf("%s\n", *argv);
	for (char **entry = environ; *entry; entry++)
		if (strncmp(*entry, "APP_", 4) == 0)
			printf("%s\n", *entry);
	return 7;
}

struct find_row {
	const char *name, *command;
	const char *path;  /* the value of PATH, with '@' for the test's directory; NULL: not set */
	const char *found; /* relative to the directory; NULL: an error */
	int code;
	const char *message;
};

/* Returns "@/a:@/b" with each '@' replaced by the directory. */
static char *expand_path(const char *path, const struct unit_dir *dir)
{
	char *expanded = alloc_text("");

	for (; *path; path++) {
		char *longer = *path == '@' ? alloc_format("%s%s", expanded, dir->path)
					    : alloc_format("%s%c", expanded, *path);

		free(expanded);
		expanded = longer;
	}
	return expanded;
}

static void check_find(const struct find_row *row, const struct unit_dir *dir)
{
	char *path = row->path ? expand_path(row->path, dir) : NULL,
	     *entry = path ? alloc_format("PATH=%s", path) : NULL;
	char *command = expand_path(row->command, dir), *expected = row->found ? expand_path(row->found, dir) : NULL;
	const char *const found[] = {entry, NULL};
	struct error err = {0};
	struct env env;
	char *result;
	int code = -1;

	env_copy(&env, (char *const *)found);
	result = handoff_find(command, &env, &code, &err);
	check_text(row->name, err.text, row->found ? "" : err.text);
	check_text(row->name, result, expected);
	if (!row->found) {
		check_int(row->name, code, row->code);
		check_has(row->name, err.text, row->message);
	}
	free(result);
	free(path);
	free(entry);
	free(command);
	free(expected);
	env_release(&env);
}

/* Commands are found as execvp and a shell find them (POSIX, 8.3); exit codes are those of FACTS 40. */
static void test_find(void **state)
{
	static const struct find_row rows[] = {
		{"in PATH", "app", "@/a:@/b", "@/a/app", 0, NULL},
		{"further in PATH", "only-b", "@/a:@/b", "@/b/only-b", 0, NULL},
		{"behind what is not there", "app", "@/none:@/a/app:@/a", "@/a/app", 0, NULL},
		{"one that cannot be run is passed over", "both", "@/a:@/b", "@/b/both", 0, NULL},
		{"so is a directory", "dir", "@/a:@/b", "@/b/dir", 0, NULL},
		{"a path", "@/a/app", "@/b", "@/a/app", 0, NULL},
		{"PATH not set", "sh", NULL, "/bin/sh", 0, NULL},
		{"a path, PATH not set", "@/a/app", NULL, "@/a/app", 0, NULL},
		{"a slash alone makes it a path", "./only-b", "@/b", NULL, 127, "\"./only-b\""},
		{"nowhere", "nosuch", "@/a:@/b", NULL, 127, "\"nosuch\" not found in PATH"},
		{"nowhere, behind what is no directory", "nosuch", "@/a/app:@/b", NULL, 127, "not found in PATH"},
		{"an empty command", "", "@/a", NULL, 127, "not found"},
		{"a path that is not there", "@/a/nosuch", "@/a", NULL, 127, "No such file"},
		{"a path through a file", "@/a/app/x", "@/a", NULL, 127, "Not a directory"},
		{"cannot be run", "plain", "@/a:@/none", NULL, 126, "Permission denied"},
		{"a path that cannot be run", "@/a/plain", "@/a", NULL, 126, "Permission denied"},
		{"a directory", "@/a/dir", "@/a", NULL, 126, "directory"},
	};
	struct unit_dir dir;
	char *path;

	(void)state;
	unit_dir_open(&dir);
	for (int i = 0; i < 3; i++) {
		path = unit_dir_path(&dir, i == 0 ? "a" : i == 1 ? "b" : "a/dir");
		assert_int_equal(mkdir(path, 0700), 0);
		free(path);
	}
	unit_dir_write(&dir, "a/app", "", 0755);
	unit_dir_write(&dir, "b/app", "", 0755);
	unit_dir_write(&dir, "b/only-b", "", 0755);
	unit_dir_write(&dir, "a/both", "", 0644);
	unit_dir_write(&dir, "b/both", "", 0755);
	unit_dir_write(&dir, "b/dir", "", 0755);
	unit_dir_write(&dir, "a/plain", "", 0644);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_find(&rows[i], &dir);
	unit_dir_close(&dir);
}

/* An empty entry in PATH is the current directory. */
static void find_in_current(void *arg)
{
	const struct unit_dir *dir = arg;
	static const char *const paths[] = {"PATH=", "PATH=:/none", "PATH=/none:", "PATH=/none::/nothing"};

	if (chdir(dir->path))
		_exit(1);
	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *const found[] = {paths[i], NULL};
		struct error err = {0};
		struct env env;
		char *result;
		int code;

		env_copy(&env, (char *const *)found);
		result = handoff_find("app", &env, &code, &err);
		printf("%s: %s\n", paths[i], result && access(result, X_OK) == 0 ? "found" : err.text);
		free(result);
		env_release(&env);
	}
}

static void test_find_in_current_directory(void **state)
{
	struct unit_child child;
	struct unit_dir dir;

	(void)state;
	unit_dir_open(&dir);
	unit_dir_write(&dir, "app", "", 0755);
	unit_child_run(&child, find_in_current, &dir);
	unit_dir_close(&dir);
	check_text("current directory", child.text,
		   "PATH=: found\nPATH=:/none: found\nPATH=/none:: found\nPATH=/none::/nothing: found\n");
}

/* These run in children. */
struct exec_job {
	const char *path;
	int raised; /* before the hand-over */
};

static void exec_it(void *arg)
{
	static const char *const found[] = {"APP_Z=1", "APP_A=two words", "APP_Z=3", "OTHER=x", "APP_E=", NULL};
	char *command[] = {(char *)"name of the app", (char *)"first argument", (char *)"", (char *)"--", NULL};
	const struct exec_job *job = arg;
	struct process process;
	struct error err = {0};
	sigset_t none;
	struct env env;
	int code;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	process_take(&process);
	env_copy(&env, (char *const *)found);
	if (job->raised)
		raise(job->raised);
	code = handoff_exec(job->path, command, &env, &process, &err);
	printf("%s", err.text);
	fflush(stdout);
	_exit(code);
}

static void test_exec(void **state)
{
	struct exec_job job = {.path = own_path};
	struct unit_child child;

	(void)state;
	unit_child_run(&child, exec_it, &job);
	check_text("what the app is told", child.text,
		   "name of the app\nfirst argument\n\n--\nAPP_Z=1\nAPP_A=two words\nAPP_Z=3\nAPP_E=\n");
	check_int("its own exit code", child.code, 7);
}

struct exec_row {
	const char *name, *content; /* of the file; NULL: there is none */
	int code;
	const char *message;
};

/* If execve fails, it returns 127 if the file does not exist and 126 if it cannot be run (FACTS 40). */
static void test_exec_fails(void **state)
{
	static const struct exec_row rows[] = {
		{"not there", NULL, 127, "does not exist"},
		{"no interpreter", "#!/none/sh\n", 127, "interpreter"},
		{"no first line", "echo hello\n", 126, "#!/bin/sh"},
		{"empty", "", 126, "not a program"},
	};
	struct unit_dir dir;
	char *path;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "app");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct exec_job job = {.path = path};
		struct unit_child child;

		if (rows[i].content)
			unit_dir_write(&dir, "app", rows[i].content, 0755);
		unit_child_run(&child, exec_it, &job);
		check_int(rows[i].name, child.code, rows[i].code);
		check_has(rows[i].name, child.text, rows[i].message);
		check_has(rows[i].name, child.text, path);
	}
	free(path);
	unit_dir_close(&dir);
}

struct signal_row {
	const char *name;
	int number, code;
};

/* A signal that arrives before the exec ends the process, and the app is not started (FACTS 36). */
static void test_a_signal_before_exec(void **state)
{
	static const struct signal_row rows[] = {
		{"TERM", SIGTERM, 143},
		{"INT", SIGINT, 130},
		{"HUP", SIGHUP, 129},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct exec_job job = {.path = own_path, .raised = rows[i].number};
		struct unit_child child;

		unit_child_run(&child, exec_it, &job);
		check_int(rows[i].name, child.code, rows[i].code);
		check_text(rows[i].name, child.text, "");
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_in_current_directory),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_exec_fails),
		cmocka_unit_test(test_a_signal_before_exec),
	};

	if (argc > 1)
		return app_main(argv);
	if (!realpath("/proc/self/exe", own_path))
		return 1;
	return unit_main(tests);
}
