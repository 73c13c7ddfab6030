#include "net/dns.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/clock.h"

enum {
	DNS_ROUNDS = 4,         /* how often a server is asked again in one question, all servers counted */
	DNS_SOCKETS = 4,        /* of one channel: one for UDP, one for TCP, and those that are being given up */
	DNS_ALIASES_MAX = 16,   /* CNAME records followed in one answer */
	DNS_TRY_MS = 10 * 1000, /* for c-ares; longer than a question, so that late answers count */
};

#define DNS_PATIENCE   (500 * CLOCK_MS) /* before the second try; doubles with each further one */
#define DNS_LAST_WAIT  (5 * CLOCK_S)    /* after the last try */
#define DNS_SWEEP      (10 * CLOCK_S)   /* how often c-ares may forget tries that nobody answered */
#define DNS_SOCKET_AGE (10 * CLOCK_S)  /* how long an idle socket is used again */

struct dns_channel;

struct dns_socket {
	int fd; /* -1: free */
	struct dns_channel *channel;
	struct loop_watch watch;
};

/*
 * c-ares for one server. Repeated tries use a channel of their own, so that they leave by another port: a stale entry in
 * a connection table (kube-proxy's, for one) then loses only the first try.
 */
struct dns_channel {
	ares_channel_t *ares; /* NULL: not needed yet */
	struct dns *dns;
	struct dns_socket sockets[DNS_SOCKETS];
	unsigned open;  /* tries without an answer */
	int64_t opened; /* when its oldest socket was opened; 0: none is open */
};

enum { DNS_FIRST_TRIES, DNS_LATER_TRIES, DNS_CHANNELS };

struct dns {
	struct loop *loop;
	const struct resolvconf *conf;
	struct dns_channel channels[RESOLVCONF_SERVERS_MAX][DNS_CHANNELS];
	unsigned silent; /* bits: the servers that let a question wait the last time */
	struct loop_timer sweep;
	struct dns_question *open; /* list of the questions that are not freed */
};

/* One try of a question, for c-ares' callback. */
struct dns_try {
	struct dns_question *question;
	struct dns_channel *channel;
	unsigned server;
};

enum { DNS_TRIES_MAX = DNS_ROUNDS * RESOLVCONF_SERVERS_MAX };

/* Freed when c-ares will not call back any more and the asker has its answer or has dropped the question. */
struct dns_question {
	struct dns *dns;
	struct dns_question *next, **link; /* link: what points here, so that thousands can be taken out */
	char name[DNS_NAME_SIZE];
	int family;
	void (*answered)(void *arg, struct dns_answer *answer); /* NULL: delivered or dropped */
	void *arg;
	struct dns_try tries[DNS_TRIES_MAX];
	unsigned sent, waiting; /* tries made, and those that c-ares will still call back for */
	unsigned rounds;
	unsigned failed;         /* bits: the servers that answered with an error */
	bool sending;            /* inside dns_send: c-ares may call back there */
	bool over;               /* the answer is known */
	struct loop_timer timer; /* the next try, or the delivery of the answer */
	struct dns_answer answer;
};

static void dns_on_ready(void *arg, bool readable, bool writable)
{
	struct dns_socket *ready = arg;
	const ares_fd_events_t event = {
		.fd = ready->fd,
		.events = (readable ? ARES_FD_EVENT_READ : 0u) | (writable ? ARES_FD_EVENT_WRITE : 0u),
	};

	/* Without the flag c-ares would give up tries by its own clock, which adapts to earlier answers (FACTS 13). */
	ares_process_fds(ready->channel->ares, &event, 1, ARES_PROCESS_FLAG_SKIP_NON_FD);
}

/* Called by c-ares when it opens or closes a socket or changes what it waits for on it. */
static void dns_on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns_channel *channel = arg;
	struct dns_socket *slot = NULL;

	for (int i = 0; i < DNS_SOCKETS && (!slot || slot->fd != fd); i++)
		if (channel->sockets[i].fd == fd || (!slot && channel->sockets[i].fd < 0))
			slot = &channel->sockets[i];
	if (!slot)
		return; /* no free slot: the socket is not watched, and another try is made later */
	slot->fd = readable || writable ? fd : -1;
	if (slot->fd >= 0 && !channel->opened)
		channel->opened = clock_now();
	loop_watch_set(channel->dns->loop, &slot->watch, fd, readable, writable);
}

