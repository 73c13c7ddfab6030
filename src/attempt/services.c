#include "attempt/services.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "target/endpoint.h"

#define SERVICES_HOLD (250 * CLOCK_MS)

struct services {
	struct services_owner owner;
	struct lookup *lookup;
	struct loop_timer answered; /* tells of the records */
	struct loop_timer hold;     /* so long a host waits for those before it: their order is that of the records */
	bool is_running;            /* an attempt is */
	bool unread;                /* the records came between two attempts */
};

static const struct lookup_result *services_result(const struct services *services)
{
	return lookup_result(services->lookup, LOOKUP_SRV);
}

/* May only be called by the loop: who is told starts look-ups. */
static void services_tell(void *arg)
{
	struct services *services = arg;
	const struct services_owner *owner = &services->owner;
	struct srv_list *records = lookup_services(services->lookup);
	uint64_t seed;

	if (!services_result(services)->answered)
		return; /* another round began meanwhile */
	services->unread = false;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (uint64_t)clock_now();
	srv_list_order(records, seed);
	loop_timer_set(&services->hold, SERVICES_HOLD);
	for (size_t i = 0; i < records->count; i++)
		if (endpoint_is_place(records->entries[i].host, records->entries[i].port))
			owner->add(owner->arg, records->entries[i].host, records->entries[i].port);
	owner->news(owner->arg);
}

static void services_on_held(void *arg)
{
	struct services *services = arg;

	services->owner.news(services->owner.arg);
}

static void services_on_answer(void *arg, enum lookup_family family)
{
	struct services *services = arg;

	if (family != LOOKUP_SRV)
		return;
	services->unread = true;
	if (services->is_running)
		loop_timer_set(&services->answered, 0);
}

struct services *services_new(struct session *session, const char *name, const struct services_owner *owner)
{
	struct services *services = alloc_zero(1, sizeof(*services));

	services->owner = *owner;
	loop_timer_init(session->loop, &services->answered, services_tell, services);
	loop_timer_init(session->loop, &services->hold, services_on_held, services);
	services->lookup = lookup_new(session->names, name, true, services_on_answer, services);
	return services;
}

void services_free(struct services *services)
{
	if (!services)
		return;
	services_leave(services);
	lookup_free(services->lookup);
	free(services);
}

void services_ask(struct services *services)
{
	services->is_running = true;
	if (!services->unread)
		lookup_start(services->lookup);
	if (services_result(services)->answered)
		loop_timer_set(&services->answered, 0);
}

void services_leave(struct services *services)
{
	services->is_running = false;
	loop_timer_clear(&services->answered);
	loop_timer_clear(&services->hold);
}

bool services_is_awaited(const struct services *services)
{
	return !services_result(services)->answered || loop_timer_is_set(&services->answered);
}

bool services_is_holding(const struct services *services)
{
	return loop_timer_is_set(&services->hold);
}

bool services_lack(const struct services *services, struct outcome *outcome)
{
	const struct lookup_result *result = services_result(services);

	if (!result->answered)
		return false;
	*outcome = result->outcome;
	if (outcome->kind == OUTCOME_NO_ADDRESS && !outcome->detail[0])
		*outcome = outcome_make(OUTCOME_NO_SERVICE, "the name has no SRV record; for a host, leave out srv+");
	if (outcome->kind == OUTCOME_NO_ADDRESS)
		outcome->kind = OUTCOME_NO_SERVICE;
	if (outcome->kind == OUTCOME_READY)
		*outcome =
			outcome_make(OUTCOME_NO_SERVICE, "its SRV records name nothing that can be a host and a port");
	return true;
}
