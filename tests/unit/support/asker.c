#include "asker.h"

#include <string.h>

#include "unit.h"

static void asker_on_answer(void *arg, struct dns_answer *answer)
{
	struct asker *asker = arg;

	asker->answers++;
	asker->outcome = answer->outcome;
	asker->without_port = true;
	check_int("READY has addresses", answer->found.addresses.count > 0, answer->outcome.kind == OUTCOME_READY);
	for (size_t i = 0; i < answer->found.addresses.count; i++) {
		size_t len = strlen(asker->addresses);
		char one[ADDRESS_TEXT_MAX];

		address_text(&answer->found.addresses.entries[i], one, sizeof(one));
		snprintf(asker->addresses + len, sizeof(asker->addresses) - len, "%s%s", i ? " " : "", one);
		asker->without_port &= address_port(&answer->found.addresses.entries[i]) == 0;
	}
	loop_stop(asker->unit->loop);
}

void asker_ask(struct asker *asker, struct unit_loop *unit, struct dns *dns, const char *name, int family)
{
	*asker = (struct asker){.unit = unit};
	asker->question = dns_ask(dns, name, family == AF_INET ? RECORDS_A : RECORDS_AAAA, asker_on_answer, asker);
	check_int("not inside dns_ask", asker->answers, 0);
}

void asker_wait(struct asker *asker, struct unit_loop *unit, struct dns *dns, const char *name, int family)
{
	asker_ask(asker, unit, dns, name, family);
	unit_loop_run(unit, name);
	unit_loop_settle(unit);
	check_int("once", asker->answers, 1);
}
