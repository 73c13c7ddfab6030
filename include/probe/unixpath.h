/* A Unix socket as the place of a target, for schemes without a host. */
#ifndef PROBE_UNIXPATH_H
#define PROBE_UNIXPATH_H

#include "base/errors.h"
#include "target/target.h"

/*
 * Makes the path, which becomes the target's, the host of its only endpoint. Returns -1 with err if it is too long for a
 * socket.
 */
int unixpath_set(struct target *target, char *path, struct error *err);

#endif
