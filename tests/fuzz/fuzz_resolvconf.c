/*
 * /etc/resolv.conf. The input is a name and the file. The list of names to ask ends, and has the name itself.
 * Covers: src/net/resolvconf.c
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "net/resolvconf.h"

/* As glibc and musl limit it. */
enum { NDOTS_MAX = 15, SIZE = 300 };

static void check_conf(const struct resolvconf *conf)
{
	fuzz_check(conf->server_count >= 1 && conf->server_count <= RESOLVCONF_SERVERS_MAX, NULL);
	for (size_t i = 0; i < conf->server_count; i++)
		fuzz_check(*conf->servers[i] && !strpbrk(conf->servers[i], " \t\n"), conf->servers[i]);
	for (size_t i = 0; i < conf->domain_count; i++)
		fuzz_check(!strpbrk(conf->domains[i], " \t\n"), conf->domains[i]);
	fuzz_check(conf->ndots <= NDOTS_MAX, NULL);
}

static void check_candidates(const struct resolvconf *conf, const char *name)
{
	size_t index = 0, as_it_stands = 0, len = strlen(name);
	char out[SIZE];

	for (; resolvconf_candidate(conf, name, index, out, sizeof(out)); index++) {
		fuzz_check(index <= conf->domain_count + 1, name);
		fuzz_check(strnlen(out, sizeof(out)) < sizeof(out), name);
		fuzz_check(strncmp(out, name, len < sizeof(out) - 1 ? len : sizeof(out) - 1) == 0, out);
		as_it_stands += resolvconf_is_as_it_stands(conf, name, index);
	}
	fuzz_check(as_it_stands >= 1 && index >= 1, name);
}

void fuzz_one(struct fuzz *in)
{
	char *line = fuzz_line(in), *name = line ? line : alloc_text("");
	const char *path = fuzz_file(in->at, in->left);
	struct resolvconf conf = {0};

	resolvconf_refresh(&conf, path);
	check_conf(&conf);
	check_candidates(&conf, name);
	fuzz_check(!resolvconf_refresh(&conf, path), name);
	resolvconf_use_server(&conf, name);
	check_candidates(&conf, name);
	resolvconf_release(&conf);
	free(name);
}
