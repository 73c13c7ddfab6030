#include "unit.h"

#include "target/plan.h"

struct enough_row {
	const char *name;
	/* groups: for each, its parent and 'a' for "any" or 'A' for "all". targets: for each, the group that it is in. */
	const char *groups, *targets;
	bool enough;
};

static void test_one_is_enough(void **state)
{
	static const struct enough_row rows[] = {
		{"nothing", "0A", "", false},
		{"one target of which one is enough", "0a", "0", false},
		{"two, and both are needed", "0A", "00", false},
		{"--any", "0a", "00", true},
		{"an \"any\" group, and nothing beside it", "0A0a", "11", true},
		{"an \"any\" group, and a target beside it", "0A0a", "110", false},
		{"two \"any\" groups", "0A0a0a", "1122", false},
		{"an \"any\" group in another", "0a0a", "0011", true},
		{"an \"all\" group, or one target", "0a0A", "110", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plan plan = {0};

		for (const char *group = rows[i].groups; *group; group += 2)
			plan_add_group(&plan, (size_t)(group[0] - '0'), group[1] == 'a');
		for (const char *group = rows[i].targets; *group; group++)
			plan_add_target(&plan, &(struct target){.group = (size_t)(*group - '0')});
		check_int(rows[i].name, plan_one_is_enough(&plan), rows[i].enough);
		plan_release(&plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_is_enough),
	};

	return unit_main(tests);
}
