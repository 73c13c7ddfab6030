#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "system/path.h"

struct path_row {
	const char *name, *expected;
};

static void test_folder(void **state)
{
	static const struct path_row rows[] = {
		{"a", "."}, {"./a", "."}, {"/a", "/"}, {"/a/b", "/a"}, {"a/b/c", "a/b"}, {"/", "/"}, {"", "."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *folder = path_folder(rows[i].name);

		check_text(rows[i].name, folder, rows[i].expected);
		free(folder);
	}
}

struct descriptor_row {
	const char *name;
	int fd;
};

/* "Whatever else leads there": what counts is what the name leads to, and not how it is written. */
static void test_descriptor(void **state)
{
	static const struct descriptor_row rows[] = {
		{"-", 1},
		{"/dev/stdout", 1},
		{"/dev/stderr", 2},
		{"/dev/fd/7", 7},
		{"/proc/self/fd/123456", 123456},
		{"/proc/thread-self/fd/2", 2},
		{"/dev/../dev/stdout", 1},
		{"/proc/self/../self/fd/3", 3},
		{"/dev/fd/1234567", -1},
		{"/dev/fd/", -1},
		{"/dev/fd/1x", -1},
		{"/dev/fd/-1", -1},
		{"/dev/null", -1},
		{"/tmp/1", -1},
		{"1", -1},
		{"", -1},
		{"/no/such/folder/1", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].name, path_descriptor(rows[i].name), rows[i].fd);
}

static void test_links(void **state)
{
	static const struct path_row links[] = {
		{"out", "/dev/stdout"}, {"again", "out"},    {"folder", "/proc/self/fd"},
		{"loop", "loop"},       {"none", "nothing"},
	};
	static const struct descriptor_row rows[] = {
		{"out", 1}, {"again", 1}, {"folder/2", 2}, {"loop", -1}, {"none", -1}, {"nothing", -1},
	};
	struct unit_dir dir;
	char *path, *followed;

	(void)state;
	unit_dir_open(&dir);
	for (size_t i = 0; i < COUNT(links); i++) {
		path = unit_dir_path(&dir, links[i].name);
		assert_int_equal(symlink(links[i].expected, path), 0);
		free(path);
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		path = unit_dir_path(&dir, rows[i].name);
		check_int(rows[i].name, path_descriptor(path), rows[i].fd);
		free(path);
	}
	path = unit_dir_path(&dir, "none");
	followed = path_follow(path);
	check_has("a link to nothing yet", followed, "/nothing");
	free(followed);
	free(path);
	unit_dir_close(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_links),
	};

	return unit_main(tests);
}
