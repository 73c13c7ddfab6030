#include "bound.h"

#include <stdlib.h>
#include <string.h>

#include "loopback.h"

void bound_open(struct bound *bound, const char *text, const char *const *found)
{
	memset(bound, 0, sizeof(*bound));
	unit_log_open(&bound->log);
	clearenv();
	for (size_t i = 0; found[i]; i++)
		putenv((char *)found[i]);
	env_copy(&bound->env, (char *const *)found);
	if (target_parse(&bound->target, text, &bound->err))
		fail_msg("%s", bound->err.text);
	bound->info = conninfo_new(&bound->target, &bound->env, &bound->log.log, &bound->err);
}

void bound_close(struct bound *bound)
{
	conninfo_free(bound->info);
	target_release(&bound->target);
	env_release(&bound->env);
	unit_log_close(&bound->log);
}

PGconn *bound_connect(const struct bound *bound)
{
	const struct address address = loopback_address("127.0.0.1", 1);

	return conninfo_connect(bound->info, &bound->target.endpoints[0], &address);
}
