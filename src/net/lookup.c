#include "net/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/dns.h"
#include "net/hosts.h"
#include "net/reserved.h"
#include "net/resolvconf.h"

#define LOOKUP_HOSTS          "/etc/hosts"
#define LOOKUP_RESOLV_CONF    "/etc/resolv.conf"
#define LOOKUP_WATCH_INTERVAL (100 * CLOCK_MS)

struct lookup_shared {
	struct hosts *hosts;
	struct resolvconf conf;
	struct dns *dns;
	struct loop_timer watch; /* checks the files while look-ups are open */
	struct lookup *open;     /* list of the look-ups with an open question */
};

struct lookup_slot {
	struct lookup_half *half;
	struct dns_question *question; /* NULL: none is open */
	size_t candidate;              /* which name it asks for */
};

/* One family of a look-up. */
struct lookup_half {
	struct lookup *lookup;
	struct lookup_slot slots[2]; /* the question of this round, and one that an earlier round left open */
	unsigned slot;               /* which of them is of this round */
	bool is_empty;               /* the present candidate has no address of this family */
	struct outcome outcome;      /* why */
	struct outcome worst;        /* of all candidates so far */
	struct lookup_result result;
};

struct lookup {
	struct lookup_shared *shared;
	const char *name;
	struct lookup *next, **link; /* link NULL: not in the list of open ones */
	size_t candidate;
	bool settled; /* the present candidate has an address */
	bool is_srv;  /* the half of LOOKUP_SRV asks for SRV records; the other one asks nothing */
	struct srv_list services;
	struct lookup_half halves[LOOKUP_FAMILIES];
	void (*answered)(void *arg, enum lookup_family family);
	void *arg;
};

static bool lookup_has_open(const struct lookup_half *half)
{
	return half->slots[0].question || half->slots[1].question;
}

/* Keeps the list of open look-ups right. */
static void lookup_set_open(struct lookup *lookup)
{
	struct lookup_shared *shared = lookup->shared;
	bool open = lookup_has_open(&lookup->halves[LOOKUP_V4]) || lookup_has_open(&lookup->halves[LOOKUP_V6]);

	if (open == (lookup->link != NULL))
		return;
	if (!open) {
		*lookup->link = lookup->next;
		if (lookup->next)
			lookup->next->link = lookup->link;
		lookup->link = NULL;
		return;
	}
	lookup->next = shared->open;
	lookup->link = &shared->open;
	if (lookup->next)
		lookup->next->link = &lookup->next;
	shared->open = lookup;
	if (!loop_timer_is_set(&shared->watch))
		loop_timer_set(&shared->watch, LOOKUP_WATCH_INTERVAL);
}

static void lookup_drop_slot(struct lookup_slot *slot)
{
	dns_drop(slot->question);
	slot->question = NULL;
}

static void lookup_drop(struct lookup *lookup)
{
	for (int i = 0; i < LOOKUP_FAMILIES; i++)
		for (int j = 0; j < 2; j++)
			lookup_drop_slot(&lookup->halves[i].slots[j]);
}

/* The round is over: no question is needed any more. */
static void lookup_settle(struct lookup *lookup)
{
	lookup->settled = true;
	lookup_drop(lookup);
	lookup_set_open(lookup);
}

/* Sets the result of a family; takes the addresses. */
static void lookup_set_result(struct lookup *lookup, enum lookup_family family, struct outcome outcome,
			      struct address_list *found)
{
	struct lookup_result *result = &lookup->halves[family].result;

	result->answered = true;
	result->is_late = false;
	result->outcome = outcome;
	address_list_release(&result->found);
	result->found = *found;
	*found = (struct address_list){0};
}

/* Both families are answered. tells: not inside lookup_start of this look-up, whose caller looks by itself. */
static void lookup_tell_both(struct lookup *lookup, bool tells)
{
	for (int i = 0; tells && i < LOOKUP_FAMILIES; i++)
		lookup->answered(lookup->arg, i);
}

/* Splits addresses of both families, which come from elsewhere than DNS, into the two results. */
static void lookup_set_both(struct lookup *lookup, const struct address_list *found, bool tells)
{
	struct address_list parts[LOOKUP_FAMILIES] = {{0}};

	lookup_settle(lookup);
	for (size_t i = 0; i < found->count; i++)
		address_list_add(&parts[found->entries[i].any.sa_family == AF_INET ? LOOKUP_V4 : LOOKUP_V6],
				 &found->entries[i]);
	for (int i = 0; i < LOOKUP_FAMILIES; i++)
		lookup_set_result(lookup, i, outcome_make(parts[i].count ? OUTCOME_READY : OUTCOME_NO_ADDRESS, NULL),
				  &parts[i]);
	lookup_tell_both(lookup, tells);
}

