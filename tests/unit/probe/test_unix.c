#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attempt/probe.h"
#include "attempting.h"
#include "base/alloc.h"
#include "base/clock.h"

/* What is at the path. */
enum found { NOTHING, A_FILE, A_FOLDER, A_PIPE, A_LINK_TO_NOTHING, ABANDONED, LISTENS, DATAGRAMS, PACKETS };

/* Returns a socket of that type that is bound to the path and does not listen. */
static int bind_at(const char *path, int type)
{
	struct address address;
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	check(path, address_of_host(&address, path, 0));
	assert_int_equal(bind(fd, &address.any, address.length), 0);
	return fd;
}

/* Creates it. Returns the descriptor of a socket, or -1 if there is none. */
static int put(const struct unit_dir *dir, const char *path, enum found what)
{
	int fd = -1;

	switch (what) {
	case NOTHING:
		break;
	case A_FILE:
		unit_dir_write(dir, "s", "x", 0600);
		break;
	case A_FOLDER:
		assert_int_equal(mkdir(path, 0700), 0);
		break;
	case A_PIPE:
		assert_int_equal(mkfifo(path, 0600), 0);
		break;
	case A_LINK_TO_NOTHING:
		assert_int_equal(symlink("none", path), 0);
		break;
	case ABANDONED:
		close(bind_at(path, SOCK_STREAM));
		break;
	case LISTENS:
		fd = bind_at(path, SOCK_STREAM);
		assert_int_equal(listen(fd, 1), 0);
		break;
	case DATAGRAMS:
		fd = bind_at(path, SOCK_DGRAM);
		break;
	case PACKETS:
		fd = bind_at(path, SOCK_SEQPACKET);
		assert_int_equal(listen(fd, 1), 0);
		break;
	}
	return fd;
}

struct found_row {
	const char *name;
	enum found what;
	enum outcome_kind kind;
	const char *detail;
};

static void check_outcome(const char *row, const char *path, enum outcome_kind kind, const char *detail)
{
	struct attempting attempting;
	char *text = alloc_format("unix://%s", path);

	attempting_open(&attempting);
	attempting_bind(&attempting, text);
	attempting_run(&attempting, ATTEMPTING_LIMIT, row);
	check_int(row, attempting.outcome.kind, kind);
	check_text(row, attempting.outcome.detail, detail);
	check_text(row, attempting.place.host, path);
	check_text(row, attempting.place.address, path);
	check_int(row, attempting.place.port, 0);
	attempting_close(&attempting);
	free(text);
}

static void test_what_is_there(void **state)
{
	static const struct found_row rows[] = {
		{"nothing", NOTHING, OUTCOME_NO_FILE, ""},
		{"a link to nothing", A_LINK_TO_NOTHING, OUTCOME_NO_FILE, ""},
		{"a file", A_FILE, OUTCOME_LOCAL, "the file is not a socket"},
		{"a folder", A_FOLDER, OUTCOME_LOCAL, "the file is not a socket"},
		{"a pipe", A_PIPE, OUTCOME_LOCAL, "the file is not a socket"},
		{"nobody listens", ABANDONED, OUTCOME_REFUSED, ""},
		{"somebody listens", LISTENS, OUTCOME_READY, ""},
		{"datagrams", DATAGRAMS, OUTCOME_UNSUITABLE, "the socket is for datagrams or packets, not a stream"},
		{"packets", PACKETS, OUTCOME_UNSUITABLE, "the socket is for datagrams or packets, not a stream"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unit_dir dir;
		char *path;
		int fd;

		unit_dir_open(&dir);
		path = unit_dir_path(&dir, "s");
		fd = put(&dir, path, rows[i].what);
		check_outcome(rows[i].name, path, rows[i].kind, rows[i].detail);
		if (fd >= 0)
			close(fd);
		free(path);
		unit_dir_close(&dir);
	}
}

/* connect(2), EAGAIN: the queue of a listening socket is full. */
static void test_a_full_queue(void **state)
{
	struct unit_dir dir;
	struct address address;
	char *path;
	int listener, first = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "s");
	listener = bind_at(path, SOCK_STREAM);
	assert_int_equal(listen(listener, 0), 0);
	check("a path", address_of_host(&address, path, 0));
	assert_int_equal(connect(first, &address.any, address.length), 0);
	check_outcome("full", path, OUTCOME_FULL, "");
	close(accept(listener, NULL, NULL));
	check_outcome("not any more", path, OUTCOME_READY, "");
	close(first);
	close(listener);
	free(path);
	unit_dir_close(&dir);
}

