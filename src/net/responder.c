#include "net/responder.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "base/clock.h"
#include "net/address.h"
#include "target/endpoint.h"

/* What a client may send. */
enum { RESPONDER_HEADERS_MAX = 8192, RESPONDER_BODY_MAX = 1024 };

/* How long a client may take, and how often is looked for those that took longer or have ended. */
#define RESPONDER_PATIENCE (5 * CLOCK_S)
#define RESPONDER_SWEEP    (200 * CLOCK_MS)

enum { RESPONDER_BACKLOG = 64 };

static const char responder_forms[] = "write unix:PATH or tcp:PORT, such as tcp:8080 or tcp:127.0.0.1:8080";

/* Reads "tcp:PORT" or "tcp:ADDRESS:PORT"; an address of IPv6 may have brackets. Without an address, *address is the one of any. */
static bool responder_read_tcp(const char *where, struct address *address, bool *is_any)
{
	const char *text = where + 4, *colon = strrchr(where, ':');
	struct error ignored = {0};
	struct endpoint place;
	uint16_t port;
	bool is_read;

	if (strncmp(where, "tcp:", 4) != 0)
		return false;
	*is_any = colon < text;
	if (*is_any)
		return endpoint_parse_port(text, strlen(text), &port, &ignored) == 0 &&
		       address_of_host(address, "::", port);
	if (endpoint_parse(&place, text, strlen(text), &ignored))
		return false;
	is_read = place.port && address_of_host(address, place.host, place.port);
	endpoint_release(&place);
	return is_read;
}

/* Returns the path of "unix:PATH"; NULL: it is none. */
static const char *responder_path(const char *where)
{
	return strncmp(where, "unix:", 5) == 0 && where[5] ? where + 5 : NULL;
}

int responder_check(const char *where, struct error *err)
{
	const char *path = responder_path(where);
	struct address address;
	bool is_any;

	if (path && strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return errors_set(err, "\"%s\": the path of a socket has at most %zu bytes", where,
				  sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
	return path || responder_read_tcp(where, &address, &is_any)
		       ? 0
		       : errors_set(err, "\"%s\": %s", where, responder_forms);
}

/* Returns a socket that listens at the address; -1 with errno. */
static int responder_listen(const struct sockaddr *address, socklen_t length)
{
	const int on = 1, off = 0;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), reason;

	if (fd < 0)
		return -1;
	if (address->sa_family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, address, length) == 0 && listen(fd, RESPONDER_BACKLOG) == 0)
		return fd;
	reason = errno;
	close(fd);
	errno = reason;
	return -1;
}

/* At one address, or at all of both families: of IPv4 where this machine has no IPv6. */
static int responder_listen_tcp(const char *where)
{
	struct address address;
	bool is_any;
	int fd;

	if (!responder_read_tcp(where, &address, &is_any)) {
		errno = EINVAL;
		return -1;
	}
	fd = responder_listen(&address.any, address.length);
	if (fd >= 0 || !is_any || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
		return fd;
	address_of_host(&address, "0.0.0.0", address_port(&address));
	return responder_listen(&address.any, address.length);
}

/* Is there a socket at the path that nobody listens at? One that a killed process has left may be replaced. */
static bool responder_is_left(const struct sockaddr_un *address)
{
	struct stat found;
	bool refused;
	int fd;

	if (lstat(address->sun_path, &found) || !S_ISSOCK(found.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) && errno == ECONNREFUSED;
	close(fd);
	return refused;
}

static int responder_listen_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, path, strlen(path));
	if (responder_is_left(&address))
		unlink(path);
	return responder_listen((const struct sockaddr *)&address, sizeof(address));
}

static void responder_on_request(struct evhttp_request *request, void *arg)
{
	struct responder *responder = arg;
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *body = evhttp_request_get_output_buffer(request);
	bool is_well;
	char *text;

	is_well = responder->answer(responder->arg, &text);
	evhttp_add_header(headers, "Content-Type", "application/json");
	evhttp_add_header(headers, "Connection", "close");
	if (evhttp_request_get_command(request) != EVHTTP_REQ_HEAD)
		evbuffer_add(body, text, strlen(text));
	free(text);
	evhttp_send_reply(request, is_well ? HTTP_OK : HTTP_SERVUNAVAIL, is_well ? "OK" : "Service Unavailable", NULL);
}

/* evhttp has taken the callbacks off when it has ended a connection. */
static bool responder_has_ended(const struct responder_client *client)
{
	bufferevent_data_cb read, write;
	bufferevent_event_cb event;
	void *arg;

	bufferevent_getcb(client->events, &read, &write, &event, &arg);
	return !read && !write && !event;
}

