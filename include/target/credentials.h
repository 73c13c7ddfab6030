/* Whose name and which password a target is asked with: from its URL, variables, a file, or a link. Never part of a text. */
#ifndef TARGET_CREDENTIALS_H
#define TARGET_CREDENTIALS_H

#include "base/errors.h"
#include "system/env.h"
#include "target/target.h"

/*
 * Completes target->user and target->password where the URL leaves them out, in this order: the variables NAME_USER and
 * NAME_PASSWORD, NAME being the prefix of what the target exports (CACHE for redis://cache:6379); the file that
 * NAME_PASSWORD_FILE names, without the line end at its end; what a Docker link copied of its peer's environment, under
 * the names that the scheme gives. What is empty counts as not given. The target's scheme and name must be set.
 * Errors name the variable and the file, and never a value.
 */
int credentials_complete(struct target *target, const struct env *env, struct error *err);

#endif
