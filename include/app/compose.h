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

/* What errors begin with that compose_foresee finds only with surely. */
#define COMPOSE_NOT_READY "if a target is not ready"

/*
 * Fills exports with the variables that will be set after the wait, those of the targets and the composed ones: surely
 * with those that will be in every case, else also with those that will be in one at least. What stands for a target's
 * value is only not empty. The texts must be those that compose_check accepted. exports must be freed with
 * exports_release; on failure it is.
 */
int compose_foresee(struct exports *exports, const struct options_list *texts, const struct plan *plan, bool run_anyway,
		    bool surely, const struct env *env, struct error *err);

/*
 * Call it after exports_collect. Adds the composed variables to exports, in their order; one of the same name is
 * replaced. A text may name the variables of exports, those of env, and those that were composed before it. What
 * compose_check accepted does not fail here.
 */
int compose_add(struct exports *exports, const struct options_list *texts, const struct env *env, struct error *err);

#endif
