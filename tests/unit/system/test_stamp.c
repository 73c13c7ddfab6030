#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/stamp.h"

/* Writes a file and sets its times, so that no row depends on the speed of the test. */
static void write_at(const struct unit_dir *dir, const char *name, const char *content, time_t seconds)
{
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
	char *path = unit_dir_path(dir, name);

	unit_dir_write(dir, name, content, 0644);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	free(path);
}

struct stamp_row {
	const char *name;
	const char *before, *after; /* content; NULL: no file */
	time_t at;                  /* time of the second content; the first has 1000 */
	bool stale, changed;
};

static void test_rewritten(void **state)
{
	static const struct stamp_row rows[] = {
		{"longer", "a", "ab", 1000, true, true},
		{"shorter", "ab", "a", 1000, true, true},
		{"the same length", "ab", "cd", 1001, true, true},
		{"the same bytes", "ab", "ab", 1001, true, true},
		{"comes to exist", NULL, "a", 1000, true, true},
		{"is filled", "", "a", 1001, true, true},
		/* Truncated for a moment, while it is rewritten in place (FACTS 9). */
		{"empty", "a", "", 1001, false, true},
		{"missing", "a", NULL, 1001, false, true},
		{"missing as before", NULL, NULL, 1000, false, false},
		{"comes to exist, empty", NULL, "", 1001, false, true},
		{"empty as before, and touched", "", "", 1001, false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unit_dir dir;
		struct stamp stamp;
		char *path;

		unit_dir_open(&dir);
		path = unit_dir_path(&dir, "file");
		if (rows[i].before)
			write_at(&dir, "file", rows[i].before, 1000);
		stamp_take(&stamp, path);
		check_int("not touched", stamp_is_stale(&stamp, path), false);
		check_int("not touched, looked at again", stamp_is_stale(&stamp, path), false);
		check_int("not touched", stamp_has_changed(&stamp, path), false);
		remove(path);
		if (rows[i].after)
			write_at(&dir, "file", rows[i].after, rows[i].at);
		check_int(rows[i].name, stamp_is_stale(&stamp, path), rows[i].stale);
		check_int(rows[i].name, stamp_has_changed(&stamp, path), rows[i].changed);
		stamp_take(&stamp, path);
		check_int("taken anew", stamp_is_stale(&stamp, path), false);
		check_int("taken anew", stamp_has_changed(&stamp, path), false);
		free(path);
		unit_dir_close(&dir);
	}
}

/* Another file with the same size and time was moved to its path. */
static void test_replaced(void **state)
{
	struct unit_dir dir;
	struct stamp stamp;
	char *path, *other;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "file");
	other = unit_dir_path(&dir, "other");
	write_at(&dir, "file", "a", 1000);
	write_at(&dir, "other", "b", 1000);
	stamp_take(&stamp, path);
	assert_int_equal(rename(other, path), 0);
	check_int("replaced", stamp_is_stale(&stamp, path), true);
	check_int("replaced", stamp_has_changed(&stamp, path), true);
	free(path);
	free(other);
	unit_dir_close(&dir);
}

/* Rewritten in place, as Docker does: it stays the same file. */
static void test_in_place(void **state)
{
	const struct timespec later[2] = {{.tv_sec = 1001}, {.tv_sec = 1001}};
	struct unit_dir dir;
	struct stamp stamp;
	char *path;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "file");
	write_at(&dir, "file", "ab", 1000);
	stamp_take(&stamp, path);
	assert_int_equal(truncate(path, 0), 0);
	check_int("truncated", stamp_is_stale(&stamp, path), false);
	check_int("truncated", stamp_has_changed(&stamp, path), true);
	assert_int_equal(truncate(path, 2), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, later, 0), 0);
	check_int("and written", stamp_is_stale(&stamp, path), true);
	check_int("and written", stamp_has_changed(&stamp, path), true);
	free(path);
	unit_dir_close(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rewritten),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_in_place),
	};

	return unit_main(tests);
}
