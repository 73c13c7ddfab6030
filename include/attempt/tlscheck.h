/* Is a target to be in TLS, and can it be? */
#ifndef ATTEMPT_TLSCHECK_H
#define ATTEMPT_TLSCHECK_H

#include "base/errors.h"
#include "target/target.h"

/*
 * Sets target->security.on, from the scheme's name and the parameters, which have been read. Refuses TLS in a build without
 * it, what is for TLS where there is none, and files that cannot be read: returns -1 with err.
 */
int tlscheck(struct target *target, struct error *err);

#endif
