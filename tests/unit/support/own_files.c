#include "own_files.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rewrite.h"

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

void own_files_write(enum own_file file, const char *content)
{
	rewrite_file(own_paths[file], content);
}
