#include "system/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

enum { PATH_LINKS_MAX = 40 /* the kernel's limit */, PATH_DIGITS_MAX = 6 };

char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return alloc_text(".");
	return slash == path ? alloc_text("/") : alloc_slice(path, (size_t)(slash - path));
}

/* Returns the path that a symbolic link points to; NULL if path is not a link. The caller's. */
static char *path_link(const char *path)
{
	char target[PATH_MAX], *folder, *joined;
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len <= 0)
		return NULL;
	target[len] = '\0';
	if (target[0] == '/')
		return alloc_text(target);
	folder = path_folder(path);
	joined = alloc_format("%s/%s", folder, target);
	free(folder);
	return joined;
}

char *path_follow(const char *name)
{
	char *path = realpath(name, NULL), *next;

	if (path)
		return path;
	path = alloc_text(name);
	for (int i = 0; i < PATH_LINKS_MAX && (next = path_link(path)); i++) {
		free(path);
		path = next;
	}
	return path;
}

/* Returns the number; -1 if the text is not one of at most 6 digits. */
static int path_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	int number = 0;

	if (digits == 0 || digits > PATH_DIGITS_MAX || text[digits])
		return -1;
	while (*text)
		number = number * 10 + (*text++ - '0');
	return number;
}

/* Are these the same folder? Both are open while they are compared, because /proc gives numbers only for so long. */
static bool path_is_same_folder(const char *one, const char *other)
{
	int first = open(one, O_PATH | O_DIRECTORY | O_CLOEXEC), second = open(other, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat a, b;
	bool same = first >= 0 && second >= 0 && fstat(first, &a) == 0 && fstat(second, &b) == 0 &&
		    a.st_dev == b.st_dev && a.st_ino == b.st_ino;

	if (first >= 0)
		close(first);
	if (second >= 0)
		close(second);
	return same;
}

/* As path_descriptor, for a path that is not followed. The first names also hold where there is no /proc (FACTS 41). */
static int path_names_descriptor(const char *path)
{
	static const char *const folders[] = {"/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"};
	const char *slash = strrchr(path, '/');
	int fd = slash ? path_number(slash + 1) : -1;
	bool found = false;
	char *folder;

	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	if (fd < 0)
		return -1;
	folder = path_folder(path);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !found; i++)
		found = strcmp(folder, folders[i]) == 0 || path_is_same_folder(folder, folders[i]);
	free(folder);
	return found ? fd : -1;
}

int path_descriptor(const char *name)
{
	int fd = strcmp(name, "-") == 0 ? STDOUT_FILENO : path_names_descriptor(name);
	char *path, *next;

	/* The kernel may forbid the link: another user's in /tmp (fs.protected_symlinks). */
	if (fd >= 0 || (access(name, F_OK) && errno == EACCES))
		return fd;
	path = alloc_text(name);
	for (int i = 0; i < PATH_LINKS_MAX && fd < 0 && (next = path_link(path)); i++) {
		free(path);
		path = next;
		fd = path_names_descriptor(path);
	}
	free(path);
	return fd;
}
