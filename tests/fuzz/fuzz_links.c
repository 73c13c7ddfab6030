/*
 * The variables of Docker links and Kubernetes services. The input is a host in a line, then variables.
 * Covers: src/target/links.c
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "target/links.h"

static void check_peer(const struct env *env, const char *host, uint16_t wanted)
{
	struct links_peer peer = links_find(env, host, wanted);

	if (peer.address)
		fuzz_check(endpoint_family(peer.address) == AF_INET || endpoint_family(peer.address) == AF_INET6,
			   peer.address);
	links_release(&peer);
}

/* There are several, and no more than variables. */
static void check_ports(const struct env *env, const char *host)
{
	uint16_t *ports = links_ports(env, host);
	size_t count = 0;

	while (ports && ports[count])
		count++;
	fuzz_check(!ports || (count && count <= env->count), host);
	free(ports);
}

/* Each host that is found stands once in the list. */
static void check_discovered(const struct env *env)
{
	char **hosts = links_discover(env);

	for (size_t i = 0; hosts[i]; i++) {
		check_peer(env, hosts[i], 0);
		for (size_t j = 0; j < i; j++)
			fuzz_check(strcasecmp(hosts[i], hosts[j]) != 0, hosts[i]);
		check_ports(env, hosts[i]);
	}
	for (size_t i = 0; hosts[i]; i++)
		free(hosts[i]);
	free(hosts);
}

void fuzz_one(struct fuzz *in)
{
	char *line = fuzz_line(in), *host = line ? line : alloc_text(""), *variables[FUZZ_LINES + 1];
	struct endpoint endpoint = {.host = alloc_text(host)};
	struct env env;

	fuzz_lines(in, variables);
	env_copy(&env, variables);
	check_peer(&env, host, 0);
	check_peer(&env, host, 5432);
	check_ports(&env, host);
	links_complete(&endpoint, &env, 5432);
	links_lists(host, "db");
	check_discovered(&env);
	endpoint_release(&endpoint);
	env_release(&env);
	fuzz_free_lines(variables);
	free(host);
}
