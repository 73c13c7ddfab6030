#include "name_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "own_files.h"
#include "unit.h"

/* RFC 1035, 4.1: the header, then labels, type and class of the one question there is. */
enum { NAME_SERVER_HEADER = 12, NAME_SERVER_TTL = 600 };

/* How long name_server_is_asked waits for a query that may be on its way. */
enum { NAME_SERVER_ASKED_MS = 20, NAME_SERVER_TRIES = 100 };

/* A reply that is being written. */
struct name_server_reply {
	unsigned char data[2048];
	size_t len, records;
};

/* The name in a query as text, and where its type stands. */
static size_t name_server_read_name(const struct name_server_query *query, char *name, size_t size)
{
	size_t at = NAME_SERVER_HEADER, len = 0;

	while (at < query->len && query->data[at]) {
		for (size_t i = query->data[at++]; i && at < query->len && len + 2 < size; i--)
			name[len++] = (char)query->data[at++];
		if (query->data[at])
			name[len++] = '.';
	}
	name[len] = '\0';
	return at + 1;
}

static const struct name_server_row *name_server_find(const struct name_server *server, const char *name)
{
	for (size_t i = 0; i < server->row_count; i++)
		if (strcasecmp(server->rows[i].name, name) == 0)
			return &server->rows[i];
	return NULL;
}

static size_t name_server_write_name(unsigned char *out, const char *name)
{
	size_t len = 0;

	while (*name) {
		size_t label = strcspn(name, ".");

		out[len++] = (unsigned char)label;
		memcpy(out + len, name, label);
		len += label;
		name += label + (name[label] == '.');
	}
	out[len++] = 0;
	return len;
}

static void name_server_add(struct name_server_reply *reply, const char *owner, int type, const unsigned char *data,
			    size_t size)
{
	const unsigned char head[] = {0, (unsigned char)type, 0, 1, 0, 0, NAME_SERVER_TTL >> 8, NAME_SERVER_TTL & 0xff,
				      0, (unsigned char)size};

	reply->len += name_server_write_name(reply->data + reply->len, owner);
	memcpy(reply->data + reply->len, head, sizeof(head));
	memcpy(reply->data + reply->len + sizeof(head), data, size);
	reply->len += sizeof(head) + size;
	reply->records++;
}

static void name_server_add_services(struct name_server_reply *reply, const struct name_server_row *row,
				     const char *owner)
{
	unsigned char data[256];

	for (size_t i = 0; i < COUNT(row->services) && row->services[i].host; i++) {
		const struct name_server_service *service = &row->services[i];
		const uint16_t numbers[] = {htons(service->priority), htons(service->weight), htons(service->port)};

		memcpy(data, numbers, sizeof(numbers));
		name_server_add(reply, owner, NAME_SERVER_SRV, data,
				sizeof(numbers) + name_server_write_name(data + sizeof(numbers), service->host));
	}
}

static void name_server_add_row(struct name_server_reply *reply, const struct name_server_row *row, int type)
{
	const char *const *addresses = type == NAME_SERVER_A ? row->a : row->aaaa, *owner = row->name;
	unsigned char data[256];

	for (size_t i = 0; i < COUNT(row->aliases) && row->aliases[i]; i++) {
		name_server_add(reply, owner, NAME_SERVER_CNAME, data, name_server_write_name(data, row->aliases[i]));
		owner = row->aliases[i];
	}
	if (type == NAME_SERVER_SRV) {
		name_server_add_services(reply, row, row->owner ? row->owner : owner);
		return;
	}
	for (size_t i = 0; i < COUNT(row->a) && addresses[i]; i++) {
		inet_pton(type == NAME_SERVER_A ? AF_INET : AF_INET6, addresses[i], data);
		name_server_add(reply, row->owner ? row->owner : owner, type, data, type == NAME_SERVER_A ? 4 : 16);
	}
}

