#include "net/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

#define RESOLVE_DELAY       (50 * CLOCK_MS) /* how long A waits for AAAA (RFC 8305, 3) */
#define RESOLVE_PATIENCE    (1 * CLOCK_S)   /* after this silence of DNS the address of a variable is tried */
#define RESOLVE_REFRESH_MIN (100 * CLOCK_MS)
#define RESOLVE_REFRESH_MAX (1 * CLOCK_S)

struct resolve_list {
	struct resolve_address *entries;
	size_t count;
	size_t untried; /* index; all entries before it were tried */
};

/* The part that only a name needs. */
struct resolve_name {
	struct lookup *lookup;
	int64_t asked;              /* when the last round began; 0: never */
	int64_t heard;              /* when DNS last answered, or was first asked */
	struct loop_timer delay;    /* RESOLVE_DELAY: then the attempt starts with the addresses found so far */
	struct loop_timer patience; /* RESOLVE_PATIENCE: then the address of a variable is used */
	struct loop_timer notify;   /* calls news */
	void (*news)(void *arg);    /* NULL: no attempt is interested */
	void *arg;
};

struct resolve {
	const struct endpoint *endpoint;
	struct resolve_name *name;     /* NULL: the host is an address or a path */
	struct resolve_list addresses; /* in the order to try */
};

static void resolve_list_add(struct resolve_list *list, const struct resolve_address *address)
{
	list->entries = alloc_resize(list->entries, list->count + 1, sizeof(*list->entries));
	list->entries[list->count++] = *address;
}

static bool resolve_list_has(const struct resolve_list *list, const struct address *address)
{
	for (size_t i = 0; i < list->count; i++)
		if (address_is_equal(&list->entries[i].address, address))
			return true;
	return false;
}

static void resolve_list_clear(struct resolve_list *list)
{
	list->count = list->untried = 0;
}

/* Adds the address with number i of those that were found, if there is one. */
static void resolve_add_found(struct resolve *resolve, const struct address_list *found, size_t i)
{
	struct resolve_address entry = {0};

	if (i >= found->count)
		return;
	entry.address = found->entries[i];
	address_set_port(&entry.address, resolve->endpoint->port);
	if (!resolve_list_has(&resolve->addresses, &entry.address))
		resolve_list_add(&resolve->addresses, &entry);
}

/* Returns what was found in this round; if that is still open, nothing or, with old_too, what was found before. */
static const struct address_list *resolve_found(const struct resolve *resolve, enum lookup_family family, bool old_too)
{
	static const struct address_list none;
	const struct lookup_result *result = lookup_result(resolve->name->lookup, family);

	return result->answered || old_too ? &result->found : &none;
}

/* Adds the addresses that were found after the present ones, IPv6 and IPv4 in turn (RFC 8305, 4). */
static void resolve_merge(struct resolve *resolve, bool old_too)
{
	const struct address_list *v6 = resolve_found(resolve, LOOKUP_V6, old_too);
	const struct address_list *v4 = resolve_found(resolve, LOOKUP_V4, old_too);

	for (size_t i = 0; i < v6->count || i < v4->count; i++) {
		resolve_add_found(resolve, v6, i);
		resolve_add_found(resolve, v4, i);
	}
}

/* If there is no address, uses the one of a link or service variable. It may be stale (FACTS 6), so it comes last. */
static void resolve_use_variable(struct resolve *resolve)
{
	struct resolve_address address = {.from_variable = true};

	if (resolve->addresses.count || !resolve->endpoint->fallback)
		return;
	if (address_of_host(&address.address, resolve->endpoint->fallback, resolve->endpoint->port))
		resolve_list_add(&resolve->addresses, &address);
}

static bool resolve_all_answered(const struct resolve *resolve)
{
	return lookup_result(resolve->name->lookup, LOOKUP_V4)->answered &&
	       lookup_result(resolve->name->lookup, LOOKUP_V6)->answered;
}

/* Calls news on a later turn of the loop. */
static void resolve_notify_later(struct resolve *resolve)
{
	if (resolve->name->news)
		loop_timer_set(&resolve->name->notify, 0);
}

static void resolve_on_notify(void *arg)
{
	struct resolve_name *name = ((struct resolve *)arg)->name;

	if (name->news)
		name->news(name->arg);
}

