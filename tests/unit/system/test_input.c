/* input.c: reads files, pipes and other kinds of files, and ends on signals meanwhile. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "system/input.h"
#include "system/process.h"

enum { MAX = 100000 };

static void check_read(const char *row, const char *path, size_t max, const char *expected)
{
	struct error err = {0};
	char *text = NULL;
	size_t len = 0;

	check_int(row, input_read(path, max, &text, &len, &err), 0);
	check_text(row, err.text, "");
	check_int(row, (long long)len, (long long)strlen(expected));
	check_text(row, text, expected);
	free(text);
}

static void check_fails(const char *row, const char *path, size_t max, const char *expected)
{
	struct error err = {0};
	char *text = NULL;
	size_t len;

	check_int(row, input_read(path, max, &text, &len, &err), -1);
	check_has(row, err.text, expected);
	check(row, strncmp(err.text, expected, strlen(expected)) == 0);
}

static void test_files(void **state)
{
	char large[MAX + 1], *path, *expected;
	struct unit_dir dir;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "f");
	unit_dir_write(&dir, "f", "", 0600);
	check_read("empty", path, MAX, "");
	unit_dir_write(&dir, "f", "one\ntwo\n", 0600);
	check_read("lines", path, MAX, "one\ntwo\n");
	check_read("as large as may be", path, 8, "one\ntwo\n");
	check_fails("larger", path, 7, path);
	memset(large, 'x', MAX);
	large[MAX] = '\0';
	unit_dir_write(&dir, "f", large, 0600);
	check_read("several chunks", path, MAX, large);
	expected = alloc_format("%s is larger than 0 MB", path);
	check_fails("a byte more", path, MAX - 1, expected);
	free(expected);
	expected = alloc_format("cannot read %s: %s", dir.path, strerror(EISDIR));
	check_fails("a folder", dir.path, MAX, expected);
	free(expected);
	unlink(path);
	expected = alloc_format("cannot read %s: %s", path, strerror(ENOENT));
	check_fails("none", path, MAX, expected);
	free(expected);
	check_fails("endless", "/dev/zero", 2 << 20, "/dev/zero is larger than 2 MB");
	check_read("nothing", "/dev/null", MAX, "");
	free(path);
	unit_dir_close(&dir);
}

/* A zero byte belongs to the text; len counts it. */
static void test_zero_bytes(void **state)
{
	struct error err = {0};
	char *text;
	size_t len;
	int ends[2];
	char path[32];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "a\0b", 3), 3);
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(input_read(path, MAX, &text, &len, &err), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(text, "a\0b", 4);
	free(text);
	close(ends[0]);
}

/* A child that opens the FIFO late and writes into it in pieces. */
static pid_t write_late(const char *path, const char *const *pieces)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	nanosleep(&pause, NULL);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	for (; *pieces; pieces++) {
		nanosleep(&pause, NULL);
		if (write(fd, *pieces, strlen(*pieces)) < 0)
			_exit(1);
	}
	_exit(0);
}

/* As in "mkfifo f; generate >f & waitfor -f f": no writer has it open yet, and the text arrives in pieces. */
static void test_a_pipe_that_is_filled_later(void **state)
{
	static const char *const pieces[] = {"one", " two", " three", NULL}, *const none[] = {NULL};
	struct unit_dir dir;
	char *path;
	int status;
	pid_t pid;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "pipe");
	assert_int_equal(mkfifo(path, 0600), 0);
	pid = write_late(path, pieces);
	check_read("pieces", path, MAX, "one two three");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	pid = write_late(path, none);
	check_read("opened and closed", path, MAX, "");
	waitpid(pid, &status, 0);
	free(path);
	unit_dir_close(&dir);
}

struct reading {
	const char *path;
	int stdin_fd;      /* -1: closed */
	int signal_number; /* 0: none */
	bool ignored;      /* SIG_IGN, inherited from the parent */
	bool before;       /* the signal arrives before the reading, not during it */
};

static void signal_later(int signal_number)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
	pid_t reader = getpid();

	if (fork() == 0) {
		nanosleep(&pause, NULL);
		kill(reader, signal_number);
		_exit(0);
	}
}

