#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/textfile.h"

enum { MAX = 64 };

struct content_row {
	const char *name, *content;
	size_t max;
	const char *text;
};

static void test_content(void **state)
{
	static const struct content_row rows[] = {
		{"as it is", "127.0.0.1 localhost\n", MAX, "127.0.0.1 localhost\n"},
		{"empty", "", MAX, ""},
		{"as long as may be", "abcd", 4, "abcd"},
		{"one byte longer", "abcde", 4, "abcd"},
		{"nothing may be read", "abcde", 0, ""},
	};
	struct unit_dir dir;

	(void)state;
	unit_dir_open(&dir);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *path = unit_dir_path(&dir, "file"), *text;
		size_t len = 999;

		unit_dir_write(&dir, "file", rows[i].content, 0600);
		text = textfile_read(path, rows[i].max, &len);
		check_text(rows[i].name, text, rows[i].text);
		check_int(rows[i].name, (long long)len, (long long)strlen(rows[i].text));
		free(text);
		free(path);
	}
	unit_dir_close(&dir);
}

/* A NUL is a byte like others: the length says how many there are. */
static void test_zero_bytes(void **state)
{
	struct unit_dir dir;
	char *path, *text;
	size_t len = 0;
	int fd;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "file");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "a\0b", 3), 3);
	close(fd);
	text = textfile_read(path, MAX, &len);
	check_int("all", (long long)len, 3);
	check("all, and a NUL", text && memcmp(text, "a\0b", 4) == 0);
	free(text);
	free(path);
	unit_dir_close(&dir);
}

/* More than one read(2) gives at once on some file systems. */
static void test_a_large_file(void **state)
{
	enum { LARGE = 3 << 20 };
	struct unit_dir dir;
	char *path, *text, *content = malloc(LARGE + 1);
	size_t len = 0;

	(void)state;
	assert_non_null(content);
	for (int i = 0; i < LARGE; i++)
		content[i] = (char)('a' + i % 26);
	content[LARGE] = '\0';
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "file");
	unit_dir_write(&dir, "file", content, 0600);
	text = textfile_read(path, SIZE_MAX / 2, &len);
	check_int("all", (long long)len, LARGE);
	check("all", text && strcmp(text, content) == 0);
	free(text);
	text = textfile_read(path, LARGE - 1, &len);
	check_int("but one byte", (long long)len, LARGE - 1);
	free(text);
	free(content);
	free(path);
	unit_dir_close(&dir);
}

/* The file may be a bind mount of anything. If this test hangs, the reader waits for a writer. */
static void test_no_file(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct unit_dir dir;
	char *fifo, *missing, *below, *sock;
	size_t len;
	int fd;

	(void)state;
	unit_dir_open(&dir);
	fifo = unit_dir_path(&dir, "fifo");
	missing = unit_dir_path(&dir, "missing");
	below = unit_dir_path(&dir, "file/below");
	sock = unit_dir_path(&dir, "socket");
	unit_dir_write(&dir, "file", "x", 0600);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", sock);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	check("missing", !textfile_read(missing, MAX, &len));
	check("below a file", !textfile_read(below, MAX, &len));
	check("no path", !textfile_read("", MAX, &len));
	check("a folder", !textfile_read(dir.path, MAX, &len));
	check("a pipe without a writer", !textfile_read(fifo, MAX, &len));
	check("a socket", !textfile_read(sock, MAX, &len));
	check("a device", !textfile_read("/dev/zero", MAX, &len));
	check("a terminal", !textfile_read("/dev/tty", MAX, &len));
	close(fd);
	/* With a writer that writes nothing, a read would block. */
	fd = open(fifo, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	check("a pipe with a writer", !textfile_read(fifo, MAX, &len));
	close(fd);
	free(fifo);
	free(missing);
	free(below);
	free(sock);
	unit_dir_close(&dir);
}

static void test_no_descriptor_is_left(void **state)
{
	struct unit_dir dir;
	char *path;
	size_t len;
	int before, after;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "file");
	unit_dir_write(&dir, "file", "x", 0600);
	before = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(before);
	free(textfile_read(path, MAX, &len));
	check("a folder", !textfile_read(dir.path, MAX, &len));
	check("a device", !textfile_read("/dev/zero", MAX, &len));
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(after);
	check_int("the next one", after, before);
	free(path);
	unit_dir_close(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_zero_bytes),
		cmocka_unit_test(test_a_large_file),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_no_descriptor_is_left),
	};

	return unit_main(tests);
}