/*
 * An address of the round before may belong to another container now (FACTS 6): it is used only if there is no new one.
 */
static void resolve_take_what_is_there(struct resolve *resolve)
{
	resolve_merge(resolve, false);
	if (!resolve->addresses.count)
		resolve_merge(resolve, true);
}

static void resolve_on_delay(void *arg)
{
	struct resolve *resolve = arg;

	resolve_take_what_is_there(resolve);
	resolve_notify_later(resolve);
}

static void resolve_on_patience(void *arg)
{
	struct resolve *resolve = arg;

	/* An answer of one family may still be held back for the other. It is used before any variable. */
	resolve_take_what_is_there(resolve);
	resolve_use_variable(resolve);
	resolve_notify_later(resolve);
}

/* Both families are known. */
static void resolve_complete(struct resolve *resolve)
{
	loop_timer_clear(&resolve->name->delay);
	loop_timer_clear(&resolve->name->patience);
	resolve_merge(resolve, false);
	resolve_use_variable(resolve);
}

static void resolve_on_answer(void *arg, enum lookup_family family)
{
	struct resolve *resolve = arg;
	struct resolve_name *name = resolve->name;
	const struct lookup_result *result = lookup_result(name->lookup, family);
	const struct lookup_result *v6 = lookup_result(name->lookup, LOOKUP_V6);

	if (result->outcome.kind != OUTCOME_DNS_SILENT)
		name->heard = clock_now();
	if (resolve_all_answered(resolve)) {
		resolve_complete(resolve);
	} else if (family == LOOKUP_V4 && result->found.count && !v6->is_late) {
		loop_timer_set(&name->delay, RESOLVE_DELAY);
		return;
	} else {
		resolve_merge(resolve, false);
	}
	resolve_notify_later(resolve);
}

struct resolve *resolve_new(struct loop *loop, struct lookup_shared *shared, const struct endpoint *endpoint)
{
	struct resolve *resolve = alloc_zero(1, sizeof(*resolve));
	const char *host = endpoint->address ? endpoint->address : endpoint->host;
	struct resolve_address address = {0};

	resolve->endpoint = endpoint;
	if (address_of_host(&address.address, host, endpoint->port)) {
		resolve_list_add(&resolve->addresses, &address);
		return resolve;
	}
	resolve->name = alloc_zero(1, sizeof(*resolve->name));
	resolve->name->lookup = lookup_new(shared, host, false, resolve_on_answer, resolve);
	loop_timer_init(loop, &resolve->name->delay, resolve_on_delay, resolve);
	loop_timer_init(loop, &resolve->name->patience, resolve_on_patience, resolve);
	loop_timer_init(loop, &resolve->name->notify, resolve_on_notify, resolve);
	return resolve;
}

static void resolve_free_name(struct resolve_name *name)
{
	lookup_free(name->lookup);
	loop_timer_clear(&name->delay);
	loop_timer_clear(&name->patience);
	loop_timer_clear(&name->notify);
	free(name);
}

void resolve_free(struct resolve *resolve)
{
	if (!resolve)
		return;
	if (resolve->name)
		resolve_free_name(resolve->name);
	free(resolve->addresses.entries);
	free(resolve);
}

bool resolve_is_by_name(const struct resolve *resolve)
{
	return resolve->name != NULL;
}

static bool resolve_knows_any(const struct resolve *resolve)
{
	return lookup_result(resolve->name->lookup, LOOKUP_V4)->found.count > 0 ||
	       lookup_result(resolve->name->lookup, LOOKUP_V6)->found.count > 0;
}

/* Are the addresses of the last look-up new enough for an attempt? */
static bool resolve_is_fresh(const struct resolve *resolve, int64_t waited, int64_t now)
{
	int64_t limit = waited / 10;

	if (limit < RESOLVE_REFRESH_MIN)
		limit = RESOLVE_REFRESH_MIN;
	if (limit > RESOLVE_REFRESH_MAX)
		limit = RESOLVE_REFRESH_MAX;
	/* Without addresses the look-up itself is the attempt, so every attempt makes a new one. */
	return resolve->name->asked && now - resolve->name->asked < limit &&
	       (resolve_knows_any(resolve) || resolve->addresses.count > 0);
}