/* Whoever asked may be gone: that is no failure. */
static void name_server_send(const struct name_server *server, const struct name_server_query *query,
			     const struct name_server_reply *reply)
{
	const unsigned char size[] = {(unsigned char)(reply->len >> 8), (unsigned char)reply->len};

	if (query->stream < 0) {
		sendto(server->fd, reply->data, reply->len, 0, (const struct sockaddr *)&query->from,
		       sizeof(query->from));
		return;
	}
	send(query->stream, size, sizeof(size), MSG_NOSIGNAL | MSG_MORE);
	send(query->stream, reply->data, reply->len, MSG_NOSIGNAL);
}

static void name_server_answer(struct name_server *server, const struct name_server_query *query,
			       const struct name_server_row *row, int type, size_t question_end)
{
	int rcode = !row ? NAME_SERVER_NXDOMAIN : type == NAME_SERVER_AAAA ? row->rcode_aaaa : row->rcode_a;
	bool cuts = row && row->cuts && query->stream < 0;
	struct name_server_reply reply = {.len = question_end};

	memcpy(reply.data, query->data, question_end);
	if (!rcode && !cuts)
		name_server_add_row(&reply, row, type);
	/* A reply, with authority, perhaps cut; then the question and the records are counted. */
	reply.data[2] = (unsigned char)(0x84 | (cuts ? 2 : 0) | (query->data[2] & 1));
	reply.data[3] = (unsigned char)(0x80 | rcode);
	memset(reply.data + 4, 0, 8);
	reply.data[5] = 1;
	reply.data[7] = (unsigned char)reply.records;
	name_server_send(server, query, &reply);
}

static void name_server_note(struct name_server *server, const char *name, int type)
{
	size_t len = strlen(server->log);

	snprintf(server->log + len, sizeof(server->log) - len, "%s%c:%s", len ? " " : "",
		 type == NAME_SERVER_A     ? '4'
		 : type == NAME_SERVER_SRV ? 's'
					   : '6',
		 name);
}

/* again: it was held. */
static void name_server_serve(struct name_server *server, const struct name_server_query *query, bool again)
{
	char name[256];
	size_t at = name_server_read_name(query, name, sizeof(name));
	const struct name_server_row *row = name_server_find(server, name);
	int type;

	if (at + 4 > query->len)
		return;
	type = query->data[at] << 8 | query->data[at + 1];
	if (!again)
		name_server_note(server, name, type);
	if (!again && row && (type == NAME_SERVER_AAAA ? row->holds_aaaa : row->holds_a)) {
		if (server->held_count < COUNT(server->held))
			server->held[server->held_count++] = *query;
		if (server->stops_at_hold)
			loop_stop(server->unit->loop);
		return;
	}
	name_server_answer(server, query, row, type, at + 4);
}

static void name_server_on_query(void *arg, bool readable, bool writable)
{
	struct name_server *server = arg;
	struct name_server_query query = {.stream = -1};
	socklen_t from_len = sizeof(query.from);
	ssize_t got =
		recvfrom(server->fd, query.data, sizeof(query.data), 0, (struct sockaddr *)&query.from, &from_len);

	(void)readable;
	(void)writable;
	if (got < NAME_SERVER_HEADER)
		return;
	query.len = (size_t)got;
	server->asked++;
	name_server_serve(server, &query, false);
}

static void name_server_close_stream(struct name_server_stream *stream)
{
	loop_watch_clear(&stream->watch);
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}

/* Serves the first query of those that have come, if it is whole. */
static bool name_server_take_query(struct name_server_stream *stream)
{
	struct name_server_query query = {.stream = stream->fd};
	size_t whole = 2 + (size_t)(stream->data[0] << 8 | stream->data[1]);

	if (stream->len < 2 || stream->len < whole || whole > sizeof(stream->data))
		return false;
	query.len = whole - 2;
	memcpy(query.data, stream->data + 2, query.len);
	stream->len -= whole;
	memmove(stream->data, stream->data + whole, stream->len);
	stream->server->asked++;
	stream->server->asked_tcp++;
	name_server_serve(stream->server, &query, false);
	return true;
}

