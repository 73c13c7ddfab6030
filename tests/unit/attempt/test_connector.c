/* connector.c: a connection to a place of a target, or why there is none. */
#include "unit.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attempt/connector.h"
#include "attempting.h"
#include "base/clock.h"
#include "descriptors.h"
#include "loopback.h"

struct rig {
	struct attempting attempting; /* for its session */
	struct connector connector;
	struct target target;
	struct endpoint place;
	int dones, fd;
	struct outcome outcome;
};

static void rig_on_done(void *arg, int fd, const struct outcome *outcome)
{
	struct rig *rig = arg;

	rig->dones++;
	rig->fd = fd;
	rig->outcome = *outcome;
	connector_close(&rig->connector); /* its owner may free it here */
	loop_stop(rig->attempting.unit.loop);
}

static void rig_open(struct rig *rig, uint16_t port)
{
	*rig = (struct rig){.fd = -1};
	attempting_open(&rig->attempting);
	rig->target = (struct target){.text = (char *)"db", .settings = {.attempt_timeout = 5 * CLOCK_S}};
	rig->place = (struct endpoint){.host = (char *)"127.0.0.1", .port = port};
	check("a socket", session_take_socket(&rig->attempting.session));
	connector_open(&rig->connector, &rig->attempting.pool, &rig->target, &rig->place, rig_on_done, rig);
	check_int("not inside", rig->dones, 0);
}

static void rig_close(struct rig *rig)
{
	connector_close(&rig->connector);
	if (rig->fd >= 0)
		close(rig->fd);
	check_int("no socket of the session", (long long)rig->attempting.session.sockets, 0);
	attempting_close(&rig->attempting);
}

static void test_connected(void **state)
{
	uint16_t port = 0;
	int listener = loopback_listen("127.0.0.1", &port), before = descriptors_count(), taken;
	struct rig rig;

	(void)state;
	rig_open(&rig, port);
	unit_loop_run(&rig.attempting.unit, "connected");
	check_int("ready", rig.outcome.kind, OUTCOME_READY);
	check_int("once", rig.dones, 1);
	taken = accept(listener, NULL, NULL);
	check_int("it is that connection", send(rig.fd, "x", 1, 0), 1);
	check_int("heard", recv(taken, (char[1]){0}, 1, 0), 1);
	close(taken);
	rig_close(&rig);
	check_int("descriptors", descriptors_count(), before);
	close(listener);
}

static void test_refused(void **state)
{
	uint16_t port = 0;
	int deaf = loopback_bind("127.0.0.1", &port);
	struct rig rig;

	(void)state;
	rig_open(&rig, port);
	unit_loop_run(&rig.attempting.unit, "refused");
	check_int("refused", rig.outcome.kind, OUTCOME_REFUSED);
	check_int("no connection", rig.fd, -1);
	rig_close(&rig);
	close(deaf);
}

static void test_closed_before(void **state)
{
	uint16_t port = 0;
	int filler, full = loopback_listen_full("127.0.0.1", &port, &filler), before = descriptors_count();
	struct rig rig;

	(void)state;
	rig_open(&rig, port);
	unit_loop_settle(&rig.attempting.unit);
	rig_close(&rig);
	check_int("not told", rig.dones, 0);
	check_int("descriptors", descriptors_count(), before);
	close(filler);
	close(full);
	connector_close(&(struct connector){0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connected),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_closed_before),
	};

	return unit_main(tests);
}
