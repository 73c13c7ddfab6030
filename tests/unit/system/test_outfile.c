#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "system/outfile.h"

/* Returns the content of the file; "" if it does not exist. */
static const char *content_of(const struct unit_dir *dir, const char *name)
{
	static char text[1024];
	char *path = unit_dir_path(dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[got > 0 ? got : 0] = '\0';
	if (fd >= 0)
		close(fd);
	free(path);
	return text;
}

static int count_files(const struct unit_dir *dir)
{
	DIR *list = opendir(dir->path);
	struct dirent *entry;
	int count = 0;

	assert_non_null(list);
	while ((entry = readdir(list)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(list);
	return count;
}

static int put(const char *path, const char *text, struct error *err)
{
	struct outfile file;
	int failed = outfile_open(&file, path, err);

	if (!failed)
		failed = outfile_write(&file, text, strlen(text), err);
	outfile_release(&file);
	return failed;
}

static void test_a_new_file(void **state)
{
	static const mode_t masks[] = {022, 027, 077, 0};

	(void)state;
	for (size_t i = 0; i < COUNT(masks); i++) {
		struct unit_dir dir;
		struct outfile file;
		struct error err = {0};
		struct stat found;
		mode_t before = umask(masks[i]);
		char *path;

		unit_dir_open(&dir);
		path = unit_dir_path(&dir, "new");
		check_int("open", outfile_open(&file, path, &err), 0);
		check_int("and nothing is there yet", count_files(&dir), 0);
		check_int("write", outfile_write(&file, "all of it\n", 10, &err), 0);
		check_text("content", content_of(&dir, "new"), "all of it\n");
		check_int("and no other", count_files(&dir), 1);
		check_int("stat", stat(path, &found), 0);
		check_int("rights", found.st_mode & 07777, 0666 & ~masks[i]);
		check_int("umask is what it was", umask(before), masks[i]);
		outfile_release(&file);
		free(path);
		unit_dir_close(&dir);
	}
}

/* A reader that has the old file open reads the old content to its end. */
static void test_an_old_file_is_replaced(void **state)
{
	struct unit_dir dir;
	struct error err = {0};
	char old[8] = "", *path;
	int reader;

	(void)state;
	unit_dir_open(&dir);
	unit_dir_write(&dir, "file", "before", 0444);
	path = unit_dir_path(&dir, "file");
	reader = open(path, O_RDONLY | O_CLOEXEC);
	check_int("put", put(path, "after", &err), 0);
	check_text("by name", content_of(&dir, "file"), "after");
	check_int("old", read(reader, old, sizeof(old) - 1), 6);
	check_text("the old one", old, "before");
	check_int("files", count_files(&dir), 1);
	close(reader);
	free(path);
	unit_dir_close(&dir);
}

/*
 * A replaced file keeps owner and mode, as it may be secret: 0600 of uid 1000 once became 0644 of root (HOSTILE D19).
 */
static void test_rights_and_owner_are_kept(void **state)
{
	static const mode_t modes[] = {0600, 0640, 0666, 0444};
	bool may_give = geteuid() == 0;

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct unit_dir dir;
		struct error err = {0};
		struct stat found;
		char *path;

		unit_dir_open(&dir);
		unit_dir_write(&dir, "file", "before", modes[i]);
		path = unit_dir_path(&dir, "file");
		assert_int_equal(may_give ? chown(path, 1000, 1001) : 0, 0);
		check_int("put", put(path, "after", &err), 0);
		check_text("content", content_of(&dir, "file"), "after");
		check_int("stat", stat(path, &found), 0);
		check_int("rights", found.st_mode & 07777, modes[i]);
		check_int("owner", found.st_uid, may_give ? 1000 : geteuid());
		check_int("group", found.st_gid, may_give ? 1001 : getegid());
		free(path);
		unit_dir_close(&dir);
	}
}

static void test_a_link_stays_a_link(void **state)
{
	struct unit_dir dir;
	struct error err = {0};
	struct stat found;
	char *link;

	(void)state;
	unit_dir_open(&dir);
	unit_dir_write(&dir, "file", "before", 0644);
	link = unit_dir_path(&dir, "link");
	assert_int_equal(symlink("file", link), 0);
	check_int("put", put(link, "after", &err), 0);
	check_text("what it leads to", content_of(&dir, "file"), "after");
	check("a link", lstat(link, &found) == 0 && S_ISLNK(found.st_mode));
	free(link);
	unit_dir_close(&dir);
}

#define TEN      "xxxxxxxxxx"
#define FIFTY    TEN TEN TEN TEN TEN
#define TOO_LONG FIFTY FIFTY FIFTY FIFTY FIFTY TEN

struct refused_row {
	const char *name, *path; /* relative to the folder, or absolute */
	const char *said;
};

static void test_what_cannot_be_written_is_told_at_once(void **state)
{
	static const struct refused_row rows[] = {
		{"no folder", "no/file", "no/file: cannot create a file in "},
		{"the reason", "no/file",
		 ": No such file or directory; name a file in a folder that can be written to"},
		{"a file as folder", "file/file", ": Not a directory; name a file in a folder"},
		{"a folder", "folder", "folder: is a folder; name a file in it"},
		{"a folder with slash", "folder/", "folder/: is a folder; name a file in it"},
		{"a new folder", "new/", "new/: cannot create a file in "},
		{"no such descriptor", "/dev/fd/999999", "descriptor 999999 is not open; name a file"},
		{"the other folder", "/proc/self/fd/999999", "descriptor 999999 is not open; name a file"},
		{"too large a number", "/dev/fd/99999999999999999999", "/dev/fd/99999999999999999999: cannot "},
		{"no number", "/dev/fd/x", "/dev/fd/x: cannot "},
		{"too long a name", "folder/" TOO_LONG,
		 "xxx: cannot write: File name too long; name a file that can be written to"},
	};
	struct unit_dir dir;
	char *folder;

	(void)state;
	unit_dir_open(&dir);
	unit_dir_write(&dir, "file", "", 0644);
	folder = unit_dir_path(&dir, "folder");
	assert_int_equal(mkdir(folder, 0755), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct outfile file;
		struct error err = {0};
		char *path = rows[i].path[0] == '/' ? strdup(rows[i].path) : unit_dir_path(&dir, rows[i].path);

		check_int(rows[i].name, outfile_open(&file, path, &err), -1);
		check_has(rows[i].name, err.text, rows[i].said);
		outfile_release(&file);
		free(path);
	}
	check_int("nothing was made", count_files(&dir), 2);
	free(folder);
	unit_dir_close(&dir);
}

static void test_a_failure_leaves_nothing(void **state)
{
	struct unit_dir dir;
	struct outfile file;
	struct error err = {0};
	char *path;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "file");
	check_int("open", outfile_open(&file, path, &err), 0);
	/* These cannot be replaced by renaming. */
	assert_int_equal(mkdir(path, 0755), 0);
	check_int("write", outfile_write(&file, "x", 1, &err), -1);
	check_has("error", err.text, "file: cannot write: Is a directory");
	check_int("only the folder", count_files(&dir), 1);
	outfile_release(&file);
	free(path);
	unit_dir_close(&dir);
}

/* A descriptor is written at its present offset, not opened again. */
static void test_a_descriptor(void **state)
{
	static const char *const folders[] = {"/dev/fd", "/proc/self/fd"};

	(void)state;
	for (size_t i = 0; i < COUNT(folders); i++) {
		struct unit_dir dir;
		struct error err = {0};
		char name[64], *path;
		int fd;

		unit_dir_open(&dir);
		path = unit_dir_path(&dir, "file");
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		check_int("before", write(fd, "before ", 7), 7);
		snprintf(name, sizeof(name), "%s/%d", folders[i], fd);
		check_int("put", put(name, "it", &err), 0);
		check_int("after", write(fd, " after", 6), 6);
		check_text(name, content_of(&dir, "file"), "before it after");
		close(fd);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		snprintf(name, sizeof(name), "%s/%d", folders[i], fd);
		check_int("for reading only", put(name, "it", &err), -1);
		check_has("error", err.text, "is open for reading only");
		close(fd);
		free(path);
		unit_dir_close(&dir);
	}
}

static void test_a_fifo(void **state)
{
	static char large[1 << 18]; /* more than a pipe holds */
	struct unit_dir dir;
	struct outfile file;
	struct error err = {0};
	char *path, got[16] = "";
	int64_t began;
	int reader;

	(void)state;
	unit_dir_open(&dir);
	path = unit_dir_path(&dir, "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	check_int("open", outfile_open(&file, path, &err), 0);
	began = clock_now();
	check_int("without a reader", outfile_write(&file, "x", 1, &err), -1);
	check_has("error", err.text, "fifo: cannot write: nothing reads it");
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	check_int("with one", outfile_write(&file, "x", 1, &err), 0);
	check_int("got", read(reader, got, sizeof(got) - 1), 1);
	check_text("got", got, "x");
	err = (struct error){0};
	check_int("one that does not read", outfile_write(&file, large, sizeof(large), &err), -1);
	check_has("error", err.text, "nothing reads it");
	check("none takes long", clock_now() - began < 20 * CLOCK_S);
	check_int("still a FIFO, alone", count_files(&dir), 1);
	close(reader);
	outfile_release(&file);
	free(path);
	unit_dir_close(&dir);
}

static void test_a_device(void **state)
{
	struct error err = {0};
	struct stat found;

	(void)state;
	check_int("null", put("/dev/null", "x", &err), 0);
	check("still a device", stat("/dev/null", &found) == 0 && S_ISCHR(found.st_mode));
	check_int("full", put("/dev/full", "x", &err), -1);
	check_has("full", err.text, "/dev/full: cannot write: No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_new_file),
		cmocka_unit_test(test_an_old_file_is_replaced),
		cmocka_unit_test(test_rights_and_owner_are_kept),
		cmocka_unit_test(test_a_link_stays_a_link),
		cmocka_unit_test(test_what_cannot_be_written_is_told_at_once),
		cmocka_unit_test(test_a_failure_leaves_nothing),
		cmocka_unit_test(test_a_descriptor),
		cmocka_unit_test(test_a_fifo),
		cmocka_unit_test(test_a_device),
	};

	return unit_main(tests);
}
