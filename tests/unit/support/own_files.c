#include "own_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static const char *const own_paths[] = {[OWN_RESOLV_CONF] = "/etc/resolv.conf", [OWN_HOSTS] = "/etc/hosts"};

static bool own_files_mount(const char *path)
{
	char temporary[] = "/tmp/waitfor-unit.XXXXXX";
	int fd = mkstemp(temporary);
	bool mounted;

	if (fd < 0)
		return false;
	fchmod(fd, 0644);
	close(fd);
	mounted = mount(temporary, path, NULL, MS_BIND, NULL) == 0;
	unlink(temporary);
	return mounted;
}

bool own_files_take(void)
{
	/* Root needs no user namespace; without one the mounts must be kept from propagating to everybody else. */
	if (unshare(CLONE_NEWNS) && unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return false;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return false;
	return own_files_mount(own_paths[OWN_RESOLV_CONF]) && own_files_mount(own_paths[OWN_HOSTS]);
}

static void own_files_write_once(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	size_t len = strlen(content);

	if (fd < 0 || write(fd, content, len) != (ssize_t)len)
		fail_msg("write %s: %s", path, strerror(errno));
	close(fd);
}

void own_files_write(enum own_file file, const char *content)
{
	struct stat before, after;

	if (stat(own_paths[file], &before))
		fail_msg("stat %s: %s", own_paths[file], strerror(errno));
	/* Until the kernel's clock of files, which ticks every few milliseconds, shows that it was written. */
	do {
		own_files_write_once(own_paths[file], content);
		if (stat(own_paths[file], &after))
			fail_msg("stat %s: %s", own_paths[file], strerror(errno));
	} while (before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}
