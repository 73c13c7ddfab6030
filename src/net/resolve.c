#include "net/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

#define RESOLVE_DELAY       (50 * CLOCK_MS) /* RFC 8305, 3: how long A waits for AAAA */
#define RESOLVE_PATIENCE    (1 * CLOCK_S)   /* silence after which a variable's address is tried */
#define RESOLVE_REFRESH_MIN (100 * CLOCK_MS)
#define RESOLVE_REFRESH_MAX (1 * CLOCK_S)

enum resolve_family { RESOLVE_V6, RESOLVE_V4, RESOLVE_FAMILIES };

struct resolve_list {
	struct resolve_address *entries;
	size_t count;
};

/* One family's question and what came of it. */
struct resolve_question {
	struct dns_question *open; /* NULL: none is */
	bool answered;
	unsigned round; /* of resolve.round: when it was asked */
	struct outcome outcome;
	struct resolve_list found; /* by this answer; until it comes, by the one before */
};

struct resolve {
	struct loop *loop;
	struct dns *dns;
	const struct endpoint *endpoint;
	struct resolve_question questions[RESOLVE_FAMILIES];
	struct resolve_list addresses; /* in the order to try */
	int64_t asked;                 /* when; 0: never */
	int64_t heard;                 /* when DNS last gave an answer, or was first asked */
	unsigned round;
	struct loop_timer delay; /* when it fires, what is there is good enough to start on */
	struct loop_timer patience;
	struct loop_timer tell;
	void (*news)(void *arg); /* NULL: nobody waits */
	void *arg;
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

/* What a family's question found, in this round or, with old_too, in the one before. */
static const struct resolve_list *resolve_found(const struct resolve_question *question, bool old_too)
{
	static const struct resolve_list none;

	return question->answered || old_too ? &question->found : &none;
}

/* Puts what the questions found into the order to try, behind what is there. */
static void resolve_merge(struct resolve *resolve, bool old_too)
{
	const struct resolve_list *v6 = resolve_found(&resolve->questions[RESOLVE_V6], old_too);
	const struct resolve_list *v4 = resolve_found(&resolve->questions[RESOLVE_V4], old_too);

	for (size_t i = 0; i < v6->count || i < v4->count; i++) {
		if (i < v6->count && !resolve_list_has(&resolve->addresses, &v6->entries[i]))
			resolve_list_add(&resolve->addresses, &v6->entries[i]);
		if (i < v4->count && !resolve_list_has(&resolve->addresses, &v4->entries[i]))
			resolve_list_add(&resolve->addresses, &v4->entries[i]);
	}
}

/* The last resort: what a link or service variable says, which may be stale (FACTS 6). */
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
	return resolve->questions[RESOLVE_V4].answered && resolve->questions[RESOLVE_V6].answered;
}

static void resolve_tell_later(struct resolve *resolve)
{
	if (resolve->news)
		loop_timer_set(&resolve->tell, 0);
}

static void resolve_on_tell(void *arg)
{
	struct resolve *resolve = arg;

	if (resolve->news)
		resolve->news(resolve->arg);
}

/* An address of the round before may be another container's by now (FACTS 6): only where there is no newer one. */
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
	resolve_tell_later(resolve);
}

static void resolve_on_patience(void *arg)
{
	struct resolve *resolve = arg;

	/* An answer of one family may be held back for the other's: it comes before any variable. */
	resolve_take_what_is_there(resolve);
	resolve_use_variable(resolve);
	resolve_tell_later(resolve);
}

static void resolve_take(struct resolve *resolve, enum resolve_family family, const struct dns_answer *answer)
{
	struct resolve_question *question = &resolve->questions[family];

	question->open = NULL;
	question->answered = true;
	question->outcome = answer->outcome;
	question->found.count = 0;
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
	const struct resolve_question *v6 = &resolve->questions[RESOLVE_V6];

	resolve_take(resolve, family, answer);
	if (answer->outcome.kind != OUTCOME_DNS_SILENT)
		resolve->heard = clock_now();
	if (family == RESOLVE_V4 && answer->count && !v6->answered && v6->round == resolve->round) {
		loop_timer_set(&resolve->delay, RESOLVE_DELAY);
		return;
	}
	resolve_merge(resolve, false);
	if (resolve_all_answered(resolve)) {
		loop_timer_clear(&resolve->delay);
		loop_timer_clear(&resolve->patience);
		resolve_use_variable(resolve);
	}
	resolve_tell_later(resolve);
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

	resolve->loop = loop;
	resolve->dns = dns;
	resolve->endpoint = endpoint;
	loop_timer_init(loop, &resolve->delay, resolve_on_delay, resolve);
	loop_timer_init(loop, &resolve->patience, resolve_on_patience, resolve);
	loop_timer_init(loop, &resolve->tell, resolve_on_tell, resolve);
	if (address_of_host(&address.address, host, endpoint->port)) {
		resolve_list_add(&resolve->addresses, &address);
		resolve->dns = NULL;
	}
	return resolve;
}

