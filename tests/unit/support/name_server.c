#include "name_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

/* RFC 1035, 4.1: the header, then labels, type and class of the one question there is. */
enum { NAME_SERVER_HEADER = 12, NAME_SERVER_TTL = 600 };

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

static size_t name_server_add(unsigned char *reply, size_t len, int type, const char *address)
{
	size_t size = type == NAME_SERVER_A ? 4 : 16;
	const unsigned char record[] = {0xc0,
					NAME_SERVER_HEADER,
					0,
					(unsigned char)type,
					0,
					1,
					0,
					0,
					NAME_SERVER_TTL >> 8,
					NAME_SERVER_TTL & 0xff,
					0,
					(unsigned char)size};

	memcpy(reply + len, record, sizeof(record));
	inet_pton(type == NAME_SERVER_A ? AF_INET : AF_INET6, address, reply + len + sizeof(record));
	return len + sizeof(record) + size;
}

static void name_server_answer(struct name_server *server, const struct name_server_query *query,
			       const struct name_server_row *row, int type, size_t question_end)
{
	int rcode = !row ? NAME_SERVER_NXDOMAIN : type == NAME_SERVER_A ? row->rcode_a : row->rcode_aaaa;
	const char *const *addresses = rcode ? NULL : type == NAME_SERVER_A ? row->a : row->aaaa;
	unsigned char reply[1024];
	size_t len = question_end, count = 0;

	memcpy(reply, query->data, question_end);
	for (; addresses && count < 3 && addresses[count]; count++)
		len = name_server_add(reply, len, type, addresses[count]);
	reply[2] = (unsigned char)(0x84 | (query->data[2] & 1)); /* a reply, with authority */
	reply[3] = (unsigned char)(0x80 | rcode);
	memset(reply + 4, 0, 8);
	reply[5] = 1;
	reply[7] = (unsigned char)count;
	if (sendto(server->fd, reply, len, 0, (const struct sockaddr *)&query->from, sizeof(query->from)) < 0)
		return; /* who asked is gone */
}

static void name_server_serve(struct name_server *server, const struct name_server_query *query, bool may_hold)
{
	char name[256];
	size_t at = name_server_read_name(query, name, sizeof(name));
	const struct name_server_row *row = name_server_find(server, name);
	int type;

	if (at + 4 > query->len)
		return;
	type = query->data[at] << 8 | query->data[at + 1];
	if (may_hold && row && (type == NAME_SERVER_A ? row->holds_a : row->holds_aaaa)) {
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
	struct name_server_query query;
	socklen_t from_len = sizeof(query.from);
	ssize_t got =
		recvfrom(server->fd, query.data, sizeof(query.data), 0, (struct sockaddr *)&query.from, &from_len);

	(void)readable;
	(void)writable;
	if (got < NAME_SERVER_HEADER)
		return;
	query.len = (size_t)got;
	server->asked++;
	name_server_serve(server, &query, true);
}

void name_server_release(struct name_server *server)
{
	size_t count = server->held_count;

	server->held_count = 0;
	for (size_t i = 0; i < count; i++)
		name_server_serve(server, &server->held[i], false);
}

void name_server_open(struct name_server *server, struct unit_loop *unit, const struct name_server_row *rows,
		      size_t count)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);

	*server = (struct name_server){.unit = unit, .rows = rows, .row_count = count};
	server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0 || bind(server->fd, (struct sockaddr *)&address, len) ||
	    getsockname(server->fd, (struct sockaddr *)&address, &len))
		fail_msg("no DNS server: %s", strerror(errno));
	server->port = ntohs(address.sin_port);
	server->watch = (struct loop_watch){.ready = name_server_on_query, .arg = server};
	loop_watch_set(unit->loop, &server->watch, server->fd, true, false);
}

void name_server_close(struct name_server *server)
{
	loop_watch_clear(&server->watch);
	close(server->fd);
}