/* The service may be ready. A file that is not a socket is still told apart, if stat is allowed. */
static void test_no_permission(void **state)
{
	struct unit_dir dir;
	char *path, *file;
	int listener;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "s");
	file = unit_dir_path(&dir, "file");
	listener = put(&dir, path, LISTENS);
	unit_dir_write(&dir, "file", "x", 0400);
	chmod(path, 0);
	chmod(dir.path, 0755);
	if (geteuid() == 0)
		setfsuid(12345);
	check_outcome("the socket", path, OUTCOME_LOCAL, "permission denied");
	check_outcome("a file", file, OUTCOME_LOCAL, "the file is not a socket");
	setfsuid(geteuid());
	chmod(dir.path, 0);
	if (geteuid() == 0)
		setfsuid(12345);
	check_outcome("the folder", path, OUTCOME_LOCAL, "permission denied");
	setfsuid(geteuid());
	chmod(dir.path, 0700);
	close(listener);
	free(path);
	free(file);
	unit_dir_close(&dir);
}

/* A service that speaks first sees the end of the connection, not a reset. */
static void test_a_greeting(void **state)
{
	struct attempting attempting;
	struct unit_dir dir;
	char *path, *text, byte;
	int listener, taken;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "s");
	text = alloc_format("unix://%s", path);
	listener = put(&dir, path, LISTENS);
	attempting_open(&attempting);
	attempting_bind(&attempting, text);
	attempting.dones = 0;
	attempting_start(&attempting, ATTEMPTING_LIMIT);
	taken = accept(listener, NULL, NULL);
	check_int("the probe is still connected", send(taken, "220 hello\r\n", 11, MSG_NOSIGNAL), 11);
	unit_loop_run(&attempting.unit, "a greeting");
	check_int("ready", attempting.outcome.kind, OUTCOME_READY);
	check_int("an end", recv(taken, &byte, 1, 0), 0);
	attempting_close(&attempting);
	close(taken);
	close(listener);
	free(text);
	free(path);
	unit_dir_close(&dir);
}

struct bind_row {
	const char *target;
	const char *path;    /* NULL: it is refused */
	const char *message; /* then */
};

#define TEN     "/123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void check_bind(const struct bind_row *row)
{
	struct error err = {0};
	struct target target;
	struct env env;
	struct log log;
	int failed;

	log_init(&log, -1);
	env_copy(&env, NULL);
	failed = target_parse(&target, row->target, &err) || probe_bind(&target, 1, &env, &log, &err);
	check_int(row->target, failed, row->message != NULL);
	if (failed) {
		check_has(row->target, err.text, row->message);
		check_lacks(row->target, err.text, "SECRET");
	} else {
		check_int(row->target, (long long)target.endpoint_count, 1);
		check_text(row->target, target.endpoints[0].host, row->path);
		check_int(row->target, target.endpoints[0].port, 0);
		check_text(row->target, target.name, target.named ? "API" : NULL);
	}
	target_release(&target);
	env_release(&env);
}

static void test_bind(void **state)
{
	static const struct bind_row rows[] = {
		{"unix:///run/api.sock", "/run/api.sock", NULL},
		{"UNIX:///run/api.sock", "/run/api.sock", NULL},
		{"api=unix:///run/api.sock", "/run/api.sock", NULL},
		{"unix:///run/a%20b%2Fc%3F%3d", "/run/a b/c?=", NULL},
		{"unix:///run/%zz", "/run/%zz", NULL},
		{"unix:///run/a@b:c#d,e", "/run/a@b:c#d,e", NULL},
		{"unix://" HUNDRED "/123456", HUNDRED "/123456", NULL},
		{"unix://" HUNDRED "/12345%36", HUNDRED "/123456", NULL},
		{"unix://" HUNDRED "/1234567", NULL, "at most 107 bytes"},
		{"unix://", NULL, "the path is missing; write unix:///path"},
		{"unix:///", NULL, "the path is missing; write unix:///path"},
		{"unix://?mode=1", NULL, "write unix:///path"},
		{"unix:///run/x?mode=1", NULL, "write unix:///path, and a '?' in it as %3F"},
		{"unix:///run/x?", NULL, "write unix:///path, and a '?' in it as %3F"},
		{"unix:///run/%00", NULL, "a path cannot hold %00"},
		{"unix://run/api.sock", NULL, "takes no host, port or user before the path; write unix:///path"},
		{"unix://./api.sock", NULL, "write unix:///path"},
		{"unix://:80/run/api.sock", NULL, "write unix:///path"},
		{"unix://host:SECRET/run/api.sock", NULL, "write unix:///path"},
		{"unix://me:SECRET@/run/api.sock", NULL, "write unix:///path"},
		{"unix://@/run/api.sock", NULL, "write unix:///path"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_bind(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_there), cmocka_unit_test(test_a_full_queue),
		cmocka_unit_test(test_no_permission), cmocka_unit_test(test_a_greeting),
		cmocka_unit_test(test_bind),
	};

	return unit_main(tests);
}