/* Returns how long to wait for DNS before a variable is used. If DNS is silent, only the first attempt waits long. */
static int64_t resolve_patience(const struct resolve_name *name, int64_t now)
{
	return now - name->heard > RESOLVE_PATIENCE ? RESOLVE_DELAY : RESOLVE_PATIENCE;
}

static void resolve_ask(struct resolve *resolve, int64_t now)
{
	struct resolve_name *name = resolve->name;

	name->asked = now;
	/* If DNS is slow, the addresses of the round before are used again. */
	if (resolve_knows_any(resolve))
		loop_timer_set(&name->delay, RESOLVE_DELAY);
	if (!name->heard)
		name->heard = now;
	loop_timer_set(&name->patience, resolve_patience(name, now));
	lookup_start(name->lookup);
	if (!resolve_all_answered(resolve))
		return;
	resolve_complete(resolve);
	resolve_notify_later(resolve);
}

static void resolve_forget_tries(struct resolve_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		list->entries[i].tried = false;
	list->untried = 0;
}

bool resolve_start(struct resolve *resolve, int64_t waited, void (*news)(void *arg), void *arg)
{
	int64_t now;

	resolve_forget_tries(&resolve->addresses);
	if (!resolve->name)
		return true;
	resolve->name->news = news;
	resolve->name->arg = arg;
	now = clock_now();
	if (resolve_is_fresh(resolve, waited, now)) {
		resolve_notify_later(resolve); /* addresses may still be held back for the other family */
		return resolve->addresses.count > 0;
	}
	resolve_list_clear(&resolve->addresses);
	resolve_ask(resolve, now);
	return false;
}

void resolve_repeat(struct resolve *resolve)
{
	if (resolve->name)
		resolve_ask(resolve, clock_now());
}

void resolve_leave(struct resolve *resolve)
{
	if (!resolve->name)
		return;
	resolve->name->news = NULL;
	loop_timer_clear(&resolve->name->notify);
}

bool resolve_has_next(const struct resolve *resolve)
{
	for (size_t i = resolve->addresses.untried; i < resolve->addresses.count; i++)
		if (!resolve->addresses.entries[i].tried)
			return true;
	return false;
}

const struct resolve_address *resolve_next(struct resolve *resolve, int last_family)
{
	struct resolve_list *list = &resolve->addresses;
	struct resolve_address *first = NULL, *entry;

	for (size_t i = list->untried; i < list->count; i++) {
		entry = &list->entries[i];
		if (entry->tried)
			continue;
		if (!first) {
			first = entry;
			list->untried = i;
		}
		if (entry->address.any.sa_family != last_family) {
			first = entry;
			break;
		}
	}
	if (first)
		first->tried = true;
	return first;
}

/* Returns the reason with the higher weight: silence, then an error, then "no address", then "no such name". */
static struct outcome resolve_reason(const struct resolve *resolve)
{
	const struct outcome *v4 = &lookup_result(resolve->name->lookup, LOOKUP_V4)->outcome,
			     *v6 = &lookup_result(resolve->name->lookup, LOOKUP_V6)->outcome;

	return outcome_info(v6->kind)->weight > outcome_info(v4->kind)->weight ? *v6 : *v4;
}

bool resolve_is_over(const struct resolve *resolve, struct outcome *outcome)
{
	if (resolve->name && !resolve_all_answered(resolve))
		return false;
	/* An address, which is no name, is always there. */
	*outcome = resolve->addresses.count || !resolve->name ? outcome_make(OUTCOME_READY, NULL)
							      : resolve_reason(resolve);
	return true;
}

bool resolve_has(const struct resolve *resolve, const char *address, uint16_t port)
{
	char text[ADDRESS_TEXT_MAX];
	enum lookup_family family = strchr(address, ':') ? LOOKUP_V6 : LOOKUP_V4;

	for (size_t i = 0; i < resolve->addresses.count; i++) {
		const struct address *own = &resolve->addresses.entries[i].address;

		if (address_port(own) == port && strcmp(address_text(own, text, sizeof(text)), address) == 0)
			return true;
	}
	return resolve->name && !lookup_result(resolve->name->lookup, family)->answered;
}
