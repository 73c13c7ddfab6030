/* Peers that Docker-link and Kubernetes service variables know (FACTS 1-6). */
#ifndef TARGET_LINKS_H
#define TARGET_LINKS_H

#include <stddef.h>
#include <stdint.h>

#include "system/env.h"
#include "target/target.h"

/* What the variables say about one peer. Pointers into the environment or owned, as said. */
struct links_peer {
	char *address; /* owned; NULL when they know no address */
	uint16_t port; /* 0 when they know none */
};

/*
 * What the variables of `host` say, for its port `wanted` where that is not 0. A Docker link's prefix
 * is the upper-cased host with '-' turned into '_', a Kubernetes service's turns '.' too. Addresses
 * here may be stale (FACTS 6): the caller asks for the name first.
 */
struct links_peer links_find(const struct env *env, const char *host, uint16_t wanted);

void links_release(struct links_peer *peer);

/*
 * Gives the endpoint the port, where it has none, and the fallback address that the variables know. usual is its
 * scheme's own port, or 0: a link that exposes it means it, whatever other ports come first (FACTS 2, 3).
 */
void links_complete(struct endpoint *endpoint, const struct env *env, uint16_t usual);

/* A variable of the peer's own environment that its link copied here ("POSTGRES_USER"), or NULL. Points into env. */
const char *links_peer_env(const struct env *env, const char *host, const char *name);

/*
 * Every peer there is that can be waited for: each P_NAME that begins with '/' and has a TCP port (FACTS 2-4), each
 * X_SERVICE_HOST with an address and a port but Kubernetes' own API. Ordinary variables of such names are no peers. Gives a NULL-terminated list of host names, each once, in the environment's
 * order; list and names are the caller's.
 */
char **links_discover(const struct env *env);

#endif
