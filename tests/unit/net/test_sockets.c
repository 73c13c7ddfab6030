#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptors.h"
#include "loopback.h"
#include "net/sockets.h"

/* A new one, with uses. */
static int open_one(struct sockets *sockets, int family, unsigned uses)
{
	unsigned found = 99;
	int fd = sockets_open(sockets, family, &found);

	assert_true(fd >= 0);
	check_int("uses", found, uses);
	return fd;
}

static int option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, name, &value, &len), 0);
	return value;
}

static void check_form(const char *row, int fd, int family)
{
	check_int(row, option(fd, SO_DOMAIN), family);
	check_int(row, option(fd, SO_TYPE), SOCK_STREAM);
	check_int("closed at exec", fcntl(fd, F_GETFD), FD_CLOEXEC);
	check("never blocks", fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static void test_a_new_one(void **state)
{
	static const int families[] = {AF_INET, AF_INET6, AF_UNIX};
	struct sockets sockets = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(families); i++) {
		int first = open_one(&sockets, families[i], 0), second = open_one(&sockets, families[i], 0);

		check_form("new", first, families[i]);
		check("another one", first != second);
		close(first);
		close(second);
	}
	check_int("none is kept", (long long)sockets.count, 0);
	sockets_release(&sockets);
}

/* What was given is used again, for the same family only. */
static void test_kept(void **state)
{
	struct sockets sockets = {0};
	int before = descriptors_count(), v4, v6;

	(void)state;
	v4 = open_one(&sockets, AF_INET, 0);
	v6 = open_one(&sockets, AF_INET6, 0);
	sockets_give(&sockets, v4, AF_INET, 0);
	check_int("kept", (long long)sockets.count, 1);
	sockets_give(&sockets, v6, AF_INET6, 0);
	check_int("kept", (long long)sockets.count, 2);
	check_int("the same", open_one(&sockets, AF_INET6, 1), v6);
	check_int("the same", open_one(&sockets, AF_INET, 1), v4);
	check_form("as it was", v4, AF_INET);
	check_form("as it was", v6, AF_INET6);
	check_int("none is kept", (long long)sockets.count, 0);
	sockets_give(&sockets, v4, AF_INET, 1);
	close(v6);
	v6 = open_one(&sockets, AF_INET6, 0);
	check("a new one for the other family", v6 != v4);
	close(v6);
	check_int("still kept", (long long)sockets.count, 1);
	sockets_release(&sockets);
	check_int("none", (long long)sockets.count, 0);
	check_int("closed", descriptors_count(), before);
	sockets_release(&sockets);
}

/* A Unix socket keeps no state that could be dissolved: it is closed. */
static void test_a_unix_socket(void **state)
{
	struct sockets sockets = {0};
	int before = descriptors_count();

	(void)state;
	sockets_give(&sockets, open_one(&sockets, AF_UNIX, 0), AF_UNIX, 0);
	check_int("not kept", (long long)sockets.count, 0);
	check_int("closed", descriptors_count(), before);
}

/* Nobody keeps anything. */
static void test_without_sockets(void **state)
{
	int before = descriptors_count(), fd;

	(void)state;
	fd = open_one(NULL, AF_INET, 0);
	check_form("new", fd, AF_INET);
	sockets_give(NULL, fd, AF_INET, 0);
	check_int("closed", descriptors_count(), before);
}

/* More than these are closed. */
static void test_limit(void **state)
{
	struct sockets sockets = {0};
	int before = descriptors_count(), fds[SOCKETS_KEPT_MAX + 3];
	bool is_there[COUNT(fds)] = {false};

	(void)state;
	check_int("so many", SOCKETS_KEPT_MAX, 4);
	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = open_one(&sockets, AF_INET, 0);
	for (size_t i = 0; i < COUNT(fds); i++)
		sockets_give(&sockets, fds[i], AF_INET, 0);
	check_int("kept", (long long)sockets.count, SOCKETS_KEPT_MAX);
	check_int("and the others closed", descriptors_count(), before + SOCKETS_KEPT_MAX);
	for (int i = 0; i < SOCKETS_KEPT_MAX; i++) {
		int fd = open_one(&sockets, AF_INET, 1);

		for (size_t j = 0; j < COUNT(fds); j++)
			if (fds[j] == fd) {
				check("each once", !is_there[j]);
				is_there[j] = true;
			}
		sockets_give(NULL, fd, AF_INET, 1);
	}
	check_int("all are closed", descriptors_count(), before);
	sockets_release(&sockets);
}

/* A route or a filter that is bound to the socket cannot last. */
static void test_uses(void **state)
{
	struct sockets sockets = {0};
	int before = descriptors_count();

	(void)state;
	for (unsigned uses = 0; uses < 16; uses++) {
		int fd = open_one(&sockets, AF_INET, uses);

		check_int("one", descriptors_count(), before + 1);
		sockets_give(&sockets, fd, AF_INET, uses);
		check_int("kept, but for the last time", (long long)sockets.count, uses < 15);
	}
	check_int("closed", descriptors_count(), before);
	close(open_one(&sockets, AF_INET, 0));
}

static uint16_t own_port(int fd)
{
	struct address own = {0};

	own.length = sizeof(own.v6);
	assert_int_equal(getsockname(fd, &own.any, &own.length), 0);
	return address_port(&own);
}

/* After a refusal the socket is as good as new: each connect has its own port, and it can connect in the end. */
static void check_reuse(const char *host, int family)
{
	enum { REFUSALS = 10 };
	uint16_t refusing = 0, listening = 0, ports[REFUSALS], others = 0;
	int deaf = loopback_bind(host, &refusing), listener = loopback_listen(host, &listening), fd = -1;
	struct address closed = loopback_address(host, refusing), there = loopback_address(host, listening);
	struct sockets sockets = {0};

	for (unsigned i = 0; i < REFUSALS; i++) {
		int last = fd;

		fd = open_one(&sockets, family, i);
		check("the same", i == 0 || fd == last);
		check_int("no error is left", option(fd, SO_ERROR), 0);
		check_int("refused", connect(fd, &closed.any, closed.length), -1);
		/* The kernel may have told at once, or with the next call. */
		check("refused",
		      errno == ECONNREFUSED || (errno == EINPROGRESS && option(fd, SO_ERROR) == ECONNREFUSED));
		ports[i] = own_port(fd);
		sockets_give(&sockets, fd, family, i);
	}
	fd = open_one(&sockets, family, REFUSALS);
	check("connected", connect(fd, &there.any, there.length) == 0 || errno == EINPROGRESS);
	check_int("connected", option(fd, SO_ERROR), 0);
	check("it has a port", own_port(fd) != 0);
	/* A peer that has just refused a port may do something else with it for a while. */
	for (int i = 0; i < REFUSALS; i++)
		others += ports[i] != own_port(fd);
	check_int("another one", others, REFUSALS);
	check_int("writable", send(fd, "x", 1, MSG_NOSIGNAL), 1);
	close(fd);
	close(listener);
	close(deaf);
}

static void test_reuse(void **state)
{
	(void)state;
	check_reuse("127.0.0.1", AF_INET);
	if (loopback_has_v6())
		check_reuse("::1", AF_INET6);
}

/* A connect that hangs, or one that succeeded, is given up with the socket. */
static void test_given_while_connecting(void **state)
{
	uint16_t full = 0, listening = 0, refusing = 0;
	int filler, hanging = loopback_listen_full("127.0.0.1", &full, &filler),
		    listener = loopback_listen("127.0.0.1", &listening), deaf = loopback_bind("127.0.0.1", &refusing);
	const struct address addresses[] = {loopback_address("127.0.0.1", full),
					    loopback_address("127.0.0.1", listening),
					    loopback_address("127.0.0.1", refusing)};
	struct sockets sockets = {0};

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		int fd = open_one(&sockets, AF_INET, i), error;
		const struct address *address = &addresses[i % COUNT(addresses)];

		error = connect(fd, &address->any, address->length) ? errno : 0;
		check("nothing of the one before", error == 0 || error == EINPROGRESS || error == ECONNREFUSED);
		sockets_give(&sockets, fd, AF_INET, i);
		check_int("kept", (long long)sockets.count, 1);
	}
	sockets_release(&sockets);
	close(filler);
	close(hanging);
	close(listener);
	close(deaf);
}

/* Out of descriptors: a kept one is still there. */
static void test_out_of_descriptors(void **state)
{
	struct sockets sockets = {0};
	struct rlimit limit, none;
	unsigned uses = 99;
	int fd, kept;

	(void)state;
	fd = open_one(&sockets, AF_INET, 0);
	sockets_give(&sockets, fd, AF_INET, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	kept = sockets_open(&sockets, AF_INET, &uses);
	check_int("the kept one", kept, fd);
	check_int("the kept one", uses, 1);
	errno = 0;
	check_int("no other", sockets_open(&sockets, AF_INET, &uses), -1);
	check_int("and why", errno, EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	check_int("no such family", sockets_open(&sockets, AF_UNSPEC, &uses), -1);
	check_int("and why", errno, EAFNOSUPPORT);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_new_one),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_a_unix_socket),
		cmocka_unit_test(test_without_sockets),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_given_while_connecting),
		cmocka_unit_test(test_out_of_descriptors),
	};

	return unit_main(tests);
}
