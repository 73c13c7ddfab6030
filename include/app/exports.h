/* Tell the app: DB_HOST, DB_PORT and DB_ADDR. */
#ifndef APP_EXPORTS_H
#define APP_EXPORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "app/envprint.h"
#include "base/errors.h"
#include "system/env.h"
#include "system/log.h"
#include "target/plan.h"
#include "wait/progress.h"

/* What the app is told: variables and their values. */
struct exports {
	struct envprint_variable *list;
	size_t count;
};

/*
 * Before the wait, with targets bound: decides who owns a name that several targets have. The first
 * does; the others must be of the same host, and a warning says how to name another port. Different
 * hosts under one name are an error. Where one of them is enough, and they are of one host or were all
 * given that name, whichever is ready speaks. Does nothing with --no-export.
 */
int exports_assign(struct plan *plan, struct log *log, struct error *err);

/* Then: may the target of that index set variables? Of several that share a name, each may. */
bool exports_may_set(const struct plan *plan, size_t index);

/*
 * After it: the variables of every target that owns a name. NAME_HOST is the name as given, so that the
 * app can resolve again, or the address with --pin or where only a variable knew the peer; NAME_PORT is
 * digits; NAME_ADDR the address that answered, only for a target that is ready. progress has an entry
 * for each target. The result is freed by exports_release.
 */
void exports_collect(struct exports *exports, const struct plan *plan, const struct progress *progress);
void exports_release(struct exports *exports);

/* Sets them in env. */
void exports_apply(const struct exports *exports, struct env *env);

#endif
