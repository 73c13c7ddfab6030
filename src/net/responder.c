#include "net/responder.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/http.h>

/* What a client may send, and how long it may take. */
enum { RESPONDER_HEADERS_MAX = 8192, RESPONDER_BODY_MAX = 1024, RESPONDER_SECONDS = 5 };

enum { RESPONDER_BACKLOG = 64 };

static const char responder_forms[] = "write unix:PATH or tcp:PORT, such as tcp:8080";

/* Returns the port of "tcp:PORT"; 0: it is none. */
static uint16_t responder_port(const char *where)
{
	char *end;
	long port = strncmp(where, "tcp:", 4) == 0 ? strtol(where + 4, &end, 10) : 0;

	return port > 0 && port <= UINT16_MAX && !*end ? (uint16_t)port : 0;
}

/* Returns the path of "unix:PATH"; NULL: it is none. */
static const char *responder_path(const char *where)
{
	return strncmp(where, "unix:", 5) == 0 && where[5] ? where + 5 : NULL;
}

int responder_check(const char *where, struct error *err)
{
	const char *path = responder_path(where);

	if (path && strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return errors_set(err, "\"%s\": the path of a socket has at most %zu bytes", where,
				  sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
	return path || responder_port(where) ? 0 : errors_set(err, "\"%s\": %s", where, responder_forms);
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

/* All addresses of both families, or of IPv4 where this machine has no IPv6. */
static int responder_listen_tcp(uint16_t port)
{
	const struct sockaddr_in6 both = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = responder_listen((const struct sockaddr *)&both, sizeof(both));

	return fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)
		       ? responder_listen((const struct sockaddr *)&four, sizeof(four))
		       : fd;
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

static int responder_open_http(struct responder *responder, struct loop *loop, int fd)
{
	responder->http = evhttp_new(loop_base(loop));
	if (!responder->http)
		return -1;
	evhttp_set_max_headers_size(responder->http, RESPONDER_HEADERS_MAX);
	evhttp_set_max_body_size(responder->http, RESPONDER_BODY_MAX);
	evhttp_set_timeout(responder->http, RESPONDER_SECONDS);
	evhttp_set_allowed_methods(responder->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_gencb(responder->http, responder_on_request, responder);
	return evhttp_accept_socket(responder->http, fd);
}

int responder_open(struct responder *responder, struct loop *loop, const char *where,
		   bool (*answer)(void *arg, char **text), void *arg, struct error *err)
{
	const char *path = responder_path(where);
	int fd = path ? responder_listen_unix(path) : responder_listen_tcp(responder_port(where));

	*responder = (struct responder){.answer = answer, .arg = arg};
	if (fd < 0)
		return errors_set(err, "cannot listen at %s: %s", where, strerror(errno));
	responder->path = path;
	if (responder_open_http(responder, loop, fd) == 0)
		return 0;
	responder_close(responder);
	close(fd);
	return errors_set(err, "cannot listen at %s: out of memory", where);
}

void responder_close(struct responder *responder)
{
	if (responder->http)
		evhttp_free(responder->http); /* closes the socket too */
	if (responder->path)
		unlink(responder->path);
	*responder = (struct responder){0};
}