/* Closes the idle sockets of a channel, and lets c-ares forget tries that are older than DNS_TRY_MS. */
static void dns_tidy(struct dns_channel *channel)
{
	ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	channel->opened = 0;
	for (int i = 0; i < DNS_SOCKETS; i++)
		if (channel->sockets[i].fd >= 0)
			channel->opened = clock_now();
}

static void dns_on_sweep(void *arg)
{
	struct dns *dns = arg;
	bool busy = false;

	for (int server = 0; server < RESOLVCONF_SERVERS_MAX; server++) {
		for (int i = 0; i < DNS_CHANNELS; i++) {
			struct dns_channel *channel = &dns->channels[server][i];

			if (channel->ares && channel->opened)
				dns_tidy(channel);
			busy |= channel->opened != 0;
		}
	}
	if (busy)
		loop_timer_set(&dns->sweep, DNS_SWEEP);
}

/* Returns why c-ares cannot be used, or NULL. It would try getrandom again for ever if a seccomp profile forbids it. */
static const char *dns_obstacle(void)
{
	char byte;

	if (getrandom(&byte, 1, GRND_NONBLOCK) < 0 && errno != ENOSYS && errno != EAGAIN)
		return "no random numbers: getrandom is forbidden; does a seccomp profile do it?";
	return NULL;
}

