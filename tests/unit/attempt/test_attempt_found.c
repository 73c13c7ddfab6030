/* Targets that are elsewhere: a probe names the place, and the attempt goes on there. */
#include "unit.h"

#include <string.h>

#include "attempt/probe.h"
#include "attempting.h"
#include "base/clock.h"
#include "target/scheme.h"

/* What is said at the target's endpoints, 127.0.0.1:1 and 127.0.0.2:1, and at the found place. */
struct guide_row {
	const char *name;
	const char *host[2]; /* whom the endpoint names; NULL: nobody */
	unsigned port[2];
	enum outcome_kind kind[2]; /* what it says itself; NONE: nothing, until the deadline */
	enum outcome_kind found;
	/* What comes of it. */
	enum outcome_kind outcome;
	const char *detail, *at; /* host, port, address */
	int found_probes;
};

struct guide_plan {
	const struct guide_row *row;
	int found_probes;
	bool was_refused; /* probe_refer did not take it */
};

static void guide_finish(struct probe *probe, enum outcome_kind kind)
{
	struct outcome outcome = outcome_make(kind, NULL);

	if (kind != OUTCOME_NONE)
		probe_finish(probe, &outcome);
}

static void guide_start(struct probe *probe)
{
	struct guide_plan *plan = probe->target->plan;
	size_t which = probe->endpoint == probe->target->endpoints ? 0 : 1;

	check("an endpoint of the target", probe->endpoint == &probe->target->endpoints[which]);
	if (plan->row->host[which] && !probe_refer(probe, plan->row->host[which], (uint16_t)plan->row->port[which])) {
		plan->was_refused = true;
		guide_finish(probe, OUTCOME_GARBLED);
		return;
	}
	guide_finish(probe, plan->row->kind[which]);
}

static void guide_start_found(struct probe *probe)
{
	struct guide_plan *plan = probe->target->plan;

	check("another endpoint", probe->endpoint < probe->target->endpoints ||
					  probe->endpoint >= probe->target->endpoints + probe->target->endpoint_count);
	memset(probe->state, 1, 4000); /* it has a state of its own */
	plan->found_probes++;
	guide_finish(probe, plan->row->found);
}

static void guide_stop(struct probe *probe)
{
	(void)probe;
}

static const struct protocol guide_found = {.state_size = 4000, .start = guide_start_found, .stop = guide_stop};
static const struct protocol guide = {.state_size = 1, .found = &guide_found, .start = guide_start, .stop = guide_stop};
static const struct scheme guide_scheme = {.name = "guide", .protocol = &guide};

static void check_row(const struct guide_row *row)
{
	struct guide_plan plan = {.row = row};
	struct attempting attempting;
	struct target target = {0};
	struct error err = {0};
	char at[PLACE_HOST_MAX + PLACE_TEXT_MAX];

	if (target_parse(&target, "mongodb://127.0.0.1:1,127.0.0.2:1", &err))
		fail_msg("%s", err.text);
	target.scheme = &guide_scheme;
	target.plan = &plan;
	target.is_elsewhere = true;
	attempting_open(&attempting);
	attempting_use(&attempting, &target);
	for (int i = 1; i <= 3; i++) { /* each attempt asks again */
		attempting_run(&attempting, 400 * CLOCK_MS, row->name);
		snprintf(at, sizeof(at), "%s %u %s", attempting.place.host, (unsigned)attempting.place.port,
			 attempting.place.address);
		check_int(row->name, attempting.outcome.kind, row->outcome);
		check_text(row->name, attempting.outcome.detail, row->detail);
		check_text(row->name, at, row->at);
		check_int(row->name, plan.found_probes, (long long)i * row->found_probes);
		check_int(row->name, plan.was_refused, row->outcome == OUTCOME_GARBLED);
		check_int(row->name, (long long)attempting.session.sockets, 0);
	}
	attempting_close(&attempting);
}