/* If hosts has the name, or needs not have it, that is the answer. Returns whether it is. */
static bool lookup_try_hosts(struct lookup *lookup, bool tells)
{
	struct address_list found = {0};
	bool has;

	if (lookup->is_srv)
		return false;
	hosts_find(lookup->shared->hosts, lookup->name, &found);
	reserved_add_loopback(lookup->name, &found); /* hosts has localhost nearly always */
	has = found.count > 0;
	if (has)
		lookup_set_both(lookup, &found, tells);
	address_list_release(&found);
	return has;
}

static void lookup_on_answer(void *arg, struct dns_answer *answer);

static void lookup_ask_half(struct lookup_half *half, const char *name)
{
	struct lookup *lookup = half->lookup;
	bool is_v4 = half == &lookup->halves[LOOKUP_V4];
	enum records_type type = lookup->is_srv ? RECORDS_SRV : is_v4 ? RECORDS_A : RECORDS_AAAA;
	const struct lookup_slot *left = &half->slots[!half->slot];
	struct lookup_slot *slot = &half->slots[half->slot];

	if (lookup->is_srv && !is_v4) {
		half->is_empty = true;
		return;
	}
	half->result.is_late = left->question && left->candidate == lookup->candidate;
	if (half->result.is_late) {
		half->slot = !half->slot; /* a slow server needs the time that it has had already */
		return;
	}
	lookup_drop_slot(slot);
	slot->candidate = lookup->candidate;
	slot->question = dns_ask(lookup->shared->dns, name, type, lookup_on_answer, slot);
}

/* Asks for the present candidate. Returns false if there is none any more. */
static bool lookup_ask(struct lookup *lookup)
{
	char name[2 * DNS_NAME_SIZE];

	if (!resolvconf_candidate(&lookup->shared->conf, lookup->name, lookup->candidate, name, sizeof(name)))
		return false;
	lookup->halves[LOOKUP_V6].is_empty = lookup->halves[LOOKUP_V4].is_empty = false;
	lookup_ask_half(&lookup->halves[LOOKUP_V6], name);
	lookup_ask_half(&lookup->halves[LOOKUP_V4], name);
	lookup_set_open(lookup);
	return true;
}

static void lookup_note_worst(struct lookup *lookup, struct lookup_half *half)
{
	bool is_word = !strchr(lookup->name, '.');
	bool stands = resolvconf_is_as_it_stands(&lookup->shared->conf, lookup->name, lookup->candidate);

	/* An error of a search domain says nothing about a single word, which need not exist there. */
	if (is_word && !stands && half->outcome.kind == OUTCOME_DNS_FAILED)
		return;
	if (outcome_info(half->outcome.kind)->weight > outcome_info(half->worst.kind)->weight)
		half->worst = half->outcome;
}

/* There is nothing left to ask: each family gets the worst reason that was met. */
static void lookup_end(struct lookup *lookup, bool tells)
{
	struct address_list none = {0};

	lookup_settle(lookup);
	for (int i = 0; i < LOOKUP_FAMILIES; i++)
		lookup_set_result(lookup, i, lookup->halves[i].worst, &none);
	lookup_tell_both(lookup, tells);
}

/* The present candidate has no address. */
static void lookup_go_on(struct lookup *lookup)
{
	for (int i = 0; i < LOOKUP_FAMILIES; i++)
		lookup_note_worst(lookup, &lookup->halves[i]);
	lookup->candidate++;
	if (!lookup_ask(lookup))
		lookup_end(lookup, true);
}

/* A family of the present candidate is answered. */
static void lookup_note(struct lookup_half *half, struct dns_answer *answer)
{
	struct lookup *lookup = half->lookup;
	enum lookup_family family = (enum lookup_family)(half - lookup->halves);
	enum lookup_family other = family == LOOKUP_V4 ? LOOKUP_V6 : LOOKUP_V4;
	struct lookup_half *rest = &lookup->halves[other];
	struct address_list none = {0};

	half->outcome = answer->outcome;
	half->is_empty = !answer->found.addresses.count && !answer->found.texts.len;
	srv_list_read(&lookup->services, &answer->found.texts);
	if (half->is_empty && !lookup->settled) {
		if (rest->is_empty)
			lookup_go_on(lookup);
		return;
	}
	/* The empty answer of the other family was held back, because the search could have gone on. */
	if (!lookup->settled && rest->is_empty) {
		lookup_set_result(lookup, other, rest->outcome, &none);
		lookup->answered(lookup->arg, other);
	}
	lookup->settled = true;
	lookup_set_result(lookup, family, answer->outcome, &answer->found.addresses);
	lookup->answered(lookup->arg, family);
}

static void lookup_on_answer(void *arg, struct dns_answer *answer)
{
	struct lookup_slot *slot = arg;
	struct lookup_half *half = slot->half;

	slot->question = NULL;
	lookup_set_open(half->lookup);
	/* One of an earlier round, which this round has not come to yet, is asked again then. */
	if (slot == &half->slots[half->slot])
		lookup_note(half, answer);
}

