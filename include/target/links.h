/* Finds hosts, ports and addresses in the variables of Docker links and Kubernetes services (FACTS 1-6). */
#ifndef TARGET_LINKS_H
#define TARGET_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "system/env.h"
#include "target/target.h"

/* What the variables say about one peer. Release it with links_release. */
struct links_peer {
	char *address; /* numeric, owned; NULL: the variables give none */
	uint16_t port; /* 0: the variables give none */
};

/*
 * Returns what the variables of `host` say about its port `wanted`, or with 0 about its first port. The prefix of a
 * Docker link is the host in upper case with '_' for '-' (FACTS 1); that of a Kubernetes service has '_' for '.' too
 * (FACTS 5). The address may be stale (FACTS 6), so the caller must resolve the name first.
 */
struct links_peer links_find(const struct env *env, const char *host, uint16_t wanted);

/*
 * Does a Docker link or Kubernetes set variables of this name to such values? That is so for DB_PORT=tcp://10.0.0.2:80,
 * but not for DB_PORT=80, which a user has set (FACTS 4).
 */
bool links_sets(const char *name, const char *value);

/* Frees the address and empties the peer. */
void links_release(struct links_peer *peer);

/*
 * Sets endpoint->port if it is 0, and endpoint->fallback, from the variables of its host. usual is the default port of
 * the scheme, or 0: if a link exposes that port, it is chosen even when the link lists another port first (FACTS 2, 3).
 */
void links_complete(struct endpoint *endpoint, const struct env *env, uint16_t usual);

/*
 * Returns the variable `name` of the linked container, such as "POSTGRES_USER", which the link copied into our
 * environment as HOST_ENV_NAME (FACTS 2). NULL if there is none. The result points into env.
 */
const char *links_peer_env(const struct env *env, const char *host, const char *name);

/*
 * Returns the TCP ports that the peer `host` is to be asked at, in ascending order with 0 at the end; NULL if the
 * variables name one port only, which links_find knows, or none. UDP ports are left out. The caller frees it with
 * free().
 */
uint16_t *links_ports(const struct env *env, const char *host);

/*
 * Is host one of "-web,api"? Upper and lower case are the same here, and '-', '.' and '_' are, because variables do not
 * tell them apart. names may be NULL.
 */
bool links_lists(const char *names, const char *host);

/*
 * Returns the host names of all peers in the variables, as a NULL-terminated list, each once, in the order of the
 * environment. A Docker peer has a P_NAME that begins with '/' and a TCP port (FACTS 2-4). A Kubernetes service has an
 * X_SERVICE_HOST with a numeric address and an X_SERVICE_PORT (FACTS 5); the API of Kubernetes itself does not
 * count, nor does a service that has UDP ports only.
 * The caller frees the names and the list with free().
 */
char **links_discover(const struct env *env);

#endif