/* The part of main that reads a file. It changes the process's signals, so it runs in a child. */
static void read_in_child(void *arg)
{
	const struct reading *reading = arg;
	struct process process;
	struct error err = {0};
	char *text;
	size_t len;

	if (reading->stdin_fd >= 0)
		dup2(reading->stdin_fd, STDIN_FILENO);
	else
		close(STDIN_FILENO);
	if (reading->ignored)
		signal(reading->signal_number, SIG_IGN);
	process_take(&process);
	if (reading->signal_number && reading->before)
		raise(reading->signal_number);
	else if (reading->signal_number)
		signal_later(reading->signal_number);
	if (input_read(reading->path, MAX, &text, &len, &err)) {
		printf("%s", err.text);
		fflush(stdout);
		_exit(125);
	}
	printf("%zu bytes: %s", len, text);
}

static void check_child(const char *row, struct reading reading, int code, const char *text)
{
	struct unit_child child;

	unit_child_run(&child, read_in_child, &reading);
	check_text(row, child.text, text);
	check_int(row, child.code, code);
}

static void test_standard_input(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "{}", 2), 2);
	close(ends[1]);
	check_child("a pipe", (struct reading){.path = "-", .stdin_fd = ends[0]}, 0, "2 bytes: {}");
	close(ends[0]);
	check_child("closed", (struct reading){.path = "-", .stdin_fd = -1}, 125,
		    "cannot read standard input: Bad file descriptor");
	ends[0] = open("/", O_RDONLY | O_CLOEXEC);
	check_child("a folder", (struct reading){.path = "-", .stdin_fd = ends[0]}, 125,
		    "cannot read standard input: Is a directory");
	close(ends[0]);
	/* "./-" is a file named "-". */
	check_child("no file", (struct reading){.path = "./-", .stdin_fd = -1}, 125,
		    "cannot read ./-: No such file or directory");
}

/* Another process may have made the shared descriptor non-blocking; it is read all the same. */
static void test_standard_input_that_does_not_block(void **state)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	pid = fork();
	if (pid == 0) {
		nanosleep(&pause, NULL);
		_exit(write(ends[1], "later", 5) != 5);
	}
	close(ends[1]);
	check_child("later", (struct reading){.path = "-", .stdin_fd = ends[0]}, 0, "5 bytes: later");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ends[0]);
}

/* Nothing is ever written: docker stop or Ctrl-C must end the process. */
static void test_signals(void **state)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	struct unit_dir dir;
	int ends[2];
	char *path;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "pipe");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct reading reading = {.path = "-", .stdin_fd = ends[0], .signal_number = numbers[i]};

		check_child("while it waits", reading, 128 + numbers[i], "");
		reading.before = true;
		check_child("before", reading, 128 + numbers[i], "");
		reading.path = path;
		check_child("a pipe that nobody opens", reading, 128 + numbers[i], "");
		reading.before = false;
		check_child("while it waits for that", reading, 128 + numbers[i], "");
	}
	close(ends[0]);
	close(ends[1]);
	free(path);
	unit_dir_close(&dir);
}

/* nohup: a signal that is ignored at the start does not end the process. */
static void test_an_ignored_signal(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "{}", 2), 2);
	close(ends[1]);
	check_child("ignored",
		    (struct reading){
			    .path = "-", .stdin_fd = ends[0], .signal_number = SIGHUP, .ignored = true, .before = true},
		    0, "2 bytes: {}");
	close(ends[0]);
}

static void test_no_descriptor_is_left(void **state)
{
	struct unit_dir dir;
	char *path;
	int before, after;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "f");
	unit_dir_write(&dir, "f", "x", 0600);
	before = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(before);
	check_read("a file", path, MAX, "x");
	check_fails("a folder", dir.path, MAX, "cannot read ");
	check_fails("too large", path, 0, path);
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(after);
	assert_int_equal(after, before);
	free(path);
	unit_dir_close(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_zero_bytes),
		cmocka_unit_test(test_a_pipe_that_is_filled_later),
		cmocka_unit_test(test_standard_input),
		cmocka_unit_test(test_standard_input_that_does_not_block),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_an_ignored_signal),
		cmocka_unit_test(test_no_descriptor_is_left),
	};

	return unit_main(tests);
}
