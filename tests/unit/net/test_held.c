/* held.c: a question about a connection, and its answer, on one loop. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "descriptors.h"
#include "net/held.h"
#include "unit_loop.h"

/* A connection of this machine with both its ends, the desk of its port, and somebody who asks. */
struct rig {
	struct unit_loop unit;
	struct listener listener;
	struct held_desk desk;
	struct held_question question;
	int ours, accepted; /* ends of the connection */
	struct address end; /* of ours, as the other sees it */
	int asker;          /* whom the desk owes an answer; -1: nobody */
	int asked;
	char heard[64]; /* the answers */
};

static void rig_on_accepted(void *arg, int fd)
{
	struct rig *rig = arg;

	rig->accepted = fd;
}

static void rig_on_asked(void *arg, const struct address *who, int fd)
{
	struct rig *rig = arg;

	check("it is asked about this connection", address_is_equal(who, &rig->end));
	rig->asker = fd;
	rig->asked++;
}

static void rig_on_answer(void *arg, enum outcome_kind kind)
{
	struct rig *rig = arg;

	strncat(rig->heard, outcome_info(kind)->name, sizeof(rig->heard) - strlen(rig->heard) - 1);
	held_drop(&rig->question);
}

static void rig_open(struct rig *rig, const char *host)
{
	struct error err = {0};
	struct address place;

	*rig = (struct rig){.asker = -1, .accepted = -1};
	unit_loop_open(&rig->unit);
	assert_int_equal(listener_open(&rig->listener, rig->unit.loop, 0, true, rig_on_accepted, rig, &err), 0);
	assert_int_equal(held_desk_open(&rig->desk, rig->unit.loop, rig->listener.port, rig_on_asked, rig), 0);
	address_of_host(&place, host, rig->listener.port);
	rig->ours = socket(place.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(rig->ours, &place.any, place.length), 0);
	unit_loop_settle(&rig->unit);
	rig->end.length = sizeof(rig->end.v6);
	assert_int_equal(getpeername(rig->accepted, &rig->end.any, &rig->end.length), 0);
}

static void rig_close(struct rig *rig)
{
	held_drop(&rig->question);
	held_desk_close(&rig->desk);
	listener_close(&rig->listener);
	close(rig->ours);
	close(rig->accepted);
	unit_loop_close(&rig->unit);
}

static bool rig_ask(struct rig *rig)
{
	int asked = held_ask(&rig->question, rig->unit.loop, rig->ours, rig_on_answer, rig);

	unit_loop_settle(&rig->unit);
	check("no lack", asked >= 0);
	return asked;
}

static void check_answer(const char *host, enum outcome_kind kind)
{
	const char *name = outcome_info(kind)->name;
	struct rig rig;

	rig_open(&rig, host);
	check(name, rig_ask(&rig));
	check_int("asked", rig.asked, 1);
	check_text("before the answer", rig.heard, "");
	held_answer(rig.asker, kind);
	unit_loop_settle(&rig.unit);
	check_text("the answer", rig.heard, name);
	rig_close(&rig);
}

static void test_each_answer(void **state)
{
	(void)state;
	for (int kind = OUTCOME_NONE + 1; kind < OUTCOME_KINDS; kind++)
		check_answer("127.0.0.1", (enum outcome_kind)kind);
	check_answer("::1", OUTCOME_READY);
	check_answer("::ffff:127.0.0.1", OUTCOME_READY);
	check_answer("0.0.0.0", OUTCOME_READY);
}

static void test_nobody_holds_the_port(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, "127.0.0.1");
	held_desk_close(&rig.desk);
	check("nobody is asked", !rig_ask(&rig));
	check("nothing is open", !rig.question.open);
	rig_close(&rig);
}

/* Who holds the connection ends before the answer. */
static void test_the_holder_ends(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, "127.0.0.1");
	check("asked", rig_ask(&rig));
	close(rig.asker);
	unit_loop_settle(&rig.unit);
	check_text("the end is no answer", rig.heard, "none");
	rig_close(&rig);
}

/* An answer after the end of who has asked kills nobody, and a question that is dropped has none. */
static void test_who_asked_is_gone(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, "127.0.0.1");
	check("asked", rig_ask(&rig));
	held_drop(&rig.question);
	held_answer(rig.asker, OUTCOME_READY);
	unit_loop_settle(&rig.unit);
	check_text("nothing is heard", rig.heard, "");
	rig_close(&rig);
}

