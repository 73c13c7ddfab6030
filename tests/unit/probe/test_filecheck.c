#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attempt/probe.h"
#include "attempting.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

/* A folder with a file "f", and the target "file:///.../f" with parameters. */
struct rig {
	struct unit_dir dir;
	char *path;
	struct attempting attempting;
};

static void rig_open(struct rig *rig, const char *params)
{
	char *text;

	unit_dir_open(&rig->dir);
	rig->path = unit_dir_path(&rig->dir, "f");
	text = alloc_format("file://%s%s", rig->path, params);
	attempting_open(&rig->attempting);
	attempting_bind(&rig->attempting, text);
	free(text);
}

static void rig_close(struct rig *rig)
{
	attempting_close(&rig->attempting);
	free(rig->path);
	unit_dir_close(&rig->dir);
}

static void rig_check(struct rig *rig, const char *row, int64_t limit, enum outcome_kind kind, const char *detail)
{
	attempting_run(&rig->attempting, limit, row);
	check_int(row, rig->attempting.outcome.kind, kind);
	check_text(row, rig->attempting.outcome.detail, detail);
	check_text(row, rig->attempting.place.address, "");
}

/* Sets when the file was modified: so many seconds ago. */
static void age(const char *path, int seconds)
{
	struct timespec times[2];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= seconds;
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* What is at the path. */
enum found { NOTHING, A_FILE, A_FOLDER, A_PIPE, A_LINK_TO_NOTHING, A_CIRCLE, A_SOCKET_OF_NOBODY };

static void put(const struct rig *rig, enum found what, const char *content)
{
	switch (what) {
	case NOTHING:
		break;
	case A_FILE:
		unit_dir_write(&rig->dir, "f", content, 0600);
		break;
	case A_FOLDER:
		assert_int_equal(mkdir(rig->path, 0700), 0);
		break;
	case A_PIPE:
		assert_int_equal(mkfifo(rig->path, 0600), 0);
		break;
	case A_LINK_TO_NOTHING:
		assert_int_equal(symlink("none", rig->path), 0);
		break;
	case A_CIRCLE:
		assert_int_equal(symlink("f", rig->path), 0);
		break;
	case A_SOCKET_OF_NOBODY:
		assert_int_equal(mknod(rig->path, S_IFSOCK | 0600, 0), 0);
		break;
	}
}

static void test_one_look(void **state)
{
	static const struct {
		const char *params;
		enum found what;
		const char *content;
		int age;
		enum outcome_kind kind;
		const char *detail;
	} rows[] = {
		{"", NOTHING, "", 0, OUTCOME_NO_FILE, ""},
		{"", A_LINK_TO_NOTHING, "", 0, OUTCOME_NO_FILE, ""},
		{"", A_FILE, "", 0, OUTCOME_READY, ""},
		{"", A_FOLDER, "", 0, OUTCOME_READY, ""},
		{"", A_PIPE, "", 0, OUTCOME_READY, ""},
		{"", A_CIRCLE, "", 0, OUTCOME_LOCAL, "its symbolic links lead in a circle, or are too many"},
		{"?gone", NOTHING, "", 0, OUTCOME_READY, ""},
		{"?gone=true", A_LINK_TO_NOTHING, "", 0, OUTCOME_READY, ""},
		{"?gone", A_FILE, "", 0, OUTCOME_UNMET, "it exists"},
		{"?gone", A_FOLDER, "", 0, OUTCOME_UNMET, "it exists"},
		{"?gone", A_CIRCLE, "", 0, OUTCOME_LOCAL, "its symbolic links lead in a circle, or are too many"},
		{"?gone=false", A_FILE, "", 0, OUTCOME_READY, ""},
		{"?min-size=3", A_FILE, "ab", 0, OUTCOME_UNMET, "it has 2 of 3 bytes"},
		{"?min-size=3", A_FILE, "abc", 0, OUTCOME_READY, ""},
		{"?min-size=1k", A_FILE, "abc", 0, OUTCOME_UNMET, "it has 3 of 1024 bytes"},
		{"?min-size=2M", A_FILE, "abc", 0, OUTCOME_UNMET, "it has 3 of 2097152 bytes"},
		{"?min-size=1G", A_FILE, "abc", 0, OUTCOME_UNMET, "it has 3 of 1073741824 bytes"},
		{"?min-size=0", A_FILE, "", 0, OUTCOME_READY, ""},
		{"?min-size=1", A_FOLDER, "", 0, OUTCOME_UNMET, "it is not a regular file"},
		{"?fresh=60s", A_FILE, "x", 10, OUTCOME_READY, ""},
		{"?fresh=60s", A_FILE, "x", -10, OUTCOME_READY, ""},
		{"?fresh=60s", A_FILE, "x", 7290, OUTCOME_UNMET, "it was last modified 2h01m00s ago"},
		{"?fresh=5s", A_FILE, "x", 37, OUTCOME_UNMET, "it was last modified 30s ago"},
		{"?fresh=5s", A_FILE, "x", 8, OUTCOME_UNMET, "it was last modified 5s ago"},
		{"?fresh=90s", A_FILE, "x", 100, OUTCOME_UNMET, "it was last modified 90s ago"},
		{"?fresh=60s", A_FILE, "x", -7290, OUTCOME_UNMET, "it was last modified in the future, by 2h01m00s"},
		{"?contains=^ready$", A_FILE, "not\nready\n", 0, OUTCOME_READY, ""},
		{"?contains=^ready$", A_FILE, "ready!\n", 0, OUTCOME_UNMET, "no line of it matches"},
		{"?contains=a%26b|c%2B", A_FILE, "xccc", 0, OUTCOME_READY, ""},
		{"?contains=x", A_FOLDER, "", 0, OUTCOME_UNMET, "it is not a regular file"},
		{"?contains=x", A_PIPE, "", 0, OUTCOME_UNMET, "it is not a regular file"},
		{"?contains=x", A_SOCKET_OF_NOBODY, "", 0, OUTCOME_UNMET, "it is not a regular file"},
		{"?contains=x&min-size=2", A_FILE, "x", 0, OUTCOME_UNMET, "it has 1 of 2 bytes"},
		{"?contains=x&fresh=5s", A_FILE, "y", 0, OUTCOME_UNMET, "no line of it matches"},
		{"?contains=x&fresh=5s&min-size=1", A_FILE, "x", 0, OUTCOME_READY, ""},
		{"?stable=1h&min-size=3", A_FILE, "x", 0, OUTCOME_UNMET, "it has 1 of 3 bytes"},
		{"?stable=1h", NOTHING, "", 0, OUTCOME_NO_FILE, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig rig;

		rig_open(&rig, rows[i].params);
		put(&rig, rows[i].what, rows[i].content);
		if (rows[i].age)
			age(rig.path, rows[i].age);
		rig_check(&rig, rows[i].params, ATTEMPTING_LIMIT, rows[i].kind, rows[i].detail);
		rig_close(&rig);
	}
}

/* Only the last 64 KiB are searched, and not the end of a line whose beginning is before them. */
static void test_a_long_file(void **state)
{
	static const struct {
		const char *begin, *end;
		bool found;
	} rows[] = {{"ready", "", false}, {"", "ready", true}, {"ready\n", "\nready", true}, {"", "!ready", false}};
	enum { BOUND = 64 * 1024 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf content = {0};
		struct rig rig;

		buf_add_text(&content, rows[i].begin);
		for (int j = 0; j < BOUND; j++)
			buf_add_text(&content, "x");
		buf_add_text(&content, rows[i].end);
		rig_open(&rig, "?contains=(^|x)ready$");
		unit_dir_write(&rig.dir, "f", content.data, 0600);
		rig_check(&rig, rows[i].begin, ATTEMPTING_LIMIT, rows[i].found ? OUTCOME_READY : OUTCOME_UNMET,
			  rows[i].found ? "" : "no line of it matches");
		rig_close(&rig);
		buf_release(&content);
	}
}

/* The time counts from when it was first seen so, over several attempts; its own times may say anything. */
static void test_stable(void **state)
{
	static const char never[] = "it has not been seen unchanged for long enough";
	struct rig rig;
	int64_t began;

	(void)state;
	rig_open(&rig, "?stable=300ms");
	unit_dir_write(&rig.dir, "f", "x", 0600);
	age(rig.path, 3600);
	began = clock_now();
	rig_check(&rig, "old, but seen only now", 50 * CLOCK_MS, OUTCOME_UNMET, never);
	rig_check(&rig, "and again", 50 * CLOCK_MS, OUTCOME_UNMET, never);
	rig_check(&rig, "long enough", ATTEMPTING_LIMIT, OUTCOME_READY, "");
	check("in all", clock_now() - began >= 300 * CLOCK_MS);
	rig_check(&rig, "still", 50 * CLOCK_MS, OUTCOME_READY, "");
	unit_dir_write(&rig.dir, "f", "y", 0600);
	age(rig.path, 3600); /* the same size and the same time, as of a copy that keeps times */
	rig_check(&rig, "changed", 50 * CLOCK_MS, OUTCOME_UNMET, never);
	rig_check(&rig, "stable again", ATTEMPTING_LIMIT, OUTCOME_READY, "");
	unlink(rig.path);
	rig_check(&rig, "removed", ATTEMPTING_LIMIT, OUTCOME_NO_FILE, "");
	unit_dir_write(&rig.dir, "f", "y", 0600);
	rig_check(&rig, "a new one", 50 * CLOCK_MS, OUTCOME_UNMET, never);
	rig_close(&rig);
}

static void test_what_stands_in_the_way(void **state)
{
	struct rig rig;
	char *text;
	struct attempting attempting;

	(void)state;
	rig_open(&rig, "?contains=x");
	unit_dir_write(&rig.dir, "f", "x", 0);
	chmod(rig.dir.path, 0755);
	if (geteuid() == 0)
		setfsuid(12345);
	rig_check(&rig, "the file", ATTEMPTING_LIMIT, OUTCOME_LOCAL, "permission denied");
	setfsuid(geteuid());
	chmod(rig.dir.path, 0);
	if (geteuid() == 0)
		setfsuid(12345);
	rig_check(&rig, "the folder", ATTEMPTING_LIMIT, OUTCOME_LOCAL, "permission denied");
	setfsuid(geteuid());
	chmod(rig.dir.path, 0700);
	text = alloc_format("file://%s/below", rig.path);
	attempting_open(&attempting);
	attempting_bind(&attempting, text);
	attempting_run(&attempting, ATTEMPTING_LIMIT, "a file as folder");
	check_int("a file as folder", attempting.outcome.kind, OUTCOME_NO_FILE);
	check_text("a file as folder", attempting.outcome.detail, "a part of its path is a file, not a folder");
	attempting_close(&attempting);
	free(text);
	rig_close(&rig);
}

static void test_bind(void **state)
{
	static const struct {
		const char *target, *message; /* NULL: it is accepted */
	} rows[] = {
		{"file:///run/x", NULL},
		{"API=file:///run/a%20b%3Fc", NULL},
		{"file:///run/x?", NULL},
		{"file:///run/x?stable=2s&fresh=1m", NULL},
		{"file://", "the path is missing; write file:///path"},
		{"file:///", "the path is missing; write file:///path"},
		{"file:///?gone", "the path is missing; write file:///path"},
		{"file://?gone", "the path is missing; write file:///path"},
		{"file://run/x", "takes no host, port or user before the path; write file:///path"},
		{"file:///run/%00", "a path cannot hold %00"},
		{"file:///run/x?gone&fresh=3s", "leave out gone, or the others"},
		{"file:///run/x?min-size=0&gone", "leave out gone, or the others"},
		{"file:///run/x?gone&stable=1s", "leave out gone, or the others"},
		{"file:///run/x?gone&contains=x", "leave out gone, or the others"},
		{"file:///run/x?stable=2s&fresh=2s", "make fresh the longer one"},
		{"file:///run/x?min-size=1kk", "\"1kk\" is not a size"},
		{"file:///run/x?min-size=k", "\"k\" is not a size"},
		{"file:///run/x?min-size=-1", "\"-1\" is not a size"},
		{"file:///run/x?min-size=99999999999999999999", "is not a size"},
		{"file:///run/x?fresh=0", "is too short"},
		{"file:///run/x?stable=soon", "is not a duration"},
		{"file:///run/x?contains=(", "parameter contains: "},
		{"file:///run/x?contain=x", "did you mean \"contains\"?"},
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
		check_int(rows[i].target, (long long)target.endpoint_count, 0);
		probe_unbind(&target, 1);
		target_release(&target);
		env_release(&env);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_look), cmocka_unit_test(test_a_long_file),
		cmocka_unit_test(test_stable),   cmocka_unit_test(test_what_stands_in_the_way),
		cmocka_unit_test(test_bind),
	};

	return unit_main(tests);
}
