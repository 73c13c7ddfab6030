#include "base/spelling.h"

#include <stddef.h>
#include <string.h>

static size_t spelling_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Returns how many insertions, deletions, replacements and swaps of neighbours lead from a to b (optimal string
 * alignment). Returns 32 if a text has more than 31 bytes.
 */
static size_t spelling_distance(const char *a, const char *b)
{
	enum { MAX = 32 };
	size_t a_len = strlen(a), b_len = strlen(b), rows[3][MAX];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	if (a_len >= MAX || b_len >= MAX)
		return MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *oldest = before;

		before = above;
		above = row;
		row = oldest;
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = spelling_least(spelling_least(above[j], row[j - 1]) + 1,
						above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = spelling_least(row[j], before[j - 2] + 1);
		}
	}
	return row[b_len];
}

const char *spelling_nearest(const char *word, const char *const *candidates)
{
	const char *nearest = NULL;
	size_t len = strlen(word), best = len < 6 ? 2 : 3; /* allows one mistake in a short word, two in a long one */

	for (; *candidates; candidates++) {
		size_t distance = spelling_distance(word, *candidates);

		if (distance == 0)
			return *candidates;
		if (len >= 3 && strncmp(*candidates, word, len) == 0)
			distance = 1; /* an abbreviation */
		if (distance < best) {
			best = distance;
			nearest = *candidates;
		}
	}
	return nearest;
}
