#include "net/srv.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void srv_list_release(struct srv_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].host);
	free(list->entries);
	*list = (struct srv_list){0};
}

void srv_list_read(struct srv_list *list, const struct buf *texts)
{
	srv_list_release(list);
	for (size_t at = 0; at < texts->len && list->count < SRV_LIST_MAX; at += strlen(texts->data + at) + 1) {
		char *rest = texts->data + at;
		unsigned long numbers[3];

		for (int i = 0; i < 3; i++)
			numbers[i] = strtoul(rest, &rest, 10);
		list->entries = alloc_resize(list->entries, list->count + 1, sizeof(*list->entries));
		list->entries[list->count++] = (struct srv_record){
			.host = alloc_text(rest + strspn(rest, " ")),
			.priority = (uint16_t)numbers[0],
			.weight = (uint16_t)numbers[1],
			.port = (uint16_t)numbers[2],
		};
	}
}

/* By priority; in one priority those without a weight come first, so that they have a small chance (RFC 2782, "Weight"). */
static int srv_compare(const void *a, const void *b)
{
	const struct srv_record *one = a, *other = b;

	if (one->priority != other->priority)
		return one->priority < other->priority ? -1 : 1;
	return (one->weight != 0) - (other->weight != 0);
}

/* xorshift64*; *state is not 0. */
static uint32_t srv_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)(*state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

/* Returns which of the records of one priority is next: the first whose running sum of weights reaches a random number. */
static size_t srv_choose(const struct srv_record *records, size_t count, uint64_t *state)
{
	uint32_t sum = 0, wanted;
	size_t chosen = 0;

	for (size_t i = 0; i < count; i++)
		sum += records[i].weight;
	wanted = srv_random(state) % (sum + 1);
	for (sum = records[0].weight; sum < wanted; sum += records[chosen].weight)
		chosen++;
	return chosen;
}

void srv_list_order(struct srv_list *list, uint64_t seed)
{
	struct srv_record *entries = list->entries;
	uint64_t state = seed | 1;

	if (list->count)
		qsort(entries, list->count, sizeof(*entries), srv_compare);
	for (size_t i = 0; i < list->count; i++) {
		size_t end = i + 1, chosen;
		struct srv_record next;

		while (end < list->count && entries[end].priority == entries[i].priority)
			end++;
		chosen = i + srv_choose(entries + i, end - i, &state);
		next = entries[chosen];
		/* The others keep their order: those without a weight stay first. */
		memmove(entries + i + 1, entries + i, (chosen - i) * sizeof(*entries));
		entries[i] = next;
	}
}
