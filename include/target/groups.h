/* Which targets have to be there: groups of which all, or any one, is wanted, in one another. Pure. */
#ifndef TARGET_GROUPS_H
#define TARGET_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

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
	enum groups_standing standing; /* groups_judge's */
};

void groups_count(struct groups_tally *tally, enum groups_standing member);

/* Counts every group as a member of its parent and says how each stands. Both lists have count entries, at least one. */
void groups_judge(const struct group *groups, struct groups_tally *tallies, size_t count);

/*
 * Can a member of one group stand for a member of the other: are both in one "any" group, with nothing but "any" in
 * between? So are two members of the same "any" group.
 */
bool groups_are_alternatives(const struct group *groups, size_t a, size_t b);

/* Does nothing depend on the members of that group any more, since it, or one around it, is won? */
bool groups_is_settled(const struct group *groups, const struct groups_tally *tallies, size_t index);

#endif
