#include "unit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "net/session.h"

/*
 * The limit stays as it was, for the app (FACTS 38). Sockets stay below it, and leave some descriptors for other uses.
 */
static void test_sockets(void **state)
{
	struct process process = {.is_init = false};
	struct rlimit limit, less;
	struct session session;
	struct error err = {0};
	size_t taken = 0;

	(void)state;
	sigemptyset(&process.ending);
	sigemptyset(&process.watched);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	less = limit;
	less.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
	check_int("opened", session_open(&session, &process, &err), 0);
	while (session_take_socket(&session))
		taken++;
	check("most of the limit", taken >= 50 && taken <= 80);
	check("no more", !session_take_socket(&session));
	session_give_socket(&session);
	check("what was given back", session_take_socket(&session));
	check("but one", !session_take_socket(&session));
	session_close(&session);
	/* With too few descriptors one attempt at a time is still allowed. */
	less.rlim_cur = 16;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
	check_int("opened", session_open(&session, &process, &err), 0);
	check("one", session_take_socket(&session));
	check("and no more", !session_take_socket(&session));
	session_close(&session);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* The app inherits nothing: what was kept for further attempts is closed too. */
static void test_close(void **state)
{
	struct process process = {.is_init = false};
	struct session session;
	struct error err = {0};
	unsigned uses;
	int fd;

	(void)state;
	sigemptyset(&process.ending);
	sigemptyset(&process.watched);
	check_int("opened", session_open(&session, &process, &err), 0);
	check("names can be looked up", session.names != NULL);
	fd = sockets_open(&session.kept, AF_INET, &uses);
	sockets_give(&session.kept, fd, AF_INET, uses);
	check_int("kept", (long long)session.kept.count, 1);
	session_close(&session);
	check_int("closed", fcntl(fd, F_GETFD), -1);
	check("nothing is left", !session.loop && !session.names && session.kept.count == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_close),
	};

	return unit_main(tests);
}