static void test_found(void **state)
{
	static const struct guide_row rows[] = {
		{"an address",
		 {"127.0.0.9"},
		 {7},
		 {OUTCOME_READY, OUTCOME_REFUSED},
		 OUTCOME_READY,
		 OUTCOME_READY,
		 "",
		 "127.0.0.9 7 127.0.0.9",
		 1},
		{"a name",
		 {"peer.localhost"},
		 {7},
		 {OUTCOME_READY, OUTCOME_REFUSED},
		 OUTCOME_READY,
		 OUTCOME_READY,
		 "",
		 "peer.localhost 7 ::1",
		 1},
		{"a name with two addresses",
		 {"peer.localhost"},
		 {7},
		 {OUTCOME_READY, OUTCOME_REFUSED},
		 OUTCOME_STARTING,
		 OUTCOME_STARTING,
		 "",
		 "peer.localhost 7 ::1",
		 2},
		{"a name that does not exist",
		 {"db.onion"},
		 {7},
		 {OUTCOME_READY, OUTCOME_REFUSED},
		 OUTCOME_READY,
		 OUTCOME_NO_NAME,
		 "db.onion",
		 "db.onion 7 ",
		 0},
		{"the second knows it",
		 {NULL, "127.0.0.9"},
		 {0, 7},
		 {OUTCOME_STARTING, OUTCOME_READY},
		 OUTCOME_READY,
		 OUTCOME_READY,
		 "",
		 "127.0.0.9 7 127.0.0.9",
		 1},
		{"the first is silent",
		 {NULL, "127.0.0.9"},
		 {0, 7},
		 {OUTCOME_NONE, OUTCOME_READY},
		 OUTCOME_READY,
		 OUTCOME_READY,
		 "",
		 "127.0.0.9 7 127.0.0.9",
		 1},
		/* What matters is the place that somebody named, even if another guide got further. */
		{"the found one refuses",
		 {"127.0.0.9"},
		 {7},
		 {OUTCOME_READY, OUTCOME_STARTING},
		 OUTCOME_REFUSED,
		 OUTCOME_REFUSED,
		 "",
		 "127.0.0.9 7 127.0.0.9",
		 1},
		{"after a guide that got further",
		 {NULL, "127.0.0.9"},
		 {0, 7},
		 {OUTCOME_STARTING, OUTCOME_READY},
		 OUTCOME_REFUSED,
		 OUTCOME_REFUSED,
		 "",
		 "127.0.0.9 7 127.0.0.9",
		 1},
		{"both name the same",
		 {"127.0.0.9", "127.0.0.9"},
		 {7, 7},
		 {OUTCOME_READY, OUTCOME_READY},
		 OUTCOME_REFUSED,
		 OUTCOME_REFUSED,
		 "",
		 "127.0.0.9 7 127.0.0.9",
		 1},
		{"two ports",
		 {"127.0.0.9", "127.0.0.9"},
		 {7, 8},
		 {OUTCOME_READY, OUTCOME_READY},
		 OUTCOME_REFUSED,
		 OUTCOME_REFUSED,
		 "",
		 "127.0.0.9 7 127.0.0.9",
		 2},
		{"a guide that is not ready",
		 {"127.0.0.9", NULL},
		 {7, 0},
		 {OUTCOME_STARTING, OUTCOME_REFUSED},
		 OUTCOME_READY,
		 OUTCOME_STARTING,
		 "",
		 "127.0.0.1 1 127.0.0.1",
		 0},
		{"nobody knows it",
		 {NULL},
		 {0},
		 {OUTCOME_REFUSED, OUTCOME_STARTING},
		 OUTCOME_READY,
		 OUTCOME_STARTING,
		 "",
		 "127.0.0.2 1 127.0.0.2",
		 0},
		{"port 0",
		 {"127.0.0.9"},
		 {0},
		 {OUTCOME_READY, OUTCOME_REFUSED},
		 OUTCOME_READY,
		 OUTCOME_GARBLED,
		 "",
		 "127.0.0.1 1 127.0.0.1",
		 0},
		{"a path",
		 {"/run/x"},
		 {7},
		 {OUTCOME_READY, OUTCOME_REFUSED},
		 OUTCOME_READY,
		 OUTCOME_GARBLED,
		 "",
		 "127.0.0.1 1 127.0.0.1",
		 0},
		{"no host",
		 {""},
		 {7},
		 {OUTCOME_READY, OUTCOME_REFUSED},
		 OUTCOME_READY,
		 OUTCOME_GARBLED,
		 "",
		 "127.0.0.1 1 127.0.0.1",
		 0},
		{"no name",
		 {"a b"},
		 {7},
		 {OUTCOME_READY, OUTCOME_REFUSED},
		 OUTCOME_READY,
		 OUTCOME_GARBLED,
		 "",
		 "127.0.0.1 1 127.0.0.1",
		 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
	};

	return unit_main(tests);
}
