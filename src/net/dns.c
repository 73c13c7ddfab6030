#include "net/dns.h"

#include <ares.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "system/stamp.h"

enum { DNS_SOCKETS = 16, DNS_TRIES = 3, DNS_TRY_MS = 500, DNS_TRY_MAX_MS = 1000 };

#define DNS_WATCH_INTERVAL (100 * CLOCK_MS)

static const char *const dns_files[] = {"/etc/resolv.conf", "/etc/hosts"};

enum { DNS_FILES = sizeof(dns_files) / sizeof(dns_files[0]) };

struct dns_socket {
	int fd; /* -1: free */
	struct dns *dns;
	struct loop_watch watch;
};

struct dns {
	struct loop *loop;
	ares_channel_t *channel; /* NULL before the first question and while it is replaced */
	struct loop_timer timeout;
	struct loop_timer watch; /* checks dns_files while questions are open */
	struct stamp seen[DNS_FILES];
	struct dns_socket sockets[DNS_SOCKETS];
	struct dns_question *open; /* list of the open questions */
};

/* Freed when c-ares will not call back any more and the asker has its answer or has dropped the question. */
struct dns_question {
	struct dns *dns;
	struct dns_question *next, **link; /* link: what points here, so that thousands can be taken out */
	char *name;
	int family;
	void (*answered)(void *arg, const struct dns_answer *answer); /* NULL: delivered or dropped */
	void *arg;
	bool in_channel; /* c-ares will still call back */
	struct loop_timer deliver;
	struct dns_answer answer;
};

/* Has one of the files changed since the channel read it? */
static bool dns_files_changed(const struct dns *dns)
{
	for (int i = 0; i < DNS_FILES; i++)
		if (stamp_is_stale(&dns->seen[i], dns_files[i]))
			return true;
	return false;
}

static void dns_set_timeout(struct dns *dns)
{
	struct timeval room, *next = ares_timeout(dns->channel, NULL, &room);

	if (next)
		loop_timer_set(&dns->timeout, next->tv_sec * CLOCK_S + next->tv_usec);
	else
		loop_timer_clear(&dns->timeout);
}

static void dns_on_timeout(void *arg)
{
	struct dns *dns = arg;

	ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	dns_set_timeout(dns);
}

static void dns_on_ready(void *arg, bool readable, bool writable)
{
	struct dns_socket *ready = arg;
	struct dns *dns = ready->dns;
	int fd = ready->fd;

	ares_process_fd(dns->channel, readable ? fd : ARES_SOCKET_BAD, writable ? fd : ARES_SOCKET_BAD);
	dns_set_timeout(dns);
}

/* Called by c-ares when it opens or closes a socket or changes what it waits for on it. */
static void dns_on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns *dns = arg;
	struct dns_socket *slot = NULL;

	for (int i = 0; i < DNS_SOCKETS && (!slot || slot->fd != fd); i++)
		if (dns->sockets[i].fd == fd || (!slot && dns->sockets[i].fd < 0))
			slot = &dns->sockets[i];
	if (!slot)
		return; /* no free slot: the socket is not watched, and c-ares' timeout ends its query */
	slot->fd = readable || writable ? fd : -1;
	loop_watch_set(dns->loop, &slot->watch, fd, readable, writable);
}

static struct outcome dns_outcome(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
	case ARES_EBADNAME:
		return outcome_make(OUTCOME_NO_NAME, NULL);
	case ARES_ENODATA:
		return outcome_make(OUTCOME_NO_ADDRESS, NULL);
	case ARES_ETIMEOUT:
		return outcome_make(OUTCOME_DNS_SILENT, NULL);
	default:
		return outcome_make(OUTCOME_DNS_FAILED, "%s", ares_strerror(status));
	}
}

static void dns_take_addresses(struct dns_answer *answer, const struct ares_addrinfo *found)
{
	for (const struct ares_addrinfo_node *node = found->nodes; node; node = node->ai_next) {
		if (node->ai_addrlen > sizeof(*answer->addresses))
			continue;
		answer->addresses = alloc_resize(answer->addresses, answer->count + 1, sizeof(*answer->addresses));
		memset(&answer->addresses[answer->count], 0, sizeof(*answer->addresses));
		memcpy(&answer->addresses[answer->count++], node->ai_addr, node->ai_addrlen);
	}
}

static void dns_free_question(struct dns_question *question)
{
	*question->link = question->next;
	if (question->next)
		question->next->link = question->link;
	loop_timer_clear(&question->deliver);
	free(question->answer.addresses);
	free(question->name);
	free(question);
}

/*
 * Called by c-ares, perhaps inside ares_getaddrinfo or ares_destroy (FACTS 15). So it only stores the answer for later.
 */
static void dns_on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *found)
{
	struct dns_question *question = arg;

	(void)timeouts;
	question->in_channel = false;
	if (status == ARES_SUCCESS && question->answered)
		dns_take_addresses(&question->answer, found);
	if (found)
		ares_freeaddrinfo(found);
	if (!question->answered) {
		dns_free_question(question);
		return;
	}
	if (status == ARES_EDESTRUCTION)
		return; /* the channel was destroyed; dns_rebuild sends the question again */
	question->answer.outcome = question->answer.count ? outcome_make(OUTCOME_READY, NULL)
							  : dns_outcome(status == ARES_SUCCESS ? ARES_ENODATA : status);
	loop_timer_set(&question->deliver, 0);
}

static void dns_deliver(void *arg)
{
	struct dns_question *question = arg;
	void (*answered)(void *, const struct dns_answer *) = question->answered;

	question->answered = NULL;
	answered(question->arg, &question->answer);
	dns_free_question(question);
}

