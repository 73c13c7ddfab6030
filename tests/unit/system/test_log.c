#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "loopback.h"

struct level_row {
	const char *name;
	enum log_level listens, line;
	bool written;
};

static void test_levels(void **state)
{
	static const struct level_row rows[] = {
		{"error at error", LOG_LEVEL_ERROR, LOG_LEVEL_ERROR, true},
		{"normal at error", LOG_LEVEL_ERROR, LOG_LEVEL_NORMAL, false},
		{"verbose at error", LOG_LEVEL_ERROR, LOG_LEVEL_VERBOSE, false},
		{"error at normal", LOG_LEVEL_NORMAL, LOG_LEVEL_ERROR, true},
		{"normal at normal", LOG_LEVEL_NORMAL, LOG_LEVEL_NORMAL, true},
		{"verbose at normal", LOG_LEVEL_NORMAL, LOG_LEVEL_VERBOSE, false},
		{"error at verbose", LOG_LEVEL_VERBOSE, LOG_LEVEL_ERROR, true},
		{"normal at verbose", LOG_LEVEL_VERBOSE, LOG_LEVEL_NORMAL, true},
		{"verbose at verbose", LOG_LEVEL_VERBOSE, LOG_LEVEL_VERBOSE, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unit_log log;

		unit_log_open(&log);
		check_int("at start", log.log.level, LOG_LEVEL_NORMAL);
		log.log.level = rows[i].listens;
		log_line(&log.log, rows[i].line, "%s: %d", "db", 1);
		check_text(rows[i].name, unit_log_text(&log), rows[i].written ? "waitfor: db: 1\n" : "");
		unit_log_close(&log);
	}
}

struct text_row {
	const char *name, *text, *line;
};

/* "Text from a user or a service cannot break the line." */
static void test_control_characters(void **state)
{
	static const struct text_row rows[] = {
		{"empty", "", "waitfor: \n"},
		{"line feed", "a\nb", "waitfor: a?b\n"},
		{"at the end", "a\n", "waitfor: a?\n"},
		{"carriage return and tab", "a\r\tb", "waitfor: a??b\n"},
		{"escape sequence", "\x1b[31mred", "waitfor: ?[31mred\n"},
		{"first and last control character", "\x01\x1f", "waitfor: ??\n"},
		{"delete", "\x7f", "waitfor: ?\n"},
		{"space and tilde", " ~", "waitfor:  ~\n"},
		{"UTF-8", "d\xc3\xbc", "waitfor: d\xc3\xbc\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unit_log log;

		unit_log_open(&log);
		log_line(&log.log, LOG_LEVEL_NORMAL, "%s", rows[i].text);
		check_text(rows[i].name, unit_log_text(&log), rows[i].line);
		check_int(rows[i].name, log.writes, 1);
		unit_log_close(&log);
	}
}

static void test_a_long_line_is_cut_and_still_a_line(void **state)
{
	static const int lengths[] = {1380, 1388, 1389, 1390, 1391, 1392, 1400, 1401, 9000};
	char text[9001], name[32];

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct unit_log log;
		const char *line;

		memset(text, 'x', (size_t)lengths[i]);
		text[lengths[i]] = '\0';
		snprintf(name, sizeof(name), "%d bytes", lengths[i]);
		unit_log_open(&log);
		log_line(&log.log, LOG_LEVEL_NORMAL, "%s", text);
		line = unit_log_text(&log);
		check_int(name, log.writes, 1);
		check(name, strncmp(line, "waitfor: xxx", 12) == 0);
		check(name, strchr(line, '\n') == line + strlen(line) - 1);
		unit_log_close(&log);
	}
}

static void test_nobody_listens(void **state)
{
	struct log log;
	uint16_t port = 0;
	int closed = loopback_bind("127.0.0.1", &port);

	(void)state;
	close(closed);
	log_init(&log, closed);
	check_int("closed descriptor", log.fd, -1);
	log_line(&log, LOG_LEVEL_ERROR, "nobody sees this");
	log_init(&log, -1);
	check_int("no descriptor", log.fd, -1);
}

/* "If the reader does not read, log_line waits 50 ms, once, and then loses lines." */
static void test_a_reader_that_does_not_read(void **state)
{
	static const char block[4096];
	char taken[4096];
	struct log log;
	size_t filled = 0;
	int64_t began, took;
	int ends[2];
	ssize_t done;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	while ((done = write(ends[1], block, sizeof(block))) > 0)
		filled += (size_t)done;
	/* A blocking descriptor, as stderr most often is. */
	assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
	log_init(&log, ends[1]);
	began = clock_now();
	log_line(&log, LOG_LEVEL_ERROR, "lost");
	took = clock_now() - began;
	check("gives up, on a loaded machine too", took < 5 * CLOCK_S);
	while ((done = read(ends[0], taken, sizeof(taken))) > 0)
		filled -= (size_t)done;
	check_int("nothing of the line is there", (long long)filled, 0);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_raw_line_is_one_write(void **state)
{
	struct unit_log log;
	char line[3001];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	unit_log_open(&log);
	log.log.level = LOG_LEVEL_ERROR;
	log_raw(&log.log, "{\"a\":1}");
	check_text("as it is, whatever the level", unit_log_text(&log), "{\"a\":1}\n");
	log_raw(&log.log, line);
	check_int("longer than a line for people", (long long)strlen(unit_log_text(&log)), 8 + 3001);
	check_int("writes", log.writes, 2);
	unit_log_close(&log);
	log_init(&log.log, -1);
	log_raw(&log.log, "nobody sees this");
}

static size_t drain(int fd, char *out, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while (len < size && (got = recv(fd, out + len, size - len, MSG_DONTWAIT)) > 0)
		len += (size_t)got;
	return len;
}

/* A nearly full stream socket takes a part of a line. The next line must not continue that part. */
static void test_a_line_cut_in_the_middle(void **state)
{
	enum { LINE = 1 << 20, TAKEN = 2 << 20 }; /* far more than the socket holds */
	char *line = malloc(LINE + 1), *taken = malloc(TAKEN);
	struct log log;
	size_t len;
	int ends[2];

	(void)state;
	assert_true(line && taken);
	memset(line, 'x', LINE);
	line[LINE] = '\0';
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	log_init(&log, ends[1]);
	log_raw(&log, line);
	len = drain(ends[0], taken, TAKEN);
	check("a part was taken", len > 0 && len < LINE);
	check("known to be cut", log.torn);
	log_raw(&log, "second");
	log_line(&log, LOG_LEVEL_NORMAL, "third");
	len = drain(ends[0], taken, TAKEN - 1);
	taken[len] = '\0';
	check_text("what follows", taken, "\nsecond\nwaitfor: third\n");
	close(ends[0]);
	close(ends[1]);
	free(line);
	free(taken);
}

/* A pipe takes a line below PIPE_BUF whole or not at all, whether the descriptor blocks or not. */
static void test_a_full_pipe_takes_no_part_of_a_line(void **state)
{
	static const int flags[] = {0, O_NONBLOCK};
	static char taken[1 << 18];
	char line[4000];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (size_t i = 0; i < COUNT(flags); i++) {
		struct log log;
		int ends[2];
		ssize_t got;

		assert_int_equal(pipe2(ends, O_CLOEXEC | flags[i]), 0);
		log_init(&log, ends[1]);
		for (int n = 0; n < 40; n++) /* a pipe holds 16 of them */
			log_raw(&log, line);
		check("gave up", log.stuck && !log.torn);
		got = read(ends[0], taken, sizeof(taken));
		check("something was taken", got > 0);
		check_int("and only whole lines", got % (ssize_t)sizeof(line), 0);
		close(ends[0]);
		close(ends[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_a_long_line_is_cut_and_still_a_line),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_a_reader_that_does_not_read),
		cmocka_unit_test(test_a_raw_line_is_one_write),
		cmocka_unit_test(test_a_line_cut_in_the_middle),
		cmocka_unit_test(test_a_full_pipe_takes_no_part_of_a_line),
	};

	return unit_main(tests);
}
