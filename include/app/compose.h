/* --export NAME=TEXT: variables for the app that are composed of others, such as a URL of DB_HOST and a password. */
#ifndef APP_COMPOSE_H
#define APP_COMPOSE_H

#include <stdbool.h>

#include "app/exports.h"
#include "base/errors.h"
#include "options/options.h"
#include "system/env.h"
#include "target/plan.h"

/*
 * Call it before the wait, after exports_assign; the plan must have its groups. Checks each NAME=TEXT: the name, that it
 * is given once, and that every ${...} of TEXT can be expanded whichever way the wait may end with a start of the app.
 * NAME_ADDR is not known of a target that need not be ready: with run_anyway, with --down, and if another target is
 * enough. env is what the app gets. Errors do not quote TEXT, because it may hold a password.
 */
int compose_check(const struct options_list *texts, const struct plan *plan, bool run_anyway, const struct env *env,
		  struct error *err);

/*
 * Call it after exports_collect. Adds the composed variables to exports, in their order; one of the same name is
 * replaced. A text may name the variables of exports, those of env, and those that were composed before it. What
 * compose_check accepted does not fail here.
 */
int compose_add(struct exports *exports, const struct options_list *texts, const struct env *env, struct error *err);

#endif
