#include "attempt/runner.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* How many unused runners are kept for later attempts. One attempt needs a runner for each of its addresses. */
enum { RUNNER_SPARE_MAX = 8 };

void runner_push(struct runner **list, struct runner *runner)
{
	runner->before = *list;
	*list = runner;
}

struct runner *runner_pop(struct runner **list)
{
	struct runner *runner = *list;

	if (runner)
		*list = runner->before;
	return runner;
}

void runner_remove(struct runner **list, struct runner *runner)
{
	while (*list != runner)
		list = &(*list)->before;
	*list = runner->before;
}

struct runner *runner_find(struct runner *list, const struct endpoint *endpoint, const struct address *address)
{
	while (list && (list->probe.endpoint != endpoint || !address_is_equal(list->probe.address, address)))
		list = list->before;
	return list;
}

/*
 * Takes an unused one if there is one. Without them musl would return the memory to the kernel after each attempt and ask
 * for it again, which costs more than the attempt itself.
 */
struct runner *runner_take(struct runner_pool *pool, size_t state_size)
{
	struct runner *runner = pool->spare;

	if (runner && runner->state_size >= state_size) {
		runner_pop(&pool->spare);
		pool->spare_count--;
		state_size = runner->state_size;
		memset(runner, 0, sizeof(*runner) + state_size);
	} else {
		runner = alloc_zero(1, sizeof(*runner) + state_size);
	}
	runner->state_size = state_size;
	return runner;
}

void runner_give(struct runner_pool *pool, struct runner *runner)
{
	if (pool->spare_count == RUNNER_SPARE_MAX) {
		free(runner);
		return;
	}
	runner_push(&pool->spare, runner);
	pool->spare_count++;
}

void runner_pool_release(struct runner_pool *pool)
{
	while (pool->spare)
		free(runner_pop(&pool->spare));
	pool->spare_count = 0;
	probe_free_shared(&pool->shared);
}
