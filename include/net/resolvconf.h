/* Reads /etc/resolv.conf: the servers and the search list. Notices when its content changes. */
#ifndef NET_RESOLVCONF_H
#define NET_RESOLVCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "system/stamp.h"

/* As many as glibc and musl use (resolv.conf(5), MAXNS). */
enum { RESOLVCONF_SERVERS_MAX = 3 };

/* Zeroed: not read yet. */
struct resolvconf {
	struct stamp seen;
	char *text; /* what was read; NULL: nothing yet */
	char *servers[RESOLVCONF_SERVERS_MAX];
	size_t server_count; /* at least 1 once it was read */
	char **domains;      /* the search list, without a dot at the beginning; "" is the root */
	size_t domain_count;
	size_t ndots; /* a name with at least so many dots is asked as it stands first */
	bool use_tcp; /* options use-vc */
};

/*
 * Reads path if it was not read yet or has changed. Returns whether the content is another than before; a file that was
 * only touched is not. LOCALDOMAIN and RES_OPTIONS of the environment come first, as in resolv.conf(5). Without the file
 * the server is 127.0.0.1. An empty file is ignored: it is being rewritten (FACTS 9).
 */
bool resolvconf_refresh(struct resolvconf *conf, const char *path);

/* Makes server the only one: an address as "nameserver" has it, or with a port: "127.0.0.1:5353", "[::1]:5353". */
void resolvconf_use_server(struct resolvconf *conf, const char *server);

/* Frees what it holds; *conf is zeroed. */
void resolvconf_release(struct resolvconf *conf);

/*
 * Writes the name to ask as number `index` into out, in the order of glibc's res_search (resolv/res_query.c). Returns
 * false if there is no such number. A name with a dot at its end is asked alone. A name that does not fit into out is
 * cut; no server has it.
 */
bool resolvconf_candidate(const struct resolvconf *conf, const char *name, size_t index, char *out, size_t size);

/* Is the candidate with this number the name as it stands? */
bool resolvconf_is_as_it_stands(const struct resolvconf *conf, const char *name, size_t index);

#endif
