#include "prober.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "target/scheme.h"
#include "unit.h"

void prober_open(struct prober *prober, struct unit_loop *unit, const char *text, unsigned port)
{
	struct error err = {0};
	struct env env;
	struct log log;
	char full[256];

	*prober = (struct prober){.unit = unit};
	log_init(&log, -1);
	env_copy(&env, NULL);
	if (strchr(text, '#'))
		snprintf(full, sizeof(full), "%.*s%u%s", (int)strcspn(text, "#"), text, port, strchr(text, '#') + 1);
	else
		snprintf(full, sizeof(full), "%s", text);
	if (target_parse(&prober->target, full, &err) || probe_bind(&prober->target, 1, &env, &log, &err))
		fail_msg("%s", err.text);
	env_release(&env);
}

void prober_close(struct prober *prober)
{
	probe_free_shared(&prober->shared);
	probe_unbind(&prober->target, 1);
	target_release(&prober->target);
}

static void prober_on_done(void *arg, struct probe *probe, const struct outcome *outcome)
{
	struct prober *prober = arg;

	(void)probe;
	prober->dones++;
	prober->outcome = *outcome;
	loop_stop(prober->unit->loop);
}

void prober_run(struct prober *prober, const struct address *address, int64_t limit, const char *row)
{
	void *state = alloc_zero(1, prober->target.scheme->protocol->state_size);
	int64_t began = clock_now();

	prober->dones = 0;
	probe_init(&prober->probe, state, prober->unit->loop, &prober->target, &prober->target.endpoints[0], address,
		   limit, prober_on_done, prober);
	prober->probe.shared = &prober->shared;
	prober->probe.last = prober->last;
	probe_start(&prober->probe);
	check_int("not inside start", prober->dones, 0);
	unit_loop_run(prober->unit, row);
	prober->took = clock_now() - began;
	unit_loop_settle(prober->unit);
	check_int("reported once", prober->dones, 1);
	probe_release(&prober->probe);
	free(state);
}
