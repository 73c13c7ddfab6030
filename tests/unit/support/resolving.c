#include "resolving.h"

#include <string.h>
#include <sys/socket.h>

#include "unit.h"

/* Adds the addresses that are ready to be tried. */
static void resolving_take(struct resolving *resolving)
{
	const struct resolve_address *found;
	char *out = resolving->addresses;

	while ((found = resolve_next(resolving->resolve, AF_UNSPEC))) {
		size_t len = strlen(out);
		bool is_path = found->address.any.sa_family == AF_UNIX;
		char one[ADDRESS_TEXT_MAX] = "unix";

		if (!is_path)
			address_text(&found->address, one, sizeof(one));
		snprintf(out + len, sizeof(resolving->addresses) - len, "%s%s%s%s", len ? " " : "", one,
			 found->from_variable ? "(variable)" : "",
			 is_path || address_port(&found->address) == 5432 ? "" : "(port)");
	}
}

static void resolving_on_news(void *arg)
{
	struct resolving *resolving = arg;

	resolving->news++;
	resolving_take(resolving);
	if (resolve_is_over(resolving->resolve, &resolving->outcome) ||
	    (resolving->stops_at_address && resolving->addresses[0]))
		loop_stop(resolving->unit.loop);
}

void resolving_open(struct resolving *resolving, const char *host, const char *fallback,
		    const struct name_server_row *rows, size_t count)
{
	*resolving = (struct resolving){.serves = rows != NULL,
					.endpoint = {.host = (char *)host, .port = 5432, .fallback = (char *)fallback}};
	unit_loop_open(&resolving->unit);
	if (rows) {
		name_server_open(&resolving->server, &resolving->unit, rows, count);
		name_server_use(&resolving->server, "options ndots:0\n");
	}
	resolving->names = lookup_share(resolving->unit.loop);
	resolving->resolve = resolve_new(resolving->unit.loop, resolving->names, &resolving->endpoint);
}

void resolving_close(struct resolving *resolving)
{
	resolve_free(resolving->resolve);
	unit_loop_settle(&resolving->unit);
	lookup_unshare(resolving->names);
	if (resolving->serves)
		name_server_close(&resolving->server);
	unit_loop_close(&resolving->unit);
}

void resolving_start(struct resolving *resolving, int64_t waited)
{
	int before = resolving->news;

	resolving->addresses[0] = '\0';
	if (resolve_start(resolving->resolve, waited, resolving_on_news, resolving))
		resolving_take(resolving);
	check_int("not inside resolve_start", resolving->news, before);
}

void resolving_run(struct resolving *resolving, int64_t waited, const char *row)
{
	resolving_start(resolving, waited);
	if (resolve_is_by_name(resolving->resolve))
		unit_loop_run(&resolving->unit, row);
	else
		check(row, resolve_is_over(resolving->resolve, &resolving->outcome));
}
