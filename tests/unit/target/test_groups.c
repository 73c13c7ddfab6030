#include "unit.h"

#include <string.h>

#include "target/groups.h"

enum { GROUPS = 4 };

struct groups_row {
	const char *name;
	struct group groups[GROUPS];
	size_t count;
	const char *members[GROUPS]; /* of each: w(on), l(ost), o(pen) */
	const char *standings;       /* of each group, the same letters */
};

static enum groups_standing standing_of(char letter)
{
	return letter == 'w' ? GROUPS_WON : letter == 'l' ? GROUPS_LOST : GROUPS_OPEN;
}

static void judge(const struct groups_row *row, struct groups_tally *tallies)
{
	memset(tallies, 0, GROUPS * sizeof(*tallies));
	for (size_t i = 0; i < row->count; i++)
		for (const char *member = row->members[i]; member && *member; member++)
			groups_count(&tallies[i], standing_of(*member));
	groups_judge(row->groups, tallies, row->count);
}

static void test_judge(void **state)
{
	static const struct groups_row rows[] = {
		{"all, open", {{0, false}}, 1, {"wow"}, "o"},
		{"all, won", {{0, false}}, 1, {"www"}, "w"},
		{"all, one lost", {{0, false}}, 1, {"wol"}, "l"},
		{"all of none", {{0, false}}, 1, {""}, "w"},
		{"any, open", {{0, true}}, 1, {"lo"}, "o"},
		{"any, one won", {{0, true}}, 1, {"low"}, "w"},
		{"any, all lost", {{0, true}}, 1, {"ll"}, "l"},
		{"any of none is never there", {{0, true}}, 1, {""}, "l"},
		{"one of three replicas, and more", {{0, false}, {0, true}}, 2, {"w", "low"}, "ww"},
		{"no replica yet", {{0, false}, {0, true}}, 2, {"w", "lo"}, "oo"},
		{"no replica left", {{0, false}, {0, true}}, 2, {"w", "ll"}, "ll"},
		{"either both or one other", {{0, true}, {0, false}}, 2, {"o", "wl"}, "ol"},
		{"either both, which are there", {{0, true}, {0, false}}, 2, {"l", "ww"}, "ww"},
		{"deep", {{0, false}, {0, true}, {1, false}, {2, true}}, 4, {"w", "l", "w", "ow"}, "wwww"},
		{"two side by side", {{0, false}, {0, true}, {0, true}}, 3, {"", "w", "o"}, "owo"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct groups_tally tallies[GROUPS];

		judge(&rows[i], tallies);
		for (size_t j = 0; j < rows[i].count; j++)
			check_int(rows[i].name, tallies[j].standing, standing_of(rows[i].standings[j]));
	}
}

/* Whose members need not be asked any more. */
static void test_settled(void **state)
{
	static const struct groups_row row = {
		"deep", {{0, false}, {0, true}, {1, false}, {0, true}}, 4, {"o", "w", "lo", "ol"}, "owlo"};
	static const bool settled[] = {false, true, true, false};
	struct groups_tally tallies[GROUPS];

	(void)state;
	judge(&row, tallies);
	for (size_t j = 0; j < row.count; j++) {
		check_int(row.name, tallies[j].standing, standing_of(row.standings[j]));
		check_int(row.name, groups_is_settled(row.groups, tallies, j), settled[j]);
	}
}

/* Who may speak under the name of whom. */
static void test_alternatives(void **state)
{
	/* Everything is wanted: any of 1, which 2 (any) and 3 (all) are in, 4 (any) in 3; and any of 5. */
	static const struct group groups[] = {{0, false}, {0, true}, {1, true}, {1, false}, {3, true}, {0, true}};
	static const struct group one_is_enough[] = {{0, true}, {0, true}, {0, false}, {2, true}};
	static const char *const pairs[] = {"......", ".aa...", ".aa...", "......", "....a.", ".....a"};
	static const char *const more[] = {"aa..", "aa..", "....", "...a"};

	(void)state;
	for (size_t a = 0; a < COUNT(groups); a++)
		for (size_t b = 0; b < COUNT(groups); b++)
			check_int(pairs[a], groups_are_alternatives(groups, a, b), pairs[a][b] == 'a');
	for (size_t a = 0; a < COUNT(one_is_enough); a++)
		for (size_t b = 0; b < COUNT(one_is_enough); b++)
			check_int(more[a], groups_are_alternatives(one_is_enough, a, b), more[a][b] == 'a');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_alternatives),
	};

	return unit_main(tests);
}