/* Puts an open question aside: this round may come to its name again. */
static void lookup_leave_half(struct lookup_half *half)
{
	if (half->slots[half->slot].question) {
		half->slot = !half->slot;
		lookup_drop_slot(&half->slots[half->slot]);
	}
	half->is_empty = half->result.answered = false;
	half->worst = outcome_make(OUTCOME_NO_NAME, NULL);
}

/* Begins a round: with hosts, then with the first candidate. */
static void lookup_begin(struct lookup *lookup, bool tells)
{
	lookup->candidate = 0;
	lookup->settled = false;
	for (int i = 0; i < LOOKUP_FAMILIES; i++)
		lookup_leave_half(&lookup->halves[i]);
	if (lookup_try_hosts(lookup, tells))
		return;
	if (reserved_is_onion(lookup->name))
		lookup_end(lookup, tells);
	else
		lookup_ask(lookup);
}

/* Reads the files again if they have changed. Returns whether all open rounds were begun again because of it. */
static bool lookup_refresh(struct lookup_shared *shared)
{
	bool hosts_changed = shared->open && hosts_is_stale(shared->hosts);

	if (resolvconf_refresh(&shared->conf, LOOKUP_RESOLV_CONF)) {
		struct lookup *open = shared->open;

		/* All questions are dropped before the servers are given up. */
		for (struct lookup *lookup = open; lookup; lookup = lookup->next)
			lookup_drop(lookup);
		dns_reset(shared->dns);
		for (struct lookup *lookup = open, *next; lookup; lookup = next) {
			next = lookup->next;
			lookup_begin(lookup, true);
		}
		return true;
	}
	for (struct lookup *lookup = hosts_changed ? shared->open : NULL, *next; lookup; lookup = next) {
		next = lookup->next;
		lookup_try_hosts(lookup, true);
	}
	return false;
}

static void lookup_on_watch(void *arg)
{
	struct lookup_shared *shared = arg;

	if (!shared->open)
		return;
	lookup_refresh(shared);
	loop_timer_set(&shared->watch, LOOKUP_WATCH_INTERVAL);
}

struct lookup_shared *lookup_share(struct loop *loop)
{
	struct lookup_shared *shared = alloc_zero(1, sizeof(*shared));

	shared->hosts = hosts_new(LOOKUP_HOSTS);
	shared->dns = dns_new(loop, &shared->conf);
	loop_timer_init(loop, &shared->watch, lookup_on_watch, shared);
	return shared;
}

void lookup_unshare(struct lookup_shared *shared)
{
	if (!shared)
		return;
	loop_timer_clear(&shared->watch);
	dns_free(shared->dns);
	resolvconf_release(&shared->conf);
	hosts_free(shared->hosts);
	free(shared);
}

struct lookup *lookup_new(struct lookup_shared *shared, const char *name, bool is_srv,
			  void (*answered)(void *arg, enum lookup_family family), void *arg)
{
	struct lookup *lookup = alloc_zero(1, sizeof(*lookup));

	lookup->shared = shared;
	lookup->name = name;
	lookup->is_srv = is_srv;
	lookup->answered = answered;
	lookup->arg = arg;
	for (int i = 0; i < LOOKUP_FAMILIES; i++) {
		lookup->halves[i].lookup = lookup;
		for (int j = 0; j < 2; j++)
			lookup->halves[i].slots[j].half = &lookup->halves[i];
	}
	return lookup;
}

struct srv_list *lookup_services(struct lookup *lookup)
{
	return &lookup->services;
}

void lookup_free(struct lookup *lookup)
{
	if (!lookup)
		return;
	lookup_drop(lookup);
	lookup_set_open(lookup);
	for (int i = 0; i < LOOKUP_FAMILIES; i++)
		address_list_release(&lookup->halves[i].result.found);
	srv_list_release(&lookup->services);
	free(lookup);
}

/* The round goes on: a family without an address may have one by now, though the other is not answered yet. */
static void lookup_ask_again(struct lookup *lookup)
{
	char name[2 * DNS_NAME_SIZE];

	if (!resolvconf_candidate(&lookup->shared->conf, lookup->name, lookup->candidate, name, sizeof(name)))
		return;
	/* It stays known as empty: two families that are asked in turn must not keep the search from going on. */
	for (int i = 0; i < LOOKUP_FAMILIES; i++)
		if (lookup->halves[i].is_empty && !lookup->halves[i].slots[lookup->halves[i].slot].question)
			lookup_ask_half(&lookup->halves[i], name);
}

void lookup_start(struct lookup *lookup)
{
	bool was_open = lookup->link != NULL, goes_on = was_open && !lookup->settled;

	if (lookup_refresh(lookup->shared) && was_open)
		return;
	if (goes_on && lookup->link)
		lookup_ask_again(lookup);
	else
		lookup_begin(lookup, false);
}

const struct lookup_result *lookup_result(const struct lookup *lookup, enum lookup_family family)
{
	return &lookup->halves[family].result;
}
