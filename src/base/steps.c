#include "base/steps.h"

#include <stdlib.h>

#include "base/alloc.h"

/* The threads at one place of the text. */
struct steps_threads {
	int *steps; /* those that take a byte */
	int count;
	size_t *seen; /* for each step: the place, from 1, at which it was reached last */
	int *todo;    /* room for the steps that are still to be followed */
};

/* Follows the ways from step on up to those that take a byte. Returns whether one ends there. place: as in seen. */
static bool steps_follow(const struct steps_step *steps, struct steps_threads *threads, int step, size_t place,
			 bool begin, bool end)
{
	int left = 0;

	threads->todo[left++] = step;
	while (left) {
		const struct steps_step *at = &steps[step = threads->todo[--left]];

		if (threads->seen[step] == place)
			continue;
		threads->seen[step] = place;
		if (at->kind == STEPS_FOUND)
			return true;
		if (at->kind == STEPS_BYTE) {
			threads->steps[threads->count++] = step;
		} else if (at->kind == STEPS_FORK) {
			threads->todo[left++] = step + at->to[0];
			threads->todo[left++] = step + at->to[1];
		} else if (at->kind == STEPS_BEGIN ? begin : end) {
			threads->todo[left++] = step + 1;
		}
	}
	return false;
}

/* Lets the threads at one place take the byte there. Returns whether one ends behind it. */
static bool steps_advance(const struct steps_step *steps, const struct steps_threads *from, struct steps_threads *to,
			  int byte, size_t place, bool end)
{
	to->count = 0;
	for (int i = 0; i < from->count; i++) {
		int step = from->steps[i];

		if ((steps[step].set[byte / 32] >> byte % 32 & 1) &&
		    steps_follow(steps, to, step + 1, place, byte == '\n', end))
			return true;
	}
	return steps_follow(steps, to, 0, place, byte == '\n', end);
}

static void steps_open_threads(struct steps_threads *threads, size_t count)
{
	threads->count = 0;
	threads->steps = alloc_zero(count, sizeof(int));
	threads->seen = alloc_zero(count, sizeof(size_t));
	threads->todo = alloc_zero(2 * count + 2, sizeof(int)); /* each step is followed once, and adds at most two */
}

static void steps_close_threads(struct steps_threads *threads)
{
	free(threads->steps);
	free(threads->seen);
	free(threads->todo);
}

bool steps_find(const struct steps_step *steps, size_t count, const char *data, size_t len, bool whole)
{
	struct steps_threads threads[2];
	bool found;

	steps_open_threads(&threads[0], count);
	steps_open_threads(&threads[1], count);
	found = steps_follow(steps, &threads[0], 0, 1, true, len ? data[0] == '\n' : whole);
	for (size_t i = 0; i < len && !found; i++)
		found = steps_advance(steps, &threads[i % 2], &threads[(i + 1) % 2], (unsigned char)data[i], i + 2,
				      i + 1 == len ? whole : data[i + 1] == '\n');
	steps_close_threads(&threads[0]);
	steps_close_threads(&threads[1]);
	return found;
}
