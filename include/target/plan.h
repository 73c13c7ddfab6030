/* What to wait for, and what counts as the end of it: targets in groups, and the settings of the wait as a whole. */
#ifndef TARGET_PLAN_H
#define TARGET_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "target/groups.h"
#include "target/target.h"

enum plan_down { PLAN_DOWN_OFF, PLAN_DOWN_ON, PLAN_DOWN_ABSENT };

/* Zeroed: nothing to wait for. The int fields are flags, which options/options.h fills. */
struct plan {
	struct target *targets;
	size_t target_count;
	struct group *groups; /* group 0 is everything */
	size_t group_count;   /* at least 1 before a wait */
	int once;             /* one attempt at each target */
	int fail_fast;        /* an outcome that waiting cannot change ends the wait */
	int down;             /* enum plan_down: wait until nothing answers */
	int pin;              /* export the address that answered in place of the name */
	int no_export;        /* export nothing */
};

/* Adds a group and returns its index; parent is the index of the group it is a member of. */
size_t plan_add_group(struct plan *plan, size_t parent, bool any);

/* Adds a target, which the plan owns from now on, to group 0. */
struct target *plan_add_target(struct plan *plan, const struct target *target);

/* The longest timeout of all targets in microseconds; 0: for ever. */
int64_t plan_longest_timeout(const struct plan *plan);

void plan_release(struct plan *plan);

#endif
