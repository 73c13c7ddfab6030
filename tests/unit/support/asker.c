#include "asker.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "own_files.h"
#include "unit.h"

static void asker_on_answer(void *arg, const struct dns_answer *answer)
{
	struct asker *asker = arg;

	asker->answers++;
	asker->outcome = answer->outcome;
	asker->without_port = true;
	for (size_t i = 0; i < answer->count; i++) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)&answer->addresses[i];
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&answer->addresses[i];
		bool is_v6 = answer->addresses[i].ss_family == AF_INET6;
		size_t len = strlen(asker->addresses);
		char one[INET6_ADDRSTRLEN];

		inet_ntop(answer->addresses[i].ss_family, is_v6 ? (const void *)&v6->sin6_addr : &v4->sin_addr, one,
			  sizeof(one));
		snprintf(asker->addresses + len, sizeof(asker->addresses) - len, "%s%s", i ? " " : "", one);
		asker->without_port &= (is_v6 ? v6->sin6_port : v4->sin_port) == 0;
	}
	loop_stop(asker->unit->loop);
}

void asker_ask(struct asker *asker, struct unit_loop *unit, struct dns *dns, const char *name, int family)
{
	*asker = (struct asker){.unit = unit};
	asker->question = dns_ask(dns, name, family, asker_on_answer, asker);
}

void asker_wait(struct asker *asker, struct unit_loop *unit, struct dns *dns, const char *name, int family)
{
	asker_ask(asker, unit, dns, name, family);
	check_int("not inside dns_ask", asker->answers, 0);
	unit_loop_run(unit, name);
	unit_loop_settle(unit);
	check_int("once", asker->answers, 1);
}

/* "nameserver 127.0.0.1:PORT": the form of c-ares, for a port that needs no root. */
void asker_use_server(const struct name_server *server)
{
	char *content = alloc_format("nameserver 127.0.0.1:%u\noptions ndots:0\n", (unsigned)server->port);

	own_files_write(OWN_RESOLV_CONF, content);
	free(content);
}
