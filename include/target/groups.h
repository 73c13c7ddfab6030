/*
 * Decides when the wait has succeeded or failed. Groups, which may be nested, need all of their members or any one.
 * Pure.
 */
#ifndef TARGET_GROUPS_H
#define TARGET_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct group {
	size_t parent; /* index of the group around it, lower than its own; 0 for group 0, which holds everything */
	bool any;      /* true: one member is enough; false: all are needed */
};

enum groups_standing {
	GROUPS_OPEN, /* not decided yet */
	GROUPS_WON,  /* has what it needs */
	GROUPS_LOST  /* can no longer be won */
};

/* Counts the members of one group, which are targets and groups, by their standing. */
struct groups_tally {
	size_t won, lost, open;
	enum groups_standing standing; /* the group's own; set by groups_judge and groups_change */
};

/* Counts one target as a member. The caller does this for every target, before groups_judge. */
void groups_count(struct groups_tally *tally, enum groups_standing member);

/*
 * Sets the standing of every group, and counts every group as a member of its parent. Call it once, after all targets
 * are counted. Both arrays have `count` entries, at least one.
 */
void groups_judge(const struct group *groups, struct groups_tally *tallies, size_t count);

/* The index that stands for "no group". */
#define GROUPS_NONE SIZE_MAX

/*
 * Reports that a member of group `index` changed its standing from `before` to `after`. Updates the tally of that group
 * and of the groups around it, one step for each. Returns the outermost group that is won by this change, or
 * GROUPS_NONE.
 */
size_t groups_change(const struct group *groups, struct groups_tally *tallies, size_t index,
		     enum groups_standing before, enum groups_standing after);

/*
 * Can a member of group a replace a member of group b? That is so if both groups are "any" groups and are the same, or
 * lie in one "any" group with no "all" group in between.
 */
bool groups_are_alternatives(const struct group *groups, size_t a, size_t b);

#endif