void resolve_free(struct resolve *resolve)
{
	if (!resolve)
		return;
	for (int i = 0; i < RESOLVE_FAMILIES; i++) {
		dns_drop(resolve->questions[i].open);
		free(resolve->questions[i].found.entries);
	}
	loop_timer_clear(&resolve->delay);
	loop_timer_clear(&resolve->patience);
	loop_timer_clear(&resolve->tell);
	free(resolve->addresses.entries);
	free(resolve);
}

static size_t resolve_known(const struct resolve *resolve)
{
	return resolve->questions[RESOLVE_V4].found.count + resolve->questions[RESOLVE_V6].found.count;
}

/* Are the addresses of the last look-up still good for an attempt? */
static bool resolve_is_fresh(const struct resolve *resolve, int64_t waited, int64_t now)
{
	int64_t limit = waited / 10;

	if (limit < RESOLVE_REFRESH_MIN)
		limit = RESOLVE_REFRESH_MIN;
	if (limit > RESOLVE_REFRESH_MAX)
		limit = RESOLVE_REFRESH_MAX;
	/* Without addresses there was nothing to try: the question is the attempt, and has its own backoff. */
	return resolve->asked && now - resolve->asked < limit &&
	       (resolve_known(resolve) > 0 || resolve->addresses.count > 0);
}

/* A question that is out is as good as a new one: c-ares repeats it, and silence outlasts attempts. */
static void resolve_ask(struct resolve *resolve, enum resolve_family family)
{
	static const int families[] = {[RESOLVE_V6] = AF_INET6, [RESOLVE_V4] = AF_INET};
	struct resolve_question *question = &resolve->questions[family];

	if (question->open)
		return;
	question->answered = false;
	question->round = resolve->round;
	question->open = dns_ask(resolve->dns, resolve->endpoint->host, families[family],
				 family == RESOLVE_V4 ? resolve_on_v4 : resolve_on_v6, resolve);
}

/* A server that stays silent is waited for once, not once for each attempt. */
static int64_t resolve_patience(const struct resolve *resolve, int64_t now)
{
	return now - resolve->heard > RESOLVE_PATIENCE ? RESOLVE_DELAY : RESOLVE_PATIENCE;
}

void resolve_start(struct resolve *resolve, int64_t waited, void (*news)(void *arg), void *arg)
{
	int64_t now = clock_now();

	resolve->news = news;
	resolve->arg = arg;
	if (!resolve->dns || resolve_is_fresh(resolve, waited, now)) {
		resolve_tell_later(resolve);
		return;
	}
	resolve->asked = now;
	resolve->round++;
	resolve->addresses.count = 0;
	/* What the name led to before is used again when the resolver takes its time. */
	if (resolve_known(resolve))
		loop_timer_set(&resolve->delay, RESOLVE_DELAY);
	if (!resolve->heard)
		resolve->heard = now;
	loop_timer_set(&resolve->patience, resolve_patience(resolve, now));
	resolve_ask(resolve, RESOLVE_V6);
	resolve_ask(resolve, RESOLVE_V4);
}

void resolve_leave(struct resolve *resolve)
{
	resolve->news = NULL;
	loop_timer_clear(&resolve->tell);
}

const struct resolve_address *resolve_addresses(const struct resolve *resolve, size_t *count)
{
	*count = resolve->addresses.count;
	return resolve->addresses.entries;
}

/* The more telling of two reasons: silence over an error over "no address" over "no such name". */
static struct outcome resolve_reason(const struct resolve *resolve)
{
	const struct outcome *v4 = &resolve->questions[RESOLVE_V4].outcome,
			     *v6 = &resolve->questions[RESOLVE_V6].outcome;

	return v6->kind > v4->kind ? *v6 : *v4;
}

bool resolve_is_over(const struct resolve *resolve, struct outcome *outcome)
{
	if (resolve->dns && !resolve_all_answered(resolve))
		return false;
	*outcome = resolve->addresses.count ? outcome_make(OUTCOME_READY, NULL) : resolve_reason(resolve);
	return true;
}
