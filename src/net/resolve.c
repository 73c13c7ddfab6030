#include "net/resolve.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

#define RESOLVE_DELAY       (50 * CLOCK_MS) /* how long A waits for AAAA (RFC 8305, 3) */
#define RESOLVE_PATIENCE    (1 * CLOCK_S)   /* after this silence of DNS the address of a variable is tried */
#define RESOLVE_REFRESH_MIN (100 * CLOCK_MS)
#define RESOLVE_REFRESH_MAX (1 * CLOCK_S)

enum resolve_family { RESOLVE_V6, RESOLVE_V4, RESOLVE_FAMILIES };

struct resolve_list {
	struct resolve_address *entries;
	size_t count;
	size_t untried; /* index; all entries before it were tried */
};

/* The question for one family, and its answer. */
struct resolve_question {
	struct dns_question *open; /* NULL: no question is open */
	bool answered;
	unsigned round; /* the value of resolve_name.round when it was asked */
	struct outcome outcome;
	struct resolve_list found; /* by this question; until it is answered, by the one before */
};

/* The part of a look-up that only a name needs. */
struct resolve_name {
	struct dns *dns;
	struct resolve_question questions[RESOLVE_FAMILIES];
	int64_t asked;              /* when the last round began; 0: never */
	int64_t heard;              /* when DNS last answered, or was first asked */
	unsigned round;             /* counts the look-ups */
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

static bool resolve_list_has(const struct resolve_list *list, const struct resolve_address *address)
{
	for (size_t i = 0; i < list->count; i++)
		if (address_is_equal(&list->entries[i].address, &address->address))
			return true;
	return false;
}

static void resolve_list_clear(struct resolve_list *list)
{
	list->count = list->untried = 0;
}

/*
 * Returns what the question found in this round; if it is still open, nothing or, with old_too, what it found before.
 */
static const struct resolve_list *resolve_found(const struct resolve_question *question, bool old_too)
{
	static const struct resolve_list none;

	return question->answered || old_too ? &question->found : &none;
}

/* Adds the addresses that the questions found after the present ones, IPv6 and IPv4 in turn (RFC 8305, 4). */
static void resolve_merge(struct resolve *resolve, bool old_too)
{
	const struct resolve_list *v6 = resolve_found(&resolve->name->questions[RESOLVE_V6], old_too);
	const struct resolve_list *v4 = resolve_found(&resolve->name->questions[RESOLVE_V4], old_too);

	for (size_t i = 0; i < v6->count || i < v4->count; i++) {
		if (i < v6->count && !resolve_list_has(&resolve->addresses, &v6->entries[i]))
			resolve_list_add(&resolve->addresses, &v6->entries[i]);
		if (i < v4->count && !resolve_list_has(&resolve->addresses, &v4->entries[i]))
			resolve_list_add(&resolve->addresses, &v4->entries[i]);
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
	return resolve->name->questions[RESOLVE_V4].answered && resolve->name->questions[RESOLVE_V6].answered;
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

static void resolve_take(struct resolve *resolve, enum resolve_family family, const struct dns_answer *answer)
{
	struct resolve_question *question = &resolve->name->questions[family];

	question->open = NULL;
	question->answered = true;
	question->outcome = answer->outcome;
	resolve_list_clear(&question->found);
	for (size_t i = 0; i < answer->count; i++) {
		struct resolve_address address = {0};

		if (address_of_socket(&address.address, (const struct sockaddr *)&answer->addresses[i],
				      resolve->endpoint->port) &&
		    !resolve_list_has(&question->found, &address))
			resolve_list_add(&question->found, &address);
	}
}

static void resolve_note(struct resolve *resolve, enum resolve_family family, const struct dns_answer *answer)
{
	struct resolve_name *name = resolve->name;
	const struct resolve_question *v6 = &name->questions[RESOLVE_V6];

	resolve_take(resolve, family, answer);
	if (answer->outcome.kind != OUTCOME_DNS_SILENT)
		name->heard = clock_now();
	if (family == RESOLVE_V4 && answer->count && !v6->answered && v6->round == name->round) {
		loop_timer_set(&name->delay, RESOLVE_DELAY);
		return;
	}
	resolve_merge(resolve, false);
	if (resolve_all_answered(resolve)) {
		loop_timer_clear(&name->delay);
		loop_timer_clear(&name->patience);
		resolve_use_variable(resolve);
	}
	resolve_notify_later(resolve);
}

static void resolve_on_v4(void *arg, const struct dns_answer *answer)
{
	resolve_note(arg, RESOLVE_V4, answer);
}

static void resolve_on_v6(void *arg, const struct dns_answer *answer)
{
	resolve_note(arg, RESOLVE_V6, answer);
}

struct resolve *resolve_new(struct loop *loop, struct dns *dns, const struct endpoint *endpoint)
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
	resolve->name->dns = dns;
	loop_timer_init(loop, &resolve->name->delay, resolve_on_delay, resolve);
	loop_timer_init(loop, &resolve->name->patience, resolve_on_patience, resolve);
	loop_timer_init(loop, &resolve->name->notify, resolve_on_notify, resolve);
	return resolve;
}

static void resolve_free_name(struct resolve_name *name)
{
	for (int i = 0; i < RESOLVE_FAMILIES; i++) {
		dns_drop(name->questions[i].open);
		free(name->questions[i].found.entries);
	}
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
	const struct resolve_question *questions = resolve->name->questions;

	return questions[RESOLVE_V4].found.count > 0 || questions[RESOLVE_V6].found.count > 0;
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

/* An open question is not asked again: c-ares repeats it, and a silent server may take longer than an attempt. */
static void resolve_ask(struct resolve *resolve, enum resolve_family family)
{
	static const int families[] = {[RESOLVE_V6] = AF_INET6, [RESOLVE_V4] = AF_INET};
	struct resolve_question *question = &resolve->name->questions[family];

	if (question->open)
		return;
	question->answered = false;
	question->round = resolve->name->round;
	question->open = dns_ask(resolve->name->dns, resolve->endpoint->host, families[family],
				 family == RESOLVE_V4 ? resolve_on_v4 : resolve_on_v6, resolve);
}

/* Returns how long to wait for DNS before a variable is used. If DNS is silent, only the first attempt waits long. */
static int64_t resolve_patience(const struct resolve_name *name, int64_t now)
{
	return now - name->heard > RESOLVE_PATIENCE ? RESOLVE_DELAY : RESOLVE_PATIENCE;
}

static void resolve_ask_both(struct resolve *resolve, int64_t now)
{
	struct resolve_name *name = resolve->name;

	name->asked = now;
	name->round++;
	/* If DNS is slow, the addresses of the round before are used again. */
	if (resolve_knows_any(resolve))
		loop_timer_set(&name->delay, RESOLVE_DELAY);
	if (!name->heard)
		name->heard = now;
	loop_timer_set(&name->patience, resolve_patience(name, now));
	resolve_ask(resolve, RESOLVE_V6);
	resolve_ask(resolve, RESOLVE_V4);
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
	resolve_ask_both(resolve, now);
	return false;
}

void resolve_repeat(struct resolve *resolve)
{
	if (resolve->name)
		resolve_ask_both(resolve, clock_now());
}

void resolve_leave(struct resolve *resolve)
{
	if (!resolve->name)
		return;
	resolve->name->news = NULL;
	loop_timer_clear(&resolve->name->notify);
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
	const struct outcome *v4 = &resolve->name->questions[RESOLVE_V4].outcome,
			     *v6 = &resolve->name->questions[RESOLVE_V6].outcome;

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
