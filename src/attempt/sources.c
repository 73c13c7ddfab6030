#include "attempt/sources.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/alloc.h"

/* Returns the source of an endpoint; if that is NULL, of one that was found, which becomes the source's own. */
static struct source *sources_make(struct session *session, const struct endpoint *endpoint, const char *host,
				   uint16_t port)
{
	struct source *source = alloc_zero(1, sizeof(*source));

	source->found = !endpoint;
	if (source->found)
		source->own = (struct endpoint){.host = alloc_text(host), .port = port};
	source->endpoint = endpoint ? endpoint : &source->own;
	source->resolve = resolve_new(session->loop, session->names, source->endpoint);
	return source;
}

static void sources_unmake(struct source *source)
{
	resolve_free(source->resolve);
	endpoint_release(&source->own);
	free(source);
}

static void sources_drop_kept(struct sources *sources)
{
	for (size_t i = 0; i < sources->kept_count; i++)
		sources_unmake(sources->kept[i]);
	free(sources->kept);
	sources->kept = NULL;
	sources->kept_count = 0;
}

/* A look-up has found addresses, or has ended. */
static void sources_on_news(void *arg)
{
	struct sources *sources = arg;

	sources->open = 0;
	sources->news(sources->arg);
}

static void sources_on_service(void *arg, const char *host, uint16_t port)
{
	sources_add(arg, host, port);
}

void sources_open(struct sources *sources, struct session *session, const struct target *target,
		  void (*news)(void *arg), void *arg)
{
	const struct services_owner owner = {.add = sources_on_service, .news = sources_on_news, .arg = sources};

	*sources = (struct sources){.session = session, .target = target, .news = news, .arg = arg};
	sources->by_name = target->is_elsewhere;
	if (target->by_srv) {
		sources->services = services_new(session, target->endpoints[0].host, &owner);
		return;
	}
	sources->count = target->endpoint_count;
	sources->list = alloc_zero(sources->count, sizeof(struct source *));
	for (size_t i = 0; i < sources->count; i++) {
		sources->list[i] = sources_make(session, &target->endpoints[i], NULL, 0);
		sources->by_name |= resolve_is_by_name(sources->list[i]->resolve);
	}
}

void sources_close(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		sources_unmake(sources->list[i]);
	free(sources->list);
	sources_drop_kept(sources);
	services_free(sources->services);
}

bool sources_start(struct sources *sources, int64_t waited)
{
	bool any = false;

	sources->open = 0;
	sources->waited = waited;
	if (sources->services)
		services_ask(sources->services);
	for (size_t i = 0; i < sources->count; i++)
		any |= resolve_start(sources->list[i]->resolve, waited, sources_on_news, sources);
	return any;
}

/* Returns the source of the list with that host and port; NULL if there is none. Sets *at to its number. */
static struct source *sources_find(struct source **list, size_t count, const char *host, uint16_t port, size_t *at)
{
	for (*at = 0; *at < count; (*at)++)
		if (list[*at]->own.port == port && strcasecmp(list[*at]->own.host, host) == 0)
			return list[*at];
	return NULL;
}

bool sources_add(struct sources *sources, const char *host, uint16_t port)
{
	struct source *source;
	size_t at;

	if (sources_find(sources->list, sources->found_count, host, port, &at))
		return false;
	source = sources_find(sources->kept, sources->kept_count, host, port, &at);
	if (source)
		sources->kept[at] = sources->kept[--sources->kept_count];
	else
		source = sources_make(sources->session, NULL, host, port);
	sources->list = alloc_resize(sources->list, sources->count + 1, sizeof(struct source *));
	memmove(sources->list + sources->found_count + 1, sources->list + sources->found_count,
		(sources->count++ - sources->found_count) * sizeof(struct source *));
	sources->list[sources->found_count++] = source;
	sources->open = 0;
	resolve_start(source->resolve, sources->waited, sources_on_news, sources);
	return true;
}

