#include "net/nameserver.h"

#include <ares.h>
#include <errno.h>
#include <sys/random.h>

#include "base/clock.h"

/* For c-ares: longer than a question lasts, so that late answers count. Milliseconds. */
enum { NAMESERVER_TRY = 10 * 1000 };

/* How long a socket is used again. */
#define NAMESERVER_SOCKET_AGE (10 * CLOCK_S)

static void nameserver_on_ready(void *arg, bool readable, bool writable)
{
	struct nameserver_socket *ready = arg;
	const ares_fd_events_t event = {
		.fd = ready->fd,
		.events = (readable ? ARES_FD_EVENT_READ : 0u) | (writable ? ARES_FD_EVENT_WRITE : 0u),
	};

	/* Without the flag c-ares would give up tries by its own clock (FACTS 52), and close the socket. */
	ares_process_fds(ready->server->channel, &event, 1, ARES_PROCESS_FLAG_SKIP_NON_FD);
}

/* Called by c-ares when it opens or closes a socket or changes what it waits for on it. */
static void nameserver_on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct nameserver *server = arg;
	struct nameserver_socket *slot = NULL;

	for (int i = 0; i < NAMESERVER_SOCKETS && (!slot || slot->fd != fd); i++)
		if (server->sockets[i].fd == fd || (!slot && server->sockets[i].fd < 0))
			slot = &server->sockets[i];
	if (!slot)
		return; /* no free slot: the socket is not watched, and another try is made later */
	slot->fd = readable || writable ? fd : -1;
	if (slot->fd >= 0 && !server->opened)
		server->opened = clock_now();
	loop_watch_set(server->loop, &slot->watch, fd, readable, writable);
}

void nameserver_init(struct nameserver *server, struct loop *loop)
{
	*server = (struct nameserver){.loop = loop};
	for (int i = 0; i < NAMESERVER_SOCKETS; i++)
		server->sockets[i] = (struct nameserver_socket){
			.fd = -1,
			.server = server,
			.watch = {.ready = nameserver_on_ready, .arg = &server->sockets[i]},
		};
}

/* Returns why c-ares cannot be used, or NULL. It would try getrandom again for ever if a seccomp profile forbids it. */
static const char *nameserver_obstacle(void)
{
	char byte;

	if (getrandom(&byte, 1, GRND_NONBLOCK) < 0 && errno != ENOSYS && errno != EAGAIN)
		return "no random numbers: getrandom is forbidden; does a seccomp profile do it?";
	return NULL;
}

const char *nameserver_open(struct nameserver *server, const char *address, bool use_tcp)
{
	static char lookups[] = "b", no_file[] = "/dev/null";
	struct ares_options options = {
		.flags = use_tcp ? ARES_FLAG_USEVC : 0, /* no EDNS: some servers do not answer it */
		.timeout = NAMESERVER_TRY,
		.maxtimeout = NAMESERVER_TRY,
		/* The server may have closed an idle connection; then another one is made (RFC 7766, 6.2.1). */
		.tries = use_tcp ? 2 : 1,
		.ndots = 0,
		.lookups = lookups,
		.resolvconf_path = no_file, /* net/resolvconf reads it */
		.sock_state_cb = nameserver_on_socket,
		.sock_state_cb_data = server,
		.qcache_max_ttl = 0, /* no cache, so that a name which is created later is found (FACTS 10, 14) */
	};
	const char *obstacle = server->channel ? NULL : nameserver_obstacle();

	if (server->channel || obstacle)
		return obstacle;
	if (ares_init_options(&server->channel, &options,
			      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_MAXTIMEOUTMS | ARES_OPT_TRIES |
				      ARES_OPT_NDOTS | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB |
				      ARES_OPT_QUERY_CACHE) != ARES_SUCCESS) {
		server->channel = NULL;
		return "no resolver: out of descriptors or memory";
	}
	if (ares_set_servers_csv(server->channel, address) == ARES_SUCCESS)
		return NULL;
	nameserver_close(server);
	return "a nameserver of /etc/resolv.conf is no address";
}

void nameserver_close(struct nameserver *server)
{
	if (server->channel)
		ares_destroy(server->channel);
	server->channel = NULL;
	server->opened = 0;
}

bool nameserver_tidy(struct nameserver *server)
{
	if (!server->channel || !server->opened)
		return false;
	ares_process_fd(server->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	server->opened = 0;
	for (int i = 0; i < NAMESERVER_SOCKETS; i++)
		if (server->sockets[i].fd >= 0)
			server->opened = clock_now();
	return server->opened != 0;
}

/* There is no record. */
static struct outcome nameserver_outcome(ares_status_t status, bool names_root)
{
	switch (status) {
	case ARES_ENOTFOUND:
	case ARES_EBADNAME:
		return outcome_make(OUTCOME_NO_NAME, NULL);
	case ARES_SUCCESS: /* without a record of the type */
	case ARES_ENODATA:
		return outcome_make(OUTCOME_NO_ADDRESS,
				    names_root ? "its record names no host: the service is not available" : NULL);
	default:
		return outcome_make(OUTCOME_DNS_FAILED, "%s", ares_strerror((int)status));
	}
}

/* Called by c-ares once for each try, perhaps inside the call that sends it. */
static void nameserver_on_reply(void *arg, ares_status_t status, size_t timeouts, const ares_dns_record_t *reply)
{
	struct nameserver_try *try = arg;
	struct records found = {0};
	enum nameserver_result result = NAMESERVER_ANSWER;
	struct outcome outcome;

	(void)timeouts;
	try->server->asked--;
	if (status == ARES_SUCCESS)
		records_take(&found, reply, try->type);
	outcome = found.addresses.count || found.texts.len ? outcome_make(OUTCOME_READY, NULL)
							   : nameserver_outcome(status, found.names_root);
	if (status == ARES_ETIMEOUT || status == ARES_EDESTRUCTION)
		result = NAMESERVER_LOST;
	else if (outcome.kind == OUTCOME_DNS_FAILED)
		result = NAMESERVER_ERROR;
	try->answered(try, result, &outcome, &found);
	records_release(&found);
}

void nameserver_ask(struct nameserver *server, const char *name, enum records_type type, struct nameserver_try *try)
{
	if (server->opened && !server->asked && clock_now() - server->opened > NAMESERVER_SOCKET_AGE)
		nameserver_tidy(server);
	try->server = server;
	try->type = type;
	server->asked++;
	ares_query_dnsrec(server->channel, name, ARES_CLASS_IN, (ares_dns_rec_type_t)type, nameserver_on_reply, try,
			  NULL);
}
