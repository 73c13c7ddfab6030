#include "target/plan.h"

#include <stdlib.h>

#include "base/alloc.h"

size_t plan_add_group(struct plan *plan, size_t parent, bool any)
{
	plan->groups = alloc_resize(plan->groups, plan->group_count + 1, sizeof(*plan->groups));
	plan->groups[plan->group_count] = (struct group){.parent = parent, .any = any};
	return plan->group_count++;
}

struct target *plan_add_target(struct plan *plan, const struct target *target)
{
	plan->targets = alloc_resize(plan->targets, plan->target_count + 1, sizeof(*plan->targets));
	plan->targets[plan->target_count] = *target;
	return &plan->targets[plan->target_count++];
}

int64_t plan_longest_timeout(const struct plan *plan)
{
	int64_t longest = 0;

	for (size_t i = 0; i < plan->target_count; i++) {
		int64_t timeout = plan->targets[i].settings.timeout;

		if (!timeout)
			return 0;
		if (timeout > longest)
			longest = timeout;
	}
	return longest;
}

bool plan_one_is_enough(const struct plan *plan)
{
	for (size_t i = 0; i < plan->target_count; i++)
		if (!groups_are_alternatives(plan->groups, plan->targets[0].group, plan->targets[i].group))
			return false;
	return plan->target_count > 1;
}

void plan_release(struct plan *plan)
{
	for (size_t i = 0; i < plan->target_count; i++)
		target_release(&plan->targets[i]);
	free(plan->targets);
	free(plan->groups);
	*plan = (struct plan){0};
}
