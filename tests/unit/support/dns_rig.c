#include "dns_rig.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "unit.h"

void dns_rig_set_server(struct dns_rig *rig, size_t server, const char *text)
{
	free(rig->conf.servers[server]);
	rig->conf.servers[server] = alloc_text(text);
}

void dns_rig_set_rows(struct dns_rig *rig, size_t server, const struct name_server_row *rows, size_t row_count)
{
	rig->servers[server].rows = rows;
	rig->servers[server].row_count = row_count;
}

void dns_rig_open(struct dns_rig *rig, size_t count, const struct name_server_row *rows, size_t row_count)
{
	*rig = (struct dns_rig){.count = count, .conf = {.server_count = count}};
	unit_loop_open(&rig->unit);
	for (size_t i = 0; i < count; i++) {
		char text[32];

		name_server_open(&rig->servers[i], &rig->unit, rows, row_count);
		snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)rig->servers[i].port);
		dns_rig_set_server(rig, i, text);
	}
	rig->dns = dns_new(rig->unit.loop, &rig->conf);
}

void dns_rig_stop_server(struct dns_rig *rig, size_t server)
{
	name_server_close(&rig->servers[server]);
}

void dns_rig_close(struct dns_rig *rig)
{
	dns_free(rig->dns);
	for (size_t i = 0; i < rig->count; i++)
		name_server_close(&rig->servers[i]);
	resolvconf_release(&rig->conf);
	unit_loop_close(&rig->unit);
}

static void dns_rig_on_pause(void *arg)
{
	struct dns_rig *rig = arg;

	loop_stop(rig->unit.loop);
}

void dns_rig_pause(struct dns_rig *rig, int64_t duration)
{
	struct loop_timer timer;

	loop_timer_init(rig->unit.loop, &timer, dns_rig_on_pause, rig);
	loop_timer_set(&timer, duration);
	unit_loop_run(&rig->unit, "a pause");
	loop_timer_clear(&timer);
}
