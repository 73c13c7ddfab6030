#include "about.h"

#include <ares.h>
#include <cjson/cJSON.h>
#include <event2/event.h>
#include <libpq-fe.h>
#include <stdlib.h>

#include "alloc.h"
#include "buf.h"
#include "config.h"
#include "probe.h"

#ifdef WAITFOR_TLS
#include <openssl/crypto.h>
#endif

static void about_add(struct buf *out, char *line)
{
	buf_add_text(out, line);
	free(line);
}

static void about_add_option(struct buf *out, const struct options_row *row)
{
	char letter[] = {'-', row->letter, ',', '\0'};
	char *choice = row->choices ? alloc_format("[=%s]", row->choices) : alloc_text("");
	char *left = alloc_format("%s --%s%s%s%s", row->letter ? letter : "   ", row->key, choice, row->arg ? " " : "",
				  row->arg ? row->arg : "");

	about_add(out, alloc_format("  %-26s  %s%s%s%s\n", left, row->help, row->initial ? " (" : "",
				    row->initial ? row->initial : "", row->initial ? ")" : ""));
	free(choice);
	free(left);
}

char *about_help(void)
{
	const struct probe_type *type;
	struct buf out = {0};

	buf_add_text(
		&out,
		"Usage: waitfor [OPTION]... [NAME=]TARGET... [-- COMMAND [ARG]...]\n"
		"Waits until every TARGET is ready, exports NAME_HOST, NAME_PORT and NAME_ADDR, and becomes COMMAND.\n\n"
		"Targets:\n");
	for (size_t i = 0; (type = probe_type_at(i)); i++)
		about_add(&out, alloc_format("  %-28s%s\n", type->example, type->summary));
	buf_add_text(&out, "  host:port                   by its port: 5432 is asked as PostgreSQL, others as tcp\n"
			   "  host                        the port from Docker-link or Kubernetes service variables\n"
			   "${VAR} and ${VAR:-default} in a target are expanded.\n\n"
			   "Options:\n");
	for (size_t i = 0; i < config_options.count; i++)
		if (config_options.rows[i].where != OPTIONS_ENV_ONLY)
			about_add_option(&out, &config_options.rows[i]);
	buf_add_text(
		&out,
		"\nTIME is 500ms, 10s, 1m30s or a number of seconds. Each option has a variable: WAITFOR_TIMEOUT=5m,\n"
		"WAITFOR_RUN_ANYWAY=true; WAITFOR_TARGETS gives targets where the command line has none.\n\n"
		"Exit codes: COMMAND's own; 0 ready; 1 not ready (--once only); 124 timed out or gave up; 125 usage or internal error;\n"
		"126 COMMAND cannot be run; 127 COMMAND not found; 128+n ended by signal n.\n");
	return buf_detach(&out);
}

char *about_version(void)
{
	struct buf out = {0};
	int pq = PQlibVersion();

	buf_add_text(&out, "waitfor " WAITFOR_VERSION " (" WAITFOR_FLAVOUR ")\n" WAITFOR_LIBC "\n");
	about_add(&out, alloc_format("c-ares %s\n", ares_version(NULL)));
	about_add(&out, alloc_format("libevent %s\n", event_get_version()));
	about_add(&out, alloc_format("libpq %d.%d\n", pq / 10000, pq % 10000));
	about_add(&out, alloc_format("cJSON %s\n", cJSON_Version()));
#ifdef WAITFOR_TLS
	about_add(&out, alloc_format("%s\n", OpenSSL_version(OPENSSL_VERSION)));
#endif
	return buf_detach(&out);
}
