#include "probe/unixpath.h"

#include <string.h>

#include "base/alloc.h"
#include "net/address.h"

int unixpath_set(struct target *target, char *path, struct error *err)
{
	target->endpoints = alloc_zero(1, sizeof(*target->endpoints));
	target->endpoints[0].host = path;
	target->endpoint_count = 1;
	if (strlen(path) > ADDRESS_PATH_MAX)
		return errors_set(err, "the path is too long for a socket: at most %d bytes", ADDRESS_PATH_MAX);
	return 0;
}
