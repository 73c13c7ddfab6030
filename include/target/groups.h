/* Which targets have to be there: groups of which all, or any one, is wanted, in one another. Pure. */
#ifndef TARGET_GROUPS_H
#define TARGET_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct group {
	size_t parent; /* index, below the group's own; that of group 0, which is everything, is 0 */
	bool any;      /* one member is enough */
};

enum groups_standing {
	GROUPS_OPEN, /* may still go either way */
	GROUPS_WON,
	GROUPS_LOST
};

/* What became of a group's members, targets and groups: the caller counts the targets. */
struct groups_tally {
	size_t won, lost, open;
	enum groups_standing standing; /* by groups_judge and groups_change */
};

/* Counts one member, before groups_judge. */
void groups_count(struct groups_tally *tally, enum groups_standing member);

/*
 * Once, when the targets are counted: counts every group as a member of its parent and says how each stands. Both lists
 * have count entries, at least one.
 */
void groups_judge(const struct group *groups, struct groups_tally *tallies, size_t count);

/* No group. */
#define GROUPS_NONE SIZE_MAX

/*
 * A member of the group of that index stands otherwise than before: brings its tally and those around it up to date.
 * Returns the outermost group that is won by this, or GROUPS_NONE. Takes as many steps as groups lie around it.
 */
size_t groups_change(const struct group *groups, struct groups_tally *tallies, size_t index,
		     enum groups_standing before, enum groups_standing after);

/*
 * Can a member of one group stand for a member of the other: are both in one "any" group, with nothing but "any" in
 * between? So are two members of the same "any" group.
 */
bool groups_are_alternatives(const struct group *groups, size_t a, size_t b);

#endif
