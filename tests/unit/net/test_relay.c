/* relay.c: between two pairs of sockets, of which the test has the outer ends. */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptors.h"
#include "net/relay.h"
#include "unit_loop.h"

struct rig {
	struct unit_loop unit;
	struct relay relay;
	int app, service; /* -1: closed */
	int left, ended;
};

static void rig_on_left(void *arg)
{
	struct rig *rig = arg;

	check_int("before the end", rig->ended, 0);
	rig->left++;
}

static void rig_on_end(void *arg)
{
	struct rig *rig = arg;

	rig->ended++;
	loop_stop(rig->unit.loop);
}

static void rig_open(struct rig *rig)
{
	int one[2], other[2];

	*rig = (struct rig){0};
	unit_loop_open(&rig->unit);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, one) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, other))
		fail_msg("no sockets");
	rig->app = one[0];
	rig->service = other[0];
	relay_open(&rig->relay, rig->unit.loop, one[1], other[1], rig_on_left, rig_on_end, rig);
}

static void rig_hang_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void rig_close(struct rig *rig)
{
	relay_close(&rig->relay);
	rig_hang_up(&rig->app);
	rig_hang_up(&rig->service);
	unit_loop_close(&rig->unit);
}

/* What one of the outer ends hears now; "-" for nothing, "" for the end. */
static void check_hears(const char *row, struct rig *rig, int fd, const char *expected)
{
	char heard[64] = "-";
	ssize_t got;

	unit_loop_settle(&rig->unit);
	got = recv(fd, heard, sizeof(heard) - 1, 0);
	heard[got >= 0 ? got : 1] = '\0';
	check_text(row, heard, expected);
}

static void test_both_ways(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	check_hears("nothing yet", &rig, rig.service, "-");
	check_int("sent", send(rig.app, "ask", 3, 0), 3);
	check_hears("the question", &rig, rig.service, "ask");
	check_int("sent", send(rig.service, "reply", 5, 0), 5);
	check_hears("the reply", &rig, rig.app, "reply");
	rig_close(&rig);
}

/* One has said all, and still hears. Only when both have is it over. */
static void test_half_an_end(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	check_int("sent", send(rig.app, "ask", 3, 0), 3);
	shutdown(rig.app, SHUT_WR);
	check_hears("the question", &rig, rig.service, "ask");
	check_hears("and its end", &rig, rig.service, "");
	check_int("sent", send(rig.service, "reply", 5, 0), 5);
	check_hears("the reply", &rig, rig.app, "reply");
	check_int("not over", rig.ended, 0);
	shutdown(rig.service, SHUT_WR);
	check_hears("its end", &rig, rig.app, "");
	check_int("over, and told once", rig.ended, 1);
	check_int("the service has not left first", rig.left, 0);
	rig_close(&rig);
}

static void test_the_service_leaves(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	check_int("sent", send(rig.service, "bye", 3, 0), 3);
	shutdown(rig.service, SHUT_WR);
	check_hears("the word", &rig, rig.app, "bye");
	check_int("told", rig.left, 1);
	check_hears("the end", &rig, rig.app, "");
	shutdown(rig.app, SHUT_WR);
	check_hears("its end", &rig, rig.service, "");
	check_int("once", rig.left, 1);
	check_int("over", rig.ended, 1);
	rig_close(&rig);
}

/* Fills the way from fd until nothing more is taken. Returns how much was. */
static size_t fill(struct rig *rig, int fd)
{
	static const char block[4096];
	size_t sent = 0;

	for (int idle = 0; idle < 3;) {
		ssize_t some = send(fd, block, sizeof(block), 0);

		idle = some > 0 ? 0 : idle + 1;
		sent += some > 0 ? (size_t)some : 0;
		if (some <= 0)
			unit_loop_settle(&rig->unit);
	}
	return sent;
}

static size_t drain(struct rig *rig, int fd)
{
	char block[4096];
	size_t heard = 0;

	for (int idle = 0; idle < 3;) {
		ssize_t some = recv(fd, block, sizeof(block), 0);

		idle = some > 0 ? 0 : idle + 1;
		heard += some > 0 ? (size_t)some : 0;
		if (some <= 0)
			unit_loop_settle(&rig->unit);
	}
	return heard;
}

/* Who is not read holds up the sender, and nothing is lost; meanwhile the other way is free. */
static void test_back_pressure(void **state)
{
	struct rig rig;
	size_t sent;

	(void)state;
	rig_open(&rig);
	sent = fill(&rig, rig.app);
	check("as much as the kernel takes, and one chunk", sent < 4 << 20);
	check_int("sent", send(rig.service, "reply", 5, 0), 5);
	check_hears("the other way", &rig, rig.app, "reply");
	shutdown(rig.app, SHUT_WR);
	check_int("all of it", (long long)drain(&rig, rig.service), (long long)sent);
	check_hears("then its end", &rig, rig.service, "");
	rig_close(&rig);
}

/* Whoever is gone ends both. */
static void test_a_break(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	check_int("unread, so that its close is a reset", send(rig.app, "x", 1, 0), 1);
	unit_loop_settle(&rig.unit);
	rig_hang_up(&rig.service);
	check_int("sent", send(rig.app, "more", 4, 0), 4);
	unit_loop_run(&rig.unit, "broken");
	check_int("told once", rig.ended, 1);
	check_int("the service has left", rig.left, 1);
	check("closed", recv(rig.app, (char[1]){0}, 1, 0) <= 0 && errno != EAGAIN);
	rig_close(&rig);
}

/* The service says why it goes, while the app still speaks: that is heard, though the app's words can no longer be passed on. */
static void test_last_words(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	check_int("sent", send(rig.app, "more", 4, 0), 4);
	check_int("sent", send(rig.service, "why", 3, 0), 3);
	rig_hang_up(&rig.service);
	unit_loop_run(&rig.unit, "broken");
	check_hears("why", &rig, rig.app, "why");
	rig_close(&rig);
}

static void test_close(void **state)
{
	int before = descriptors_count();
	struct rig rig;

	(void)state;
	rig_open(&rig);
	fill(&rig, rig.app);
	rig_close(&rig);
	check_int("not told", rig.ended, 0);
	check_int("descriptors", descriptors_count(), before);
	relay_close(&(struct relay){0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_half_an_end),
		cmocka_unit_test(test_the_service_leaves),
		cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_a_break),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_close),
	};

	return unit_main(tests);
}