/* Returns NULL, or why there is no channel. */
static const char *dns_open_channel(struct dns_channel *channel, unsigned server)
{
	static char lookups[] = "b", no_file[] = "/dev/null";
	const struct resolvconf *conf = channel->dns->conf;
	struct ares_options options = {
		.flags = conf->use_tcp ? ARES_FLAG_USEVC : 0, /* no EDNS: some servers do not answer it */
		.timeout = DNS_TRY_MS,
		.maxtimeout = DNS_TRY_MS,
		.tries = 1,
		.ndots = 0,
		.lookups = lookups,
		.resolvconf_path = no_file, /* read by resolvconf.c */
		.sock_state_cb = dns_on_socket,
		.sock_state_cb_data = channel,
		.qcache_max_ttl = 0, /* no cache, so that a name which is created later is found (FACTS 10, 14) */
	};
	const char *obstacle = dns_obstacle();

	if (obstacle)
		return obstacle;
	if (ares_init_options(&channel->ares, &options,
			      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_MAXTIMEOUTMS | ARES_OPT_TRIES |
				      ARES_OPT_NDOTS | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB |
				      ARES_OPT_QUERY_CACHE) != ARES_SUCCESS) {
		channel->ares = NULL;
		return "no resolver: out of descriptors or memory";
	}
	if (ares_set_servers_csv(channel->ares, conf->servers[server]) == ARES_SUCCESS)
		return NULL;
	ares_destroy(channel->ares);
	channel->ares = NULL;
	return "a nameserver of /etc/resolv.conf is no address";
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

/* Returns the record of this type and owner, from number *at on, or NULL; *at is the number after it. */
static const ares_dns_rr_t *dns_record(const ares_dns_record_t *reply, ares_dns_rec_type_t type, const char *owner,
				       size_t *at)
{
	size_t count = ares_dns_record_rr_cnt(reply, ARES_SECTION_ANSWER);

	while (*at < count) {
		const ares_dns_rr_t *record = ares_dns_record_rr_get_const(reply, ARES_SECTION_ANSWER, (*at)++);

		if (ares_dns_rr_get_type(record) == type && strcasecmp(ares_dns_rr_get_name(record), owner) == 0)
			return record;
	}
	return NULL;
}

/* Takes the addresses that belong to the name, or to where its CNAME records lead; others do not count (RFC 1034). */
static void dns_take_addresses(struct dns_question *question, const ares_dns_record_t *reply)
{
	bool is_v4 = question->family == AF_INET;
	ares_dns_rec_type_t type = is_v4 ? ARES_REC_TYPE_A : ARES_REC_TYPE_AAAA;
	const ares_dns_rr_t *record;
	const char *owner = NULL;
	size_t at = 0;

	ares_dns_record_query_get(reply, 0, &owner, NULL, NULL);
	for (int i = 0; i < DNS_ALIASES_MAX; i++, at = 0) {
		const ares_dns_rr_t *alias = dns_record(reply, ARES_REC_TYPE_CNAME, owner, &at);

		if (!alias)
			break;
		owner = ares_dns_rr_get_str(alias, ARES_RR_CNAME_CNAME);
	}
	for (at = 0; (record = dns_record(reply, type, owner, &at));) {
		struct address address;

		address_of_bytes(&address, question->family,
				 is_v4 ? (const void *)ares_dns_rr_get_addr(record, ARES_RR_A_ADDR)
				       : (const void *)ares_dns_rr_get_addr6(record, ARES_RR_AAAA_ADDR));
		address_list_add(&question->answer.found, &address);
	}
}

static void dns_free_question(struct dns_question *question)
{
	*question->link = question->next;
	if (question->next)
		question->next->link = question->link;
	loop_timer_clear(&question->timer);
	address_list_release(&question->answer.found);
	free(question);
}

/* The answer is known: delivers it on a later turn of the loop, because c-ares may be on the stack (FACTS 15). */
static void dns_conclude(struct dns_question *question, struct outcome outcome)
{
	question->over = true;
	question->answer.outcome = outcome;
	loop_timer_set(&question->timer, 0);
}

static void dns_send_round(struct dns_question *question);

static bool dns_is_an_error(int status)
{
	return status != ARES_SUCCESS && status != ARES_ENOTFOUND && status != ARES_ENODATA &&
	       status != ARES_EBADNAME && status != ARES_ETIMEOUT;
}

/* A server cannot tell: the next one may. Each is heard once before the error is the answer. */
static void dns_note_error(struct dns_question *question, unsigned server, struct outcome outcome)
{
	unsigned all = (1u << question->dns->conf->server_count) - 1;

	question->failed |= 1u << server;
	if (question->failed == all)
		dns_conclude(question, outcome);
	else if (!question->sending && question->sent < question->dns->conf->server_count)
		dns_send_round(question);
}

static void dns_note_reply(struct dns_question *question, const struct dns_try *try, int status,
			   const ares_dns_record_t *reply)
{
	if (status == ARES_ETIMEOUT || status == ARES_EDESTRUCTION)
		return; /* dns_on_timer decides how long a question lasts */
	question->dns->silent &= ~(1u << try->server);
	if (dns_is_an_error(status)) {
		dns_note_error(question, try->server, dns_outcome(status));
		return;
	}
	if (status == ARES_SUCCESS)
		dns_take_addresses(question, reply);
	if (question->answer.found.count)
		dns_conclude(question, outcome_make(OUTCOME_READY, NULL));
	else
		dns_conclude(question, dns_outcome(status == ARES_SUCCESS ? ARES_ENODATA : status));
}

/* Called by c-ares once for each try, perhaps inside the call that sends it. */
static void dns_on_reply(void *arg, ares_status_t status, size_t timeouts, const ares_dns_record_t *reply)
{
	struct dns_try *try = arg;
	struct dns_question *question = try->question;

	(void)timeouts;
	question->waiting--;
	try->channel->open--;
	if (question->answered && !question->over)
		dns_note_reply(question, try, (int)status, reply);
	if (!question->answered && !question->waiting && !question->sending)
		dns_free_question(question);
}

/* Asks the server whose turn it is. */
static void dns_send(struct dns_question *question)
{
	struct dns *dns = question->dns;
	unsigned number = question->sent++, server = number % (unsigned)dns->conf->server_count;
	struct dns_channel *channel = &dns->channels[server][question->rounds ? DNS_LATER_TRIES : DNS_FIRST_TRIES];
	const char *obstacle = channel->ares ? NULL : dns_open_channel(channel, server);

	if (obstacle) {
		dns_note_error(question, server, outcome_make(OUTCOME_LOCAL, "%s", obstacle));
		return;
	}
	if (channel->opened && !channel->open && clock_now() - channel->opened > DNS_SOCKET_AGE)
		dns_tidy(channel);
	question->tries[number] = (struct dns_try){question, channel, server};
	question->waiting++;
	channel->open++;
	ares_query_dnsrec(channel->ares, question->name, ARES_CLASS_IN,
			  question->family == AF_INET ? ARES_REC_TYPE_A : ARES_REC_TYPE_AAAA, dns_on_reply,
			  &question->tries[number], NULL);
	if (!loop_timer_is_set(&dns->sweep))
		loop_timer_set(&dns->sweep, DNS_SWEEP);
}

/* Asks the next server, and with a silent one those after it too, but each only once. */
static void dns_send_round(struct dns_question *question)
{
	unsigned count = (unsigned)question->dns->conf->server_count, asked = 0;
	bool goes_on = true;

	question->sending = true;
	while (goes_on && asked < count && question->sent < DNS_TRIES_MAX && !question->over) {
		unsigned bit = 1u << question->sent % count;

		dns_send(question);
		asked++;
		goes_on = (question->dns->silent | question->failed) & bit;
	}
	question->sending = false;
	if (question->over)
		return;
	question->rounds++;
	loop_timer_set(&question->timer,
		       question->rounds < DNS_ROUNDS ? DNS_PATIENCE << (question->rounds - 1) : DNS_LAST_WAIT);
}

static void dns_deliver(struct dns_question *question)
{
	void (*answered)(void *, struct dns_answer *) = question->answered;

	question->answered = NULL;
	answered(question->arg, &question->answer);
	if (!question->waiting)
		dns_free_question(question);
}

/* The servers asked so far are silent, or the answer is to be delivered. */
static void dns_on_timer(void *arg)
{
	struct dns_question *question = arg;
	unsigned last = (question->sent - 1) % (unsigned)question->dns->conf->server_count;

	if (question->over) {
		dns_deliver(question);
		return;
	}
	if (!(question->failed & 1u << last))
		question->dns->silent |= 1u << last;
	if (question->rounds < DNS_ROUNDS)
		dns_send_round(question);
	else
		dns_conclude(question, outcome_make(OUTCOME_DNS_SILENT, NULL));
}

struct dns *dns_new(struct loop *loop, const struct resolvconf *conf)
{
	struct dns *dns = alloc_zero(1, sizeof(*dns));

	dns->loop = loop;
	dns->conf = conf;
	loop_timer_init(loop, &dns->sweep, dns_on_sweep, dns);
	for (int server = 0; server < RESOLVCONF_SERVERS_MAX; server++)
		for (int i = 0; i < DNS_CHANNELS; i++) {
			struct dns_channel *channel = &dns->channels[server][i];

			channel->dns = dns;
			for (int j = 0; j < DNS_SOCKETS; j++)
				channel->sockets[j] = (struct dns_socket){
					.fd = -1,
					.channel = channel,
					.watch = {.ready = dns_on_ready, .arg = &channel->sockets[j]}};
		}
	return dns;
}

void dns_reset(struct dns *dns)
{
	for (int server = 0; server < RESOLVCONF_SERVERS_MAX; server++)
		for (int i = 0; i < DNS_CHANNELS; i++) {
			struct dns_channel *channel = &dns->channels[server][i];

			if (channel->ares)
				ares_destroy(channel->ares);
			channel->ares = NULL;
			channel->opened = 0;
		}
	dns->silent = 0;
}

void dns_free(struct dns *dns)
{
	if (!dns)
		return;
	dns_reset(dns);
	loop_timer_clear(&dns->sweep);
	while (dns->open)
		dns_free_question(dns->open);
	free(dns);
}

struct dns_question *dns_ask(struct dns *dns, const char *name, int family,
			     void (*answered)(void *arg, struct dns_answer *answer), void *arg)
{
	struct dns_question *question = alloc_zero(1, sizeof(*question));
	size_t len = strlen(name);

	*question = (struct dns_question){
		.dns = dns, .next = dns->open, .link = &dns->open, .family = family, .answered = answered, .arg = arg};
	if (dns->open)
		dns->open->link = &question->next;
	dns->open = question;
	loop_timer_init(dns->loop, &question->timer, dns_on_timer, question);
	if (len >= sizeof(question->name)) {
		dns_conclude(question, outcome_make(OUTCOME_NO_NAME, NULL));
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
