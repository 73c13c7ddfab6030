/* What to wait for, and when the wait ends: the targets, their groups, and the settings of the whole wait. */
#ifndef TARGET_PLAN_H
#define TARGET_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "target/groups.h"
#include "target/target.h"

enum plan_down { PLAN_DOWN_OFF, PLAN_DOWN_ON, PLAN_DOWN_ABSENT };

/*
 * A zeroed plan has nothing to wait for. The int fields are flags, 0 or 1 unless noted; options/options.h fills them.
 */
struct plan {
	struct target *targets;
	size_t target_count;
	struct group *groups; /* group 0 holds everything */
	size_t group_count;   /* at least 1 before a wait */
	int once;             /* make one attempt at each target */
	int fail_fast;        /* end the wait at an outcome that waiting cannot change */
	int down;             /* enum plan_down: wait until nothing answers */
	int pin;              /* export the address that answered instead of the name */
	int no_export;        /* export nothing */
};

/* Adds a group and returns its index; parent is the index of the group it is a member of. */
size_t plan_add_group(struct plan *plan, size_t parent, bool any);

/*
 * Adds a copy of *target to group 0. The plan owns what it points to from now on. The result is valid until the next
 * call.
 */
struct target *plan_add_target(struct plan *plan, const struct target *target);

/* Returns the longest timeout of all targets in microseconds; 0 means for ever. */
int64_t plan_longest_timeout(const struct plan *plan);

/* Is any one of the targets enough? There must be at least two. */
bool plan_one_is_enough(const struct plan *plan);

/* Frees the targets and groups, and empties the plan. */
void plan_release(struct plan *plan);

#endif
