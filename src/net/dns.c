#include "net/dns.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/nameserver.h"

/* How often a question is repeated, and how many packets that can be. */
enum { DNS_ROUNDS = 4, DNS_TRIES_MAX = DNS_ROUNDS * RESOLVCONF_SERVERS_MAX };

#define DNS_PATIENCE  (500 * CLOCK_MS) /* before the second round; doubles with each further one */
#define DNS_LAST_WAIT (5 * CLOCK_S)    /* after the last round */
#define DNS_SWEEP     (10 * CLOCK_S)   /* how often unused sockets and forgotten tries are looked for */

/*
 * Repeated tries use sockets of their own, so that they leave by another port: a stale entry in a connection table
 * (kube-proxy's, for one) then loses only the first try.
 */
enum { DNS_FIRST_TRIES, DNS_LATER_TRIES, DNS_WAYS };

struct dns {
	struct loop *loop;
	const struct resolvconf *conf;
	struct nameserver servers[RESOLVCONF_SERVERS_MAX][DNS_WAYS];
	unsigned silent; /* bits: the servers that let a question wait the last time */
	struct loop_timer sweep;
	struct dns_question *open; /* list of the questions that are not freed */
};

struct dns_try {
	struct nameserver_try try;
	struct dns_question *question;
	unsigned server; /* its number */
};

/* Freed when no try is open any more and the asker has its answer or has dropped the question. */
struct dns_question {
	struct dns *dns;
	struct dns_question *next, **link; /* link: what points here, so that thousands can be taken out */
	char name[DNS_NAME_SIZE];
	enum records_type type;
	void (*answered)(void *arg, struct dns_answer *answer); /* NULL: delivered or dropped */
	void *arg;
	struct dns_try tries[DNS_TRIES_MAX];
	unsigned sent, waiting;  /* tries made, and those that are open */
	unsigned rounds;         /* how often all was quiet for the patience of a round, and the first one */
	unsigned failed;         /* bits: the servers that answered with an error */
	bool busy;               /* inside a call that may end a try of it: it must not be freed or send */
	bool is_refused;         /* a server answered with an error: the next one is asked on the next turn */
	bool over;               /* the answer is known */
	struct loop_timer timer; /* the next round, or the delivery of the answer */
	struct dns_answer answer;
};

static void dns_on_sweep(void *arg)
{
	struct dns *dns = arg;
	bool busy = false;

	for (int server = 0; server < RESOLVCONF_SERVERS_MAX; server++)
		for (int way = 0; way < DNS_WAYS; way++)
			busy |= nameserver_tidy(&dns->servers[server][way]);
	if (busy)
		loop_timer_set(&dns->sweep, DNS_SWEEP);
}

static void dns_free_question(struct dns_question *question)
{
	*question->link = question->next;
	if (question->next)
		question->next->link = question->link;
	loop_timer_clear(&question->timer);
	records_release(&question->answer.found);
	free(question);
}

/* The answer is known: delivers it on a later turn of the loop, because c-ares may be on the stack (FACTS 15). */
static void dns_conclude(struct dns_question *question, const struct outcome *outcome)
{
	question->over = true;
	question->answer.outcome = *outcome;
	loop_timer_set(&question->timer, 0);
}

/* A server cannot tell: the next one may. Each is heard once before the error is the answer. */
static void dns_note_error(struct dns_question *question, unsigned server, const struct outcome *outcome)
{
	unsigned count = (unsigned)question->dns->conf->server_count;

	question->failed |= 1u << server;
	if (question->failed == (1u << count) - 1)
		dns_conclude(question, outcome);
	if (question->over || question->busy || question->sent >= count)
		return;
	/* c-ares is on the stack. */
	question->is_refused = true;
	loop_timer_set(&question->timer, 0);
}

static void dns_on_answered(struct nameserver_try *inner, enum nameserver_result result, const struct outcome *outcome,
			    struct records *found)
{
	struct dns_try *try = inner->arg;
	struct dns_question *question = try->question;

	question->waiting--;
	/* Any reply, also one that comes after another server's. */
	if (result != NAMESERVER_LOST)
		question->dns->silent &= ~(1u << try->server);
	if (question->answered && !question->over && result != NAMESERVER_LOST) {
		if (result == NAMESERVER_ERROR) {
			dns_note_error(question, try->server, outcome);
		} else {
			question->answer.found = *found;
			*found = (struct records){0};
			dns_conclude(question, outcome);
		}
	}
	if (!question->answered && !question->waiting && !question->busy)
		dns_free_question(question);
}

