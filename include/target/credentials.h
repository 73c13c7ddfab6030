/* Finds the user and password for a target in its URL, variables, a file or a Docker link. No text shows them. */
#ifndef TARGET_CREDENTIALS_H
#define TARGET_CREDENTIALS_H

#include "base/errors.h"
#include "system/env.h"
#include "target/target.h"

/*
 * Sets target->user and target->password if the URL does not give them, and target->login. Sources, in this order:
 * - the variables NAME_USER and NAME_PASSWORD; NAME is target->name, such as CACHE for redis://cache:6379;
 * - the file whose path is in NAME_PASSWORD_FILE, without its last line end;
 * - the variables that a Docker link copied from the linked container (FACTS 2): scheme->link_user and link_password.
 *   If link_user is another user than the one that was found, or none, its password is not taken.
 * An empty value counts as not given. target->scheme must be set; with target->name NULL only the link is used. On an
 * error (-1) the text names the variable and the file, but never a value.
 */
int credentials_complete(struct target *target, const struct env *env, struct error *err);

#endif