static int dns_open_channel(struct dns *dns)
{
	static char lookups[] = "fb"; /* hosts before DNS; nsswitch.conf is ignored, as it may be missing (FACTS 41) */
	struct ares_options options = {
		.timeout = DNS_TRY_MS,
		.tries = DNS_TRIES,
		.lookups = lookups,
		.sock_state_cb = dns_on_socket,
		.sock_state_cb_data = dns,
		.qcache_max_ttl = 0, /* no cache, so that a name which is created later is found (FACTS 10, 14) */
		.maxtimeout = DNS_TRY_MAX_MS,
	};

	/* Stamp the files before c-ares reads them. A change in between is then noticed, at worst twice. */
	for (int i = 0; i < DNS_FILES; i++)
		stamp_take(&dns->seen[i], dns_files[i]);
	return ares_init_options(&dns->channel, &options,
				 ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB |
					 ARES_OPT_QUERY_CACHE | ARES_OPT_MAXTIMEOUTMS);
}

static bool dns_hosts_has(struct dns *dns, const char *name, int family)
{
	struct hostent *found = NULL;
	bool has = ares_gethostbyname_file(dns->channel, name, family, &found) == ARES_SUCCESS;

	if (found)
		ares_free_hostent(found);
	return has;
}

/*
 * Does /etc/hosts have the name in the other family only? Then it has no address in this family, and DNS is not asked.
 * This follows the order "files dns", which nearly every nsswitch.conf has.
 */
static bool dns_is_in_hosts_otherwise(struct dns *dns, const char *name, int family)
{
	return !dns_hosts_has(dns, name, family) && dns_hosts_has(dns, name, family == AF_INET ? AF_INET6 : AF_INET);
}

static void dns_answer_at_once(struct dns_question *question, enum outcome_kind kind, const char *detail)
{
	question->answer.outcome = outcome_make(kind, "%s", detail);
	loop_timer_set(&question->deliver, 0);
}

static void dns_send(struct dns_question *question)
{
	struct dns *dns = question->dns;
	const struct ares_addrinfo_hints hints = {
		.ai_family = question->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = ARES_AI_NOSORT,
	};

	if (!dns->channel && dns_open_channel(dns) != ARES_SUCCESS) {
		dns->channel = NULL;
		dns_answer_at_once(question, OUTCOME_LOCAL, "no resolver: out of descriptors or memory");
		return;
	}
	if (dns_is_in_hosts_otherwise(dns, question->name, question->family)) {
		dns_answer_at_once(question, OUTCOME_NO_ADDRESS, "");
		return;
	}
	question->in_channel = true;
	ares_getaddrinfo(dns->channel, question->name, NULL, &hints, dns_on_answer, question);
	dns_set_timeout(dns);
}

static void dns_close_channel(struct dns *dns)
{
	if (dns->channel)
		ares_destroy(dns->channel);
	dns->channel = NULL;
	loop_timer_clear(&dns->timeout);
}

/* Replaces the channel and sends again every question that the old one had not answered. */
static void dns_rebuild(struct dns *dns)
{
	dns_close_channel(dns);
	for (struct dns_question *question = dns->open; question; question = question->next)
		if (question->answered && !loop_timer_is_set(&question->deliver))
			dns_send(question);
}

static void dns_on_watch(void *arg)
{
	struct dns *dns = arg;

	if (!dns->open)
		return;
	if (dns_files_changed(dns))
		dns_rebuild(dns);
	loop_timer_set(&dns->watch, DNS_WATCH_INTERVAL);
}

struct dns *dns_new(struct loop *loop)
{
	struct dns *dns = alloc_zero(1, sizeof(*dns));

	dns->loop = loop;
	loop_timer_init(loop, &dns->timeout, dns_on_timeout, dns);
	loop_timer_init(loop, &dns->watch, dns_on_watch, dns);
	for (int i = 0; i < DNS_SOCKETS; i++)
		dns->sockets[i] = (struct dns_socket){
			.fd = -1, .dns = dns, .watch = {.ready = dns_on_ready, .arg = &dns->sockets[i]}};
	return dns;
}

void dns_free(struct dns *dns)
{
	if (!dns)
		return;
	dns_close_channel(dns);
	loop_timer_clear(&dns->watch);
	for (struct dns_question *question = dns->open, *next; question; question = next) {
		next = question->next;
		dns_free_question(question);
	}
	free(dns);
}

struct dns_question *dns_ask(struct dns *dns, const char *name, int family,
			     void (*answered)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct dns_question *question = alloc_zero(1, sizeof(*question));

	/* Replacing the channel is safe here: no asker runs inside a callback of c-ares (FACTS 15). */
	if (dns->channel && dns_files_changed(dns))
		dns_rebuild(dns);
	*question = (struct dns_question){.dns = dns,
					  .next = dns->open,
					  .link = &dns->open,
					  .name = alloc_text(name),
					  .family = family,
					  .answered = answered,
					  .arg = arg};
	if (dns->open)
		dns->open->link = &question->next;
	dns->open = question;
	loop_timer_init(dns->loop, &question->deliver, dns_deliver, question);
	if (!loop_timer_is_set(&dns->watch))
		loop_timer_set(&dns->watch, DNS_WATCH_INTERVAL);
	dns_send(question);
	return question;
}

void dns_drop(struct dns_question *question)
{
	if (!question)
		return;
	question->answered = NULL;
	if (!question->in_channel)
		dns_free_question(question);
}