/* Asks the server whose turn it is. */
static void dns_send(struct dns_question *question)
{
	struct dns *dns = question->dns;
	unsigned number = question->sent++, which = number % (unsigned)dns->conf->server_count;
	struct nameserver *server =
		&dns->servers[which][number < dns->conf->server_count ? DNS_FIRST_TRIES : DNS_LATER_TRIES];
	const char *obstacle = nameserver_open(server, dns->conf->servers[which], dns->conf->use_tcp);
	struct dns_try *try = &question->tries[number];
	struct outcome outcome;

	if (obstacle) {
		outcome = outcome_make(OUTCOME_LOCAL, "%s", obstacle);
		dns_note_error(question, which, &outcome);
		return;
	}
	*try = (struct dns_try){{.answered = dns_on_answered, .arg = try}, question, which};
	question->waiting++;
	nameserver_ask(server, question->name, question->type, &try->try);
	if (!loop_timer_is_set(&dns->sweep))
		loop_timer_set(&dns->sweep, DNS_SWEEP);
}

/*
 * Asks the next server, and with a silent one those after it too, but each only once. Then the patience of the round
 * begins.
 */
static void dns_send_some(struct dns_question *question)
{
	unsigned count = (unsigned)question->dns->conf->server_count, asked = 0;
	bool goes_on = true;

	question->busy = true;
	while (goes_on && asked < count && question->sent < DNS_TRIES_MAX && !question->over) {
		unsigned bit = 1u << question->sent % count;

		dns_send(question);
		asked++;
		goes_on = (question->dns->silent | question->failed) & bit;
	}
	question->busy = false;
	if (!question->over)
		loop_timer_set(&question->timer,
			       question->rounds < DNS_ROUNDS ? DNS_PATIENCE << (question->rounds - 1) : DNS_LAST_WAIT);
}

static void dns_send_round(struct dns_question *question)
{
	question->rounds++;
	dns_send_some(question);
}

static void dns_deliver(struct dns_question *question)
{
	void (*answered)(void *, struct dns_answer *) = question->answered;

	question->answered = NULL;
	/* The asker may ask again inside: if that fails at once, c-ares also ends the tries of this question. */
	question->busy = true;
	answered(question->arg, &question->answer);
	question->busy = false;
	if (!question->waiting)
		dns_free_question(question);
}

/* The answer is to be delivered, or a server gave an error, or the servers asked so far are silent. */
static void dns_on_timer(void *arg)
{
	struct dns_question *question = arg;
	const struct outcome silence = outcome_make(OUTCOME_DNS_SILENT, NULL);
	unsigned last;

	if (question->over) {
		dns_deliver(question);
		return;
	}
	if (question->is_refused) {
		question->is_refused = false;
		dns_send_some(question);
		return;
	}
	last = (question->sent - 1) % (unsigned)question->dns->conf->server_count;
	if (!(question->failed & 1u << last))
		question->dns->silent |= 1u << last;
	if (question->rounds < DNS_ROUNDS)
		dns_send_round(question);
	else
		dns_conclude(question, &silence);
}

struct dns *dns_new(struct loop *loop, const struct resolvconf *conf)
{
	struct dns *dns = alloc_zero(1, sizeof(*dns));

	dns->loop = loop;
	dns->conf = conf;
	loop_timer_init(loop, &dns->sweep, dns_on_sweep, dns);
	for (int server = 0; server < RESOLVCONF_SERVERS_MAX; server++)
		for (int way = 0; way < DNS_WAYS; way++)
			nameserver_init(&dns->servers[server][way], loop);
	return dns;
}

void dns_reset(struct dns *dns)
{
	for (int server = 0; server < RESOLVCONF_SERVERS_MAX; server++)
		for (int way = 0; way < DNS_WAYS; way++)
			nameserver_close(&dns->servers[server][way]);
	dns->silent = 0;
}

void dns_free(struct dns *dns)
{
	if (!dns)
		return;
	dns_reset(dns);
	loop_timer_clear(&dns->sweep);
	for (struct dns_question *question = dns->open, *next; question; question = next) {
		next = question->next;
		dns_free_question(question);
	}
	free(dns);
}

struct dns_question *dns_ask(struct dns *dns, const char *name, enum records_type type,
			     void (*answered)(void *arg, struct dns_answer *answer), void *arg)
{
	struct dns_question *question = alloc_zero(1, sizeof(*question));
	const struct outcome none = outcome_make(OUTCOME_NO_NAME, NULL);
	size_t len = strlen(name);
	size_t letters = len && name[len - 1] == '.' ? len - 1 : len;

	*question = (struct dns_question){
		.dns = dns, .next = dns->open, .link = &dns->open, .type = type, .answered = answered, .arg = arg};
	if (dns->open)
		dns->open->link = &question->next;
	dns->open = question;
	loop_timer_init(dns->loop, &question->timer, dns_on_timer, question);
	if (letters > DNS_NAME_MAX) {
		dns_conclude(question, &none);
		return question;
	}
	memcpy(question->name, name, len + 1);
	dns_send_round(question);
	return question;
}

void dns_drop(struct dns_question *question)
{
	if (!question)
		return;
	question->answered = NULL;
	loop_timer_clear(&question->timer);
	if (!question->waiting)
		dns_free_question(question);
}
