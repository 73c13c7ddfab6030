/* --lock: the command runs while a lock is held. The lock is one more target, the last one. */
#ifndef SETTINGS_LOCKS_H
#define SETTINGS_LOCKS_H

#include "base/errors.h"
#include "settings/config.h"

/* Checks that --lock, its name and the settings that go with it agree. Returns -1 with err. */
int locks_check(const struct config *config, struct error *err);

/*
 * If --lock is given, adds a target for the lock at the only target that can have one. It exports nothing. Call it when all other
 * targets are there. Returns -1 with err.
 */
int locks_add(struct config *config, struct error *err);

#endif
