/* Tell the app: DB_HOST, DB_PORT and DB_ADDR. */
#ifndef EXPORTS_H
#define EXPORTS_H

#include <stddef.h>

#include "config.h"
#include "env.h"
#include "errors.h"
#include "log.h"
#include "progress.h"

/*
 * Before the wait, with targets bound: decides who owns a name that several targets have. The first
 * does; the others must be of the same host, and a warning says how to name another port. Different
 * hosts under one name are an error. Does nothing with --no-export.
 */
int exports_settle(struct config *config, struct log *log, struct error *err);

/*
 * After it: sets the variables of every target that owns a name in env. NAME_HOST is the name as
 * given, so that the app can resolve again, or the address with --pin or where only a variable knew
 * the peer; NAME_PORT is digits; NAME_ADDR the address that answered, only for a target that is ready.
 */
void exports_apply(struct env *env, const struct config *config, const struct progress *progress);

#endif
