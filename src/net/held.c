#include "net/held.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The longest name of an outcome. */
enum { HELD_ANSWER_MAX = 64 };

/* An address among the abstract ones: the bytes after a zero are its name. */
static socklen_t held_name(struct sockaddr_un *address, const void *bytes, size_t len)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path + 1, bytes, len);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
}

/* Where who holds the port is asked. */
static socklen_t held_desk_name(struct sockaddr_un *address, uint16_t port)
{
	char name[32];
	int len = snprintf(name, sizeof(name), "waitfor/held/%u", (unsigned)port);

	return held_name(address, name, (size_t)len);
}

/*
 * Who asks is named after its end of the connection: then the question needs no bytes, and nobody waits for them. A random number
 * comes first, so that nobody else can take the name.
 */
struct held_asker {
	uint64_t number;
	struct sockaddr_storage end;
};

static int held_socket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Finds out who asks. Returns false for somebody else than held_ask. */
static bool held_read_asker(int fd, struct address *who)
{
	const size_t before = offsetof(struct sockaddr_un, sun_path) + 1 + offsetof(struct held_asker, end);
	struct sockaddr_un name = {0};
	socklen_t length = sizeof(name);

	*who = (struct address){0};
	if (getpeername(fd, (struct sockaddr *)&name, &length) || length <= before || length > sizeof(name))
		return false;
	who->length = length - (socklen_t)before;
	if (who->length > sizeof(who->v6))
		return false;
	memcpy(&who->any, (const char *)&name + before, who->length);
	return (who->any.sa_family == AF_INET && who->length == sizeof(who->v4)) ||
	       (who->any.sa_family == AF_INET6 && who->length == sizeof(who->v6));
}

static void held_on_asker(void *arg, int fd)
{
	struct held_desk *desk = arg;
	struct address who;

	if (held_read_asker(fd, &who))
		desk->asked(desk->arg, &who, fd);
	else
		close(fd);
}

void held_desk_open(struct held_desk *desk, struct loop *loop, uint16_t port,
		    void (*asked)(void *arg, const struct address *who, int fd), void *arg)
{
	struct sockaddr_un name;
	socklen_t length = held_desk_name(&name, port);
	int fd = held_socket();

	*desk = (struct held_desk){.asked = asked, .arg = arg};
	if (fd < 0)
		return;
	if (bind(fd, (struct sockaddr *)&name, length) == 0 && listen(fd, LISTENER_BACKLOG) == 0)
		listener_open_socket(&desk->listener, loop, fd, held_on_asker, desk);
	else
		close(fd);
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

/* Names the socket after the end of the connection. Returns false where that is not possible. */
static bool held_name_asker(int fd, int connection)
{
	struct held_asker asker = {0};
	struct sockaddr_un name;
	socklen_t length = sizeof(asker.end);

	if (getrandom(&asker.number, sizeof(asker.number), GRND_NONBLOCK) < 0 ||
	    getsockname(connection, (struct sockaddr *)&asker.end, &length))
		return false;
	length = held_name(&name, &asker, offsetof(struct held_asker, end) + length);
	return bind(fd, (struct sockaddr *)&name, length) == 0;
}

static bool held_is_trusted(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

static bool held_connect(int fd, uint16_t port)
{
	struct sockaddr_un name;
	socklen_t length = held_desk_name(&name, port);

	return connect(fd, (struct sockaddr *)&name, length) == 0 && held_is_trusted(fd);
}

/* Returns the kind of this name; CLOSED for none, as where who holds the connection has ended. */
static enum outcome_kind held_kind(const char *name)
{
	for (int kind = OUTCOME_NONE + 1; kind < OUTCOME_KINDS; kind++)
		if (strcmp(outcome_info((enum outcome_kind)kind)->name, name) == 0)
			return (enum outcome_kind)kind;
	return OUTCOME_CLOSED;
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

bool held_ask(struct held_question *question, struct loop *loop, int connection, uint16_t port,
	      void (*answered)(void *arg, enum outcome_kind kind), void *arg)
{
	question->fd = held_socket();
	question->open = question->fd >= 0;
	if (!question->open)
		return false;
	if (!held_name_asker(question->fd, connection) || !held_connect(question->fd, port)) {
		held_drop(question);
		return false;
	}
	question->answered = answered;
	question->arg = arg;
	question->watch = (struct loop_watch){.ready = held_on_answer, .arg = question};
	loop_watch_set(loop, &question->watch, question->fd, true, false);
	return true;
}

void held_drop(struct held_question *question)
{
	if (!question->open)
		return;
	loop_watch_clear(&question->watch);
	close(question->fd);
	question->open = false;
}
