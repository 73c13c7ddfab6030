/* A resolver with servers of the test's own, without any file. */
#ifndef DNS_RIG_H
#define DNS_RIG_H

#include "asker.h"
#include "name_server.h"
#include "net/dns.h"
#include "net/resolvconf.h"

struct dns_rig {
	struct unit_loop unit;
	struct name_server servers[RESOLVCONF_SERVERS_MAX];
	size_t count;
	struct resolvconf conf;
	struct dns *dns;
};

/* A resolver with count servers, which all answer with rows at first. */
void dns_rig_open(struct dns_rig *rig, size_t count, const struct name_server_row *rows, size_t row_count);
void dns_rig_close(struct dns_rig *rig);

/* From now on the server with this number answers with these rows. */
void dns_rig_set_rows(struct dns_rig *rig, size_t server, const struct name_server_row *rows, size_t row_count);

/* Gives conf another text as its nameserver with this number. dns_reset makes it count. */
void dns_rig_set_server(struct dns_rig *rig, size_t server, const char *text);

/* Nobody listens at the address of the server any more. */
void dns_rig_stop_server(struct dns_rig *rig, size_t server);

/* Runs the loop for so many microseconds. */
void dns_rig_pause(struct dns_rig *rig, int64_t duration);

#endif
