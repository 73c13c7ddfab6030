#include "unit.h"

#include <string.h>

#include "target/groups.h"

enum { GROUPS = 4 };

struct groups_row {
	const char *name;
	struct group groups[GROUPS];
	size_t count;
	const char *members[GROUPS]; /* of each group: w(on), l(ost), o(pen) */
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

/* A small random generator with a fixed seed, so that every run tries the same cases. */
static unsigned dice(unsigned *seed, unsigned sides)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % sides;
}

static void check_same(const char *row, const struct groups_tally *kept, const struct groups_tally *judged,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		check_int(row, kept[i].standing, judged[i].standing);
		check_int(row, (long long)kept[i].won, (long long)judged[i].won);
		check_int(row, (long long)kept[i].lost, (long long)judged[i].lost);
		check_int(row, (long long)kept[i].open, (long long)judged[i].open);
	}
}

/* groups_change updates the tallies. After any changes in any order they are what a new count gives. */
static void test_changes_are_as_counting_anew(void **state)
{
	enum { TARGETS = 12, ROUNDS = 400, CHANGES = 40 };
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct group groups[GROUPS];
		struct groups_tally kept[GROUPS] = {{0}}, judged[GROUPS];
		enum groups_standing standings[TARGETS] = {GROUPS_OPEN};
		size_t of[TARGETS];

		for (size_t i = 0; i < GROUPS; i++)
			groups[i] = (struct group){i ? dice(&seed, (unsigned)i) : 0, dice(&seed, 2)};
		for (size_t i = 0; i < TARGETS; i++) {
			of[i] = dice(&seed, GROUPS);
			standings[i] = GROUPS_OPEN;
			groups_count(&kept[of[i]], GROUPS_OPEN);
		}
		groups_judge(groups, kept, GROUPS);
		for (int change = 0; change < CHANGES; change++) {
			size_t which = dice(&seed, TARGETS), won;
			enum groups_standing to = (enum groups_standing)dice(&seed, 3);
			struct groups_tally before[GROUPS];

			memcpy(before, kept, sizeof(before));
			won = groups_change(groups, kept, of[which], standings[which], to);
			standings[which] = to;
			memset(judged, 0, sizeof(judged));
			for (size_t i = 0; i < TARGETS; i++)
				groups_count(&judged[of[i]], standings[i]);
			groups_judge(groups, judged, GROUPS);
			check_same("as anew", kept, judged, GROUPS);
			for (size_t i = 0; i < GROUPS; i++)
				check("the outermost that is won by it", kept[i].standing != GROUPS_WON ||
										 before[i].standing == GROUPS_WON ||
										 (won != GROUPS_NONE && won <= i));
			check("is won by it", won == GROUPS_NONE || (kept[won].standing == GROUPS_WON &&
								     before[won].standing != GROUPS_WON));
		}
	}
}

/* Which groups may replace one another. */
static void test_alternatives(void **state)
{
	/* Group 0 needs all: 1 (any) and 5 (any). In 1 are 2 (any) and 3 (all), and in 3 is 4 (any). */
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
		cmocka_unit_test(test_changes_are_as_counting_anew),
		cmocka_unit_test(test_alternatives),
	};

	return unit_main(tests);
}
