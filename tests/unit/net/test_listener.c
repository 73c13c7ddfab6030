/* listener.c: connections at loopback addresses, and ports that are taken. */
#include "unit.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptors.h"
#include "loopback.h"
#include "net/listener.h"
#include "unit_loop.h"

struct rig {
	struct unit_loop unit;
	struct listener listener;
	int accepted;
	bool pauses; /* after each */
};

static void rig_on_accepted(void *arg, int fd)
{
	struct rig *rig = arg;

	rig->accepted++;
	close(fd);
	if (rig->pauses)
		listener_pause(&rig->listener, true);
	loop_stop(rig->unit.loop);
}

static int rig_open(struct rig *rig, uint16_t port, bool any, struct error *err)
{
	*rig = (struct rig){0};
	unit_loop_open(&rig->unit);
	return listener_open(&rig->listener, rig->unit.loop, port, any, rig_on_accepted, rig, err);
}

static void rig_close(struct rig *rig)
{
	listener_close(&rig->listener);
	unit_loop_close(&rig->unit);
}

static int connect_to(const char *host, uint16_t port)
{
	const struct address address = loopback_address(host, port);
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check_int(host, connect(fd, &address.any, address.length), 0);
	return fd;
}

static void test_accepts(void **state)
{
	struct error err = {0};
	struct rig rig;
	int fd;

	(void)state;
	check_int("a free port", rig_open(&rig, 0, false, &err), 0);
	check("which one", rig.listener.port != 0);
	fd = connect_to("127.0.0.1", rig.listener.port);
	unit_loop_run(&rig.unit, "IPv4");
	close(fd);
	check_int("one", rig.accepted, 1);
	if (loopback_has_v6()) {
		fd = connect_to("::1", rig.listener.port);
		unit_loop_run(&rig.unit, "IPv6");
		close(fd);
		check_int("two", rig.accepted, 2);
	}
	rig_close(&rig);
}

static void test_a_port_that_is_taken(void **state)
{
	struct error err = {0};
	uint16_t port = 0;
	int taken = loopback_listen("127.0.0.1", &port), before = descriptors_count();
	struct rig rig;

	(void)state;
	check_int("asked for", rig_open(&rig, port, false, &err), -1);
	check_has("why", err.text, "Address already in use");
	rig_close(&rig);
	check_int("nothing stays open", descriptors_count(), before);
	check_int("any will do", rig_open(&rig, port, true, &err), 0);
	check("another one", rig.listener.port && rig.listener.port != port);
	rig_close(&rig);
	close(taken);
}

/* Who comes meanwhile is not refused. */
static void test_pause(void **state)
{
	struct error err = {0};
	struct rig rig;
	int fd;

	(void)state;
	check_int("open", rig_open(&rig, 0, false, &err), 0);
	listener_pause(&rig.listener, true);
	fd = connect_to("127.0.0.1", rig.listener.port);
	unit_loop_settle(&rig.unit);
	check_int("not yet", rig.accepted, 0);
	listener_pause(&rig.listener, false);
	unit_loop_run(&rig.unit, "goes on");
	check_int("now", rig.accepted, 1);
	close(fd);
	rig_close(&rig);
}

/* Without a descriptor for a connection the kernel says at once, again and again, that there is one. */
static void test_no_descriptor(void **state)
{
	struct rlimit found, none;
	struct error err = {0};
	struct rig rig;
	int fd;

	(void)state;
	check_int("open", rig_open(&rig, 0, false, &err), 0);
	fd = connect_to("127.0.0.1", rig.listener.port);
	getrlimit(RLIMIT_NOFILE, &found);
	none = found;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	unit_loop_settle(&rig.unit);
	setrlimit(RLIMIT_NOFILE, &found);
	check_int("not accepted", rig.accepted, 0);
	check("it is tried again later", loop_timer_is_set(&rig.listener.again));
	unit_loop_run(&rig.unit, "later");
	check_int("accepted", rig.accepted, 1);
	close(fd);
	rig_close(&rig);
}

/* Who has connected is taken before the end. */
static void test_take(void **state)
{
	struct error err = {0};
	struct rig rig;
	int fd;

	(void)state;
	check_int("open", rig_open(&rig, 0, false, &err), 0);
	fd = connect_to("127.0.0.1", rig.listener.port);
	listener_take(&rig.listener);
	check_int("without the loop", rig.accepted, 1);
	close(fd);
	rig_close(&rig);
}

/* Two come in one turn, and there is room for one. */
static void test_pause_at_once(void **state)
{
	struct error err = {0};
	struct rig rig;
	int one, other;

	(void)state;
	check_int("open", rig_open(&rig, 0, false, &err), 0);
	rig.pauses = true;
	one = connect_to("127.0.0.1", rig.listener.port);
	other = connect_to("127.0.0.1", rig.listener.port);
	unit_loop_run(&rig.unit, "one");
	unit_loop_settle(&rig.unit);
	check_int("one", rig.accepted, 1);
	close(one);
	close(other);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),       cmocka_unit_test(test_a_port_that_is_taken),
		cmocka_unit_test(test_pause),         cmocka_unit_test(test_pause_at_once),
		cmocka_unit_test(test_no_descriptor), cmocka_unit_test(test_take),
	};

	return unit_main(tests);
}
