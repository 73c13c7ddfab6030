#include "target/groups.h"

static size_t *groups_counter(struct groups_tally *tally, enum groups_standing member)
{
	switch (member) {
	case GROUPS_WON:
		return &tally->won;
	case GROUPS_LOST:
		return &tally->lost;
	case GROUPS_OPEN:
		break;
	}
	return &tally->open;
}

void groups_count(struct groups_tally *tally, enum groups_standing member)
{
	++*groups_counter(tally, member);
}

static enum groups_standing groups_stands(const struct group *group, const struct groups_tally *tally)
{
	if (group->any) {
		if (tally->won)
			return GROUPS_WON;
		return tally->open ? GROUPS_OPEN : GROUPS_LOST;
	}
	if (tally->lost)
		return GROUPS_LOST;
	return tally->open ? GROUPS_OPEN : GROUPS_WON;
}

void groups_judge(const struct group *groups, struct groups_tally *tallies, size_t count)
{
	/* A parent has a lower index than its members, so this order visits the members first. */
	for (size_t i = count; i-- > 0;) {
		tallies[i].standing = groups_stands(&groups[i], &tallies[i]);
		if (i > 0)
			groups_count(&tallies[groups[i].parent], tallies[i].standing);
	}
}

size_t groups_change(const struct group *groups, struct groups_tally *tallies, size_t index,
		     enum groups_standing before, enum groups_standing after)
{
	size_t won = GROUPS_NONE;

	while (before != after) {
		struct groups_tally *tally = &tallies[index];

		--*groups_counter(tally, before);
		++*groups_counter(tally, after);
		before = tally->standing;
		after = tally->standing = groups_stands(&groups[index], tally);
		if (after == GROUPS_WON && before != GROUPS_WON)
			won = index;
		if (index == 0)
			break;
		index = groups[index].parent;
	}
	return won;
}

/* Returns the outermost "any" group around an "any" group, with no "all" group in between; maybe the group itself. */
static size_t groups_outermost_any(const struct group *groups, size_t index)
{
	while (index && groups[groups[index].parent].any)
		index = groups[index].parent;
	return index;
}

bool groups_are_alternatives(const struct group *groups, size_t a, size_t b)
{
	return groups[a].any && groups[b].any && groups_outermost_any(groups, a) == groups_outermost_any(groups, b);
}