void sources_repeat(struct sources *sources)
{
	if (sources->services)
		services_ask(sources->services);
	for (size_t i = 0; i < sources->count; i++)
		resolve_repeat(sources->list[i]->resolve);
}

void sources_leave(struct sources *sources)
{
	if (sources->services)
		services_leave(sources->services);
	for (size_t i = 0; i < sources->count; i++) {
		resolve_leave(sources->list[i]->resolve);
		sources->list[i]->tried = false;
	}
	if (!sources->found_count)
		return;
	sources_drop_kept(sources);
	sources->kept_count = sources->found_count;
	sources->kept = alloc_zero(sources->kept_count, sizeof(struct source *));
	memcpy(sources->kept, sources->list, sources->kept_count * sizeof(struct source *));
	sources->count -= sources->found_count;
	memmove(sources->list, sources->list + sources->found_count, sources->count * sizeof(struct source *));
	sources->found_count = sources->awaited = 0;
}

/* Is it looked up, and has it given nothing yet? */
static bool sources_is_pending(const struct source *source)
{
	struct outcome ignored;

	return !source->tried && !resolve_is_over(source->resolve, &ignored);
}

/* Moves sources->open to the first one from there on that has an untried address. Returns whether there is one. */
static bool sources_seek(struct sources *sources)
{
	for (; sources->open < sources->count; sources->open++) {
		if (resolve_has_next(sources->list[sources->open]->resolve))
			return true;
		if (sources->services && services_is_holding(sources->services) &&
		    sources_is_pending(sources->list[sources->open]))
			return false;
	}
	return false;
}

/* If there seems to be none, looks at all once more: an answer of DNS adds addresses before news tells of it. */
bool sources_has_next(struct sources *sources)
{
	if (sources_seek(sources))
		return true;
	sources->open = 0;
	return sources_seek(sources);
}

const struct resolve_address *sources_next(struct sources *sources, const struct source *last, int last_family,
					   const struct source **of)
{
	if (!sources_has_next(sources))
		return NULL;
	*of = sources->list[sources->open];
	sources->list[sources->open]->tried = true;
	return resolve_next((*of)->resolve, last == *of ? last_family : AF_UNSPEC);
}

/* Begins with the one that was found running before, which most often still is. */
bool sources_await(struct sources *sources)
{
	struct outcome ignored;

	if (sources->services && services_is_awaited(sources->services))
		return true;
	for (size_t i = 0; i < sources->count; i++, sources->awaited = (sources->awaited + 1) % sources->count)
		if (!resolve_is_over(sources->list[sources->awaited]->resolve, &ignored))
			return true;
	return false;
}

bool sources_await_found(const struct sources *sources)
{
	for (size_t i = 0; i < sources->found_count; i++)
		if (sources_is_pending(sources->list[i]))
			return true;
	return false;
}

bool sources_lack_services(const struct sources *sources, struct outcome *outcome)
{
	return sources->services && !sources->found_count && services_lack(sources->services, outcome);
}

const struct source *sources_failed(const struct sources *sources, size_t *walk, struct outcome *outcome)
{
	while (*walk < sources->count) {
		const struct source *source = sources->list[(*walk)++];

		if (!resolve_is_over(source->resolve, outcome) || outcome->kind == OUTCOME_READY)
			continue;
		if (source->found) /* the target does not show its name */
			*outcome = outcome_make(outcome->kind, "%.150s%s%s", source->own.host,
						outcome->detail[0] ? ": " : "", outcome->detail);
		return source;
	}
	return NULL;
}

bool sources_have_address(const struct sources *sources, const struct place *place)
{
	for (size_t i = 0; i < sources->count; i++)
		if (resolve_has(sources->list[i]->resolve, place->address, place->port))
			return true;
	for (size_t i = 0; i < sources->kept_count; i++)
		if (resolve_has(sources->kept[i]->resolve, place->address, place->port))
			return true;
	return false;
}