/* Forgets the clients that have ended, and hangs up on those that take too long: evhttp's own limit begins anew with each byte. */
static void responder_on_sweep(void *arg)
{
	struct responder *responder = arg;
	int64_t now = clock_now();

	for (size_t i = 0; i < responder->count;) {
		struct responder_client *client = &responder->clients[i];

		if (responder_has_ended(client)) {
			bufferevent_decref(client->events);
			*client = responder->clients[--responder->count];
			continue;
		}
		if (now - client->since > RESPONDER_PATIENCE)
			shutdown(bufferevent_getfd(client->events), SHUT_RDWR);
		i++;
	}
	if (responder->count < responder->most)
		evconnlistener_enable(responder->listener);
	if (responder->count)
		loop_timer_set(&responder->sweep, RESPONDER_SWEEP);
}

/* Another client has connected. Its connection is kept until the sweep sees that it has ended: evhttp tells nobody. */
static struct bufferevent *responder_on_client(struct event_base *base, void *arg)
{
	struct responder *responder = arg;
	struct bufferevent *events = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

	if (!events)
		return NULL;
	bufferevent_incref(events);
	responder->clients[responder->count++] = (struct responder_client){events, clock_now()};
	if (responder->count == responder->most)
		evconnlistener_disable(responder->listener);
	if (!loop_timer_is_set(&responder->sweep))
		loop_timer_set(&responder->sweep, RESPONDER_SWEEP);
	return events;
}

static void responder_on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	evconnlistener_enable(arg);
}

/*
 * There is no descriptor for a client, and the kernel would say at once that there is one to accept. The argument is evhttp's own.
 * The loop does not run any more when the listener is freed.
 */
static void responder_on_trouble(struct evconnlistener *listener, void *arg)
{
	const struct timeval later = {.tv_usec = RESPONDER_SWEEP};

	(void)arg;
	evconnlistener_disable(listener);
	event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT, responder_on_again, listener, &later);
}

/* Most descriptors are for probes. */
static size_t responder_most(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / 4 >= RESPONDER_CLIENTS)
		return RESPONDER_CLIENTS;
	return limit.rlim_cur >= 8 ? (size_t)limit.rlim_cur / 4 : 1;
}

static int responder_open_http(struct responder *responder, struct loop *loop, int fd)
{
	struct evhttp_bound_socket *bound;

	responder->http = evhttp_new(loop_base(loop));
	if (!responder->http)
		return -1;
	evhttp_set_max_headers_size(responder->http, RESPONDER_HEADERS_MAX);
	evhttp_set_max_body_size(responder->http, RESPONDER_BODY_MAX);
	evhttp_set_timeout(responder->http, (int)(RESPONDER_PATIENCE / CLOCK_S));
	evhttp_set_allowed_methods(responder->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_gencb(responder->http, responder_on_request, responder);
	evhttp_set_bevcb(responder->http, responder_on_client, responder);
	bound = evhttp_accept_socket_with_handle(responder->http, fd);
	if (!bound)
		return -1;
	responder->listener = evhttp_bound_socket_get_listener(bound);
	evconnlistener_set_error_cb(responder->listener, responder_on_trouble);
	return 0;
}

static int responder_bind(const char *where, struct error *err)
{
	const char *path = responder_path(where);
	int fd = path ? responder_listen_unix(path) : responder_listen_tcp(where);

	if (fd < 0)
		errors_set(err, "cannot listen at %s: %s", where, strerror(errno));
	return fd;
}

int responder_rehearse(const char *where, struct error *err)
{
	int fd = responder_bind(where, err);

	if (fd < 0)
		return -1;
	close(fd);
	if (responder_path(where))
		unlink(responder_path(where));
	return 0;
}

int responder_open(struct responder *responder, struct loop *loop, const char *where,
		   bool (*answer)(void *arg, char **text), void *arg, struct error *err)
{
	int fd = responder_bind(where, err);

	*responder = (struct responder){.answer = answer, .arg = arg};
	if (fd < 0)
		return -1;
	responder->path = responder_path(where);
	responder->most = responder_most();
	loop_timer_init(loop, &responder->sweep, responder_on_sweep, responder);
	if (responder_open_http(responder, loop, fd) == 0)
		return 0;
	responder_close(responder);
	close(fd);
	return errors_set(err, "cannot listen at %s: out of memory", where);
}

void responder_close(struct responder *responder)
{
	loop_timer_clear(&responder->sweep);
	if (responder->http)
		evhttp_free(responder->http); /* closes the socket and ends all connections */
	while (responder->count)
		bufferevent_decref(responder->clients[--responder->count].events);
	if (responder->path)
		unlink(responder->path);
	*responder = (struct responder){0};
}