/* Who comes to the desk without a name, or with one that is no end of a connection, is sent away. */
static void test_strangers(void **state)
{
	static const char *const names[] = {NULL,
					    "a",
					    "two words",
					    "three words without-address",
					    "waitfor/asks/1 10.0.0.1 80",
					    "waitfor/asks/1 127.0.0.1"};
	struct rig rig;

	(void)state;
	rig_open(&rig, "127.0.0.1");
	for (size_t i = 0; i < COUNT(names); i++) {
		struct sockaddr_un desk = {.sun_family = AF_UNIX}, own = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), len;
		char byte;

		len = snprintf(desk.sun_path + 1, sizeof(desk.sun_path) - 1, "waitfor/held/%u", rig.listener.port);
		if (names[i]) {
			memcpy(own.sun_path + 1, names[i], strlen(names[i]));
			assert_int_equal(bind(fd, (struct sockaddr *)&own,
					      (socklen_t)(sizeof(sa_family_t) + 1 + strlen(names[i]))),
					 0);
		}
		assert_int_equal(
			connect(fd, (struct sockaddr *)&desk, (socklen_t)(sizeof(sa_family_t) + 1 + (size_t)len)), 0);
		unit_loop_settle(&rig.unit);
		check_int(names[i] ? names[i] : "none", recv(fd, &byte, 1, MSG_DONTWAIT), 0);
		close(fd);
	}
	check_int("asked", rig.asked, 0);
	rig_close(&rig);
}

/* Somebody else has the name of the desk: there is none, and nothing fails. */
static void test_the_name_is_taken(void **state)
{
	struct held_desk second;
	struct rig rig;

	(void)state;
	rig_open(&rig, "127.0.0.1");
	check_int("refused", held_desk_open(&second, rig.unit.loop, rig.listener.port, rig_on_asked, &rig), -1);
	check_int("why", errno, EADDRINUSE);
	held_desk_close(&second);
	check("the first one is asked", rig_ask(&rig));
	check_int("once", rig.asked, 1);
	close(rig.asker);
	rig_close(&rig);
}

/* Who could guess the name of the next one could take it, and the service would seem to be there. */
static void test_names_cannot_be_guessed(void **state)
{
	enum { NUMBER = 16, ASKERS = 2 };
	struct sockaddr_un names[ASKERS] = {0};
	struct rig rig;

	(void)state;
	rig_open(&rig, "127.0.0.1");
	for (int i = 0; i < ASKERS; i++) {
		socklen_t length = sizeof(names[i]);

		check("asked", rig_ask(&rig));
		assert_int_equal(getpeername(rig.asker, (struct sockaddr *)&names[i], &length), 0);
		close(rig.asker);
		held_drop(&rig.question);
	}
	check("the names differ", memcmp(names[0].sun_path + 1 + strlen("waitfor/asks/"),
					 names[1].sun_path + 1 + strlen("waitfor/asks/"), NUMBER) != 0);
	rig_close(&rig);
}

/* A connection to another address of this machine is not asked about: somebody else may have the same port there. */
static void test_another_address(void **state)
{
	struct held_question question = {0};
	struct sockaddr_in here = {.sin_family = AF_INET};
	socklen_t length = sizeof(here);
	struct rig rig;
	int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    ours = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	rig_open(&rig, "127.0.0.1");
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	here.sin_port = htons(rig.listener.port);
	assert_int_equal(bind(other, (struct sockaddr *)&here, length), 0);
	assert_int_equal(listen(other, 1), 0);
	assert_int_equal(connect(ours, (struct sockaddr *)&here, length), 0);
	check_int("nobody", held_ask(&question, rig.unit.loop, ours, rig_on_answer, &rig), 0);
	check_int("asked", rig.asked, 0);
	close(ours);
	close(other);
	rig_close(&rig);
}

/* Without a descriptor nobody can be asked, and that is not the answer "nobody". */
static void test_no_descriptor(void **state)
{
	struct rlimit limit, few;
	struct rig rig;

	(void)state;
	rig_open(&rig, "127.0.0.1");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	check_int("a lack", held_ask(&rig.question, rig.unit.loop, rig.ours, rig_on_answer, &rig), -1);
	check_int("which", errno, EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	rig_close(&rig);
}

static void test_nothing_is_left_open(void **state)
{
	int before = descriptors_count();
	struct rig rig;

	(void)state;
	rig_open(&rig, "127.0.0.1");
	check("asked", rig_ask(&rig));
	held_answer(rig.asker, OUTCOME_REFUSED);
	unit_loop_settle(&rig.unit);
	rig_close(&rig);
	check_int("descriptors", descriptors_count(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_answer),
		cmocka_unit_test(test_nobody_holds_the_port),
		cmocka_unit_test(test_the_holder_ends),
		cmocka_unit_test(test_who_asked_is_gone),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_the_name_is_taken),
		cmocka_unit_test(test_names_cannot_be_guessed),
		cmocka_unit_test(test_another_address),
		cmocka_unit_test(test_no_descriptor),
		cmocka_unit_test(test_nothing_is_left_open),
	};

	return unit_main(tests);
}
