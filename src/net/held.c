#include "net/held.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

/* The longest name of an outcome, and of a socket. */
enum { HELD_ANSWER_MAX = 64, HELD_NAME_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };

/* Sets an address of the abstract ones: what follows a zero byte is its name. Returns its length. */
static socklen_t held_name(struct sockaddr_un *address, const char *name)
{
	size_t len = strlen(name);

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path + 1, name, len);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
}

/* Where who holds the port is asked. */
static socklen_t held_desk_name(struct sockaddr_un *address, uint16_t port)
{
	char name[HELD_NAME_MAX + 1];

	snprintf(name, sizeof(name), "waitfor/held/%u", (unsigned)port);
	return held_name(address, name);
}

static int held_socket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Reads the end of the connection from the name of who asks. Returns false for somebody else. */
static bool held_parse_asker(char *name, struct address *who)
{
	char *host = strchr(name, ' '), *port = host ? strchr(host + 1, ' ') : NULL;

	if (!port)
		return false;
	*port = '\0';
	return address_of_host(who, host + 1, (uint16_t)strtoul(port + 1, NULL, 10)) && address_is_loopback(who);
}

/* Finds out who asks. Returns false for somebody else than held_ask. */
static bool held_read_asker(int fd, struct address *who)
{
	struct sockaddr_un name;
	socklen_t length = sizeof(name);
	size_t before = offsetof(struct sockaddr_un, sun_path) + 1;
	char text[HELD_NAME_MAX + 1] = {0};

	if (getpeername(fd, (struct sockaddr *)&name, &length) || length <= before || length > sizeof(name))
		return false;
	memcpy(text, name.sun_path + 1, length - before);
	return held_parse_asker(text, who);
}

/* Is the other process of our user, or of root? */
static bool held_is_trusted(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

static void held_on_asker(void *arg, int fd)
{
	struct held_desk *desk = arg;
	struct address who;

	if ((held_is_trusted(fd) || geteuid() == 0) && held_read_asker(fd, &who))
		desk->asked(desk->arg, &who, fd);
	else
		close(fd);
}

int held_desk_open(struct held_desk *desk, struct loop *loop, uint16_t port,
		   void (*asked)(void *arg, const struct address *who, int fd), void *arg)
{
	struct sockaddr_un name;
	socklen_t length = held_desk_name(&name, port);
	int fd = held_socket(), reason;

	*desk = (struct held_desk){.asked = asked, .arg = arg};
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&name, length) == 0 && listen(fd, LISTENER_BACKLOG) == 0) {
		listener_open_socket(&desk->listener, loop, fd, held_on_asker, desk);
		return 0;
	}
	reason = errno;
	close(fd);
	errno = reason;
	return -1;
}

void held_desk_close(struct held_desk *desk)
{
	listener_close(&desk->listener);
}

void held_answer(int fd, enum outcome_kind kind)
{
	const char *name = outcome_info(kind)->name;

	send(fd, name, strlen(name), MSG_NOSIGNAL); /* it has room for one; who is gone needs none */
	close(fd);
}

/* Finds the port of the other end, and ours. Returns false where nobody can hold the connection. */
static bool held_find_ends(int connection, uint16_t *port, struct address *own)
{
	struct address peer = {.length = sizeof(peer.v6)}, v4, v6;

	own->length = sizeof(own->v6);
	if (getpeername(connection, &peer.any, &peer.length) || getsockname(connection, &own->any, &own->length))
		return false;
	address_unmap(&peer);
	address_unmap(own);
	*port = address_port(&peer);
	address_of_host(&v4, "127.0.0.1", *port);
	address_of_host(&v6, "::1", *port);
	return address_is_equal(&peer, &v4) || address_is_equal(&peer, &v6);
}

/*
 * Names the socket after our end of the connection: then the question needs no bytes, and nobody waits for them. A random number
 * comes first, so that nobody else can take the name; where there is none, the time will do. Returns -1 with errno.
 */
static int held_name_asker(int fd, const struct address *end)
{
	char host[ADDRESS_TEXT_MAX], name[HELD_NAME_MAX + 1];
	unsigned long long number;
	struct sockaddr_un address;
	socklen_t length;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = (unsigned long long)clock_now();
	snprintf(name, sizeof(name), "waitfor/asks/%016llx %s %u", number, address_text(end, host, sizeof(host)),
		 (unsigned)address_port(end));
	length = held_name(&address, name);
	return bind(fd, (struct sockaddr *)&address, length);
}

/* Of a call that failed: 0 where nobody can be asked, -1 where that may be possible later. */
static int held_failure(void)
{
	return errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS || errno == EAGAIN ? -1 : 0;
}

/* Connects to who holds the port. Returns as held_ask does. */
static int held_connect(int fd, uint16_t port, const struct address *end)
{
	struct sockaddr_un name;
	socklen_t length = held_desk_name(&name, port);

	if (held_name_asker(fd, end) == 0 && connect(fd, (struct sockaddr *)&name, length) == 0)
		return held_is_trusted(fd);
	return held_failure();
}

/* Returns the kind of this name; NONE for no name. */
static enum outcome_kind held_kind(const char *name)
{
	for (int kind = OUTCOME_NONE + 1; kind < OUTCOME_KINDS; kind++)
		if (strcmp(outcome_info((enum outcome_kind)kind)->name, name) == 0)
			return (enum outcome_kind)kind;
	return OUTCOME_NONE;
}

static void held_on_answer(void *arg, bool readable, bool writable)
{
	struct held_question *question = arg;
	char name[HELD_ANSWER_MAX + 1] = {0};

	(void)readable;
	(void)writable;
	recv(question->fd, name, HELD_ANSWER_MAX, 0);
	loop_watch_clear(&question->watch);
	question->answered(question->arg, held_kind(name));
}

int held_ask(struct held_question *question, struct loop *loop, int connection,
	     void (*answered)(void *arg, enum outcome_kind kind), void *arg)
{
	struct address end = {0};
	uint16_t port;
	int asked;

	if (!held_find_ends(connection, &port, &end))
		return 0;
	question->fd = held_socket();
	question->open = question->fd >= 0;
	if (!question->open)
		return held_failure();
	asked = held_connect(question->fd, port, &end);
	if (asked <= 0) {
		int reason = errno;

		held_drop(question);
		errno = reason;
		return asked;
	}
	question->answered = answered;
	question->arg = arg;
	question->watch = (struct loop_watch){.ready = held_on_answer, .arg = question};
	loop_watch_set(loop, &question->watch, question->fd, true, false);
	return 1;
}

void held_drop(struct held_question *question)
{
	if (!question->open)
		return;
	loop_watch_clear(&question->watch);
	close(question->fd);
	question->open = false;
}