static void name_server_on_data(void *arg, bool readable, bool writable)
{
	struct name_server_stream *stream = arg;
	ssize_t got = recv(stream->fd, stream->data + stream->len, sizeof(stream->data) - stream->len, 0);

	(void)readable;
	(void)writable;
	if (got <= 0) {
		name_server_close_stream(stream);
		return;
	}
	stream->len += (size_t)got;
	while (name_server_take_query(stream))
		;
}

static void name_server_on_connection(void *arg, bool readable, bool writable)
{
	struct name_server *server = arg;
	struct name_server_stream *stream = &server->streams[server->stream_count];
	int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)readable;
	(void)writable;
	if (fd < 0)
		return;
	if (server->stream_count == NAME_SERVER_STREAMS)
		fail_msg("more TCP connections than this server has room for");
	server->stream_count++;
	*stream = (struct name_server_stream){.server = server, .fd = fd};
	stream->watch = (struct loop_watch){.ready = name_server_on_data, .arg = stream};
	loop_watch_set(server->unit->loop, &stream->watch, fd, true, false);
}

void name_server_release(struct name_server *server)
{
	size_t count = server->held_count;

	server->held_count = 0;
	for (size_t i = 0; i < count; i++)
		name_server_serve(server, &server->held[i], true);
}

bool name_server_is_asked(const struct name_server *server)
{
	struct pollfd query = {.fd = server->fd, .events = POLLIN};

	return poll(&query, 1, NAME_SERVER_ASKED_MS) > 0;
}

void name_server_use(const struct name_server *server, const char *more)
{
	/* "127.0.0.1:PORT" is the form of c-ares, for a port that needs no root. */
	char *content = alloc_format("nameserver 127.0.0.1:%u\n%s", (unsigned)server->port, more);

	own_files_write(OWN_RESOLV_CONF, content);
	free(content);
}

static bool name_server_bind(int fd, struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);

	return fd >= 0 && bind(fd, (struct sockaddr *)address, len) == 0 &&
	       getsockname(fd, (struct sockaddr *)address, &len) == 0;
}

/* Takes a port of UDP that is free for TCP as well, and keeps it for both: another process must not get it meanwhile. */
static bool name_server_take_port(struct name_server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (name_server_bind(server->fd, &address) && name_server_bind(server->listener, &address)) {
		server->port = ntohs(address.sin_port);
		return true;
	}
	close(server->fd);
	close(server->listener);
	return false;
}

void name_server_open(struct name_server *server, struct unit_loop *unit, const struct name_server_row *rows,
		      size_t count)
{
	int tries = 0;

	*server = (struct name_server){.unit = unit, .rows = rows, .row_count = count};
	while (!name_server_take_port(server))
		if (++tries == NAME_SERVER_TRIES)
			fail_msg("no DNS server: %s", strerror(errno));
	server->watch = (struct loop_watch){.ready = name_server_on_query, .arg = server};
	loop_watch_set(unit->loop, &server->watch, server->fd, true, false);
}

void name_server_listen(struct name_server *server)
{
	if (listen(server->listener, NAME_SERVER_STREAMS))
		fail_msg("no DNS server over TCP: %s", strerror(errno));
	server->listener_watch = (struct loop_watch){.ready = name_server_on_connection, .arg = server};
	loop_watch_set(server->unit->loop, &server->listener_watch, server->listener, true, false);
}

void name_server_hang_up(struct name_server *server)
{
	for (size_t i = 0; i < server->stream_count; i++)
		name_server_close_stream(&server->streams[i]);
	server->stream_count = 0;
}

void name_server_close(struct name_server *server)
{
	loop_watch_clear(&server->watch);
	if (server->fd >= 0)
		close(server->fd);
	server->fd = -1;
	name_server_hang_up(server);
	loop_watch_clear(&server->listener_watch);
	if (server->listener >= 0)
		close(server->listener);
	server->listener = -1;
}
