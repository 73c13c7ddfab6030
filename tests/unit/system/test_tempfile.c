#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/tempfile.h"

/* How many files the folder has. */
static int count(const struct unit_dir *dir)
{
	DIR *folder = opendir(dir->path);
	int found = 0;

	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
		found += entry->d_name[0] != '.' || entry->d_name[1] == 'w';
	closedir(folder);
	return found;
}

/* It has no name before it is published, replaces what is there, and leaves nothing if it is closed before. */
static void test_a_name_at_the_end(void **state)
{
	struct tempfile file;
	struct unit_dir dir;
	struct stat about;
	char *path;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "report");
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(tempfile_open(&file, dir.path), 0);
		assert_int_equal(write(file.fd, "xx", (size_t)i), i);
		check_int("before", count(&dir), i - 1);
		check_int("published", tempfile_publish(&file, dir.path, path), 0);
		tempfile_close(&file);
		check_int("after", count(&dir), 1);
		check("complete", stat(path, &about) == 0 && about.st_size == i && (about.st_mode & 0777) == 0600);
	}
	assert_int_equal(tempfile_open(&file, dir.path), 0);
	tempfile_close(&file);
	check_int("given up", count(&dir), 1);
	free(path);
	unit_dir_close(&dir);
}

static void test_failures(void **state)
{
	struct tempfile file;
	struct unit_dir dir;
	char *folder;

	(void)state;
	check("no folder", tempfile_open(&file, "/no/such/folder") == -1 && errno == ENOENT);
	unit_dir_open(&dir);
	folder = unit_dir_path(&dir, "folder");
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(tempfile_open(&file, dir.path), 0);
	check("a folder has the name", tempfile_publish(&file, dir.path, folder) == -1 && errno == EISDIR);
	tempfile_close(&file);
	check_int("nothing is left", count(&dir), 1);
	free(folder);
	unit_dir_close(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_at_the_end),
		cmocka_unit_test(test_failures),
	};

	return unit_main(tests);
}
