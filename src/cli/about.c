#include "cli/about.h"

#include <ares.h>
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <event2/event.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "settings/config.h"
#include "target/scheme.h"
#include "target/security.h"

#ifdef WAITFOR_TLS
#include <openssl/crypto.h>
#endif

static void about_add(struct buf *out, char *line)
{
	buf_add_text(out, line);
	free(line);
}

/* "=absent", "[=absent]", " TIME" or nothing: what follows the option's name. The caller's. */
static char *about_argument(const struct options_row *row)
{
	if (row->text_offset)
		return alloc_format("[=%s]", row->arg);
	if (row->arg)
		return alloc_format(" %s", row->arg);
	return row->choices ? alloc_format("[=%s]", row->choices) : alloc_text("");
}

static void about_add_option(struct buf *out, const struct options_row *row, int width)
{
	char letter[] = {'-', row->letter, ',', '\0'};
	char *argument = about_argument(row);
	char *left = alloc_format("%s --%s%s", row->letter ? letter : "   ", row->key, argument);
	bool words = row->arg && row->choices;

	about_add(out, alloc_format("  %-*s  %s%s%s%s%s%s\n", width, left, row->help, words ? ": " : "",
				    words ? row->choices : "", row->initial ? " (" : "",
				    row->initial ? row->initial : "", row->initial ? ")" : ""));
	free(argument);
	free(left);
}

static void about_add_options(struct buf *out, bool brief, int width)
{
	for (size_t i = 0; i < config_options.count; i++) {
		const struct options_row *row = &config_options.rows[i];

		if (options_takes(row, OPTIONS_ARGV) && (row->brief || !brief))
			about_add_option(out, row, width);
	}
}

static const char about_usage[] = "Usage: waitfor [OPTION]... [NAME=]TARGET... [-- COMMAND [ARG]...]\n"
				  "Wait until every TARGET is ready, export NAME_HOST, NAME_PORT and NAME_ADDR,\n"
				  "then exec COMMAND. Examples:\n"
				  "  waitfor db:5432 -- ./app               start ./app when PostgreSQL is ready\n"
				  "  waitfor db:5432 cache:6379 -- ./app    wait for two targets\n"
				  "  waitfor --once tcp://127.0.0.1:8080    health check: exit 0 if ready, else 1\n\n";

/* Words in lines of at most that width, each new one indented. */
struct about_flow {
	struct buf *out;
	int width, indent, column;
	int breaks; /* lines that were ended so far */
};

static void about_flow_add(struct about_flow *flow, char *word)
{
	int len = (int)strlen(word);

	if (flow->column + 1 + len > flow->width) {
		about_add(flow->out, alloc_format("\n%*s", flow->indent - 1, ""));
		flow->column = flow->indent - 1;
		flow->breaks++;
	}
	buf_add_text(flow->out, " ");
	about_add(flow->out, word);
	flow->column += 1 + len;
}

/* Has the scheme the parameters of the one before, as https:// has those of http://, or its name, as in redis+sentinel? */
static bool about_is_variant(size_t index)
{
	const struct scheme *scheme = scheme_at(index), *before = index ? scheme_at(index - 1) : NULL;

	if (!before)
		return false;
	return (scheme->params && scheme->params == before->params) ||
	       (strncmp(scheme->name, before->name, strlen(before->name)) == 0 && strchr(scheme->name, '+'));
}

/* The schemes without their variants, as many as two lines hold: the short help is one screen. */
static void about_add_schemes(struct buf *out)
{
	enum { WIDTH = 79, INDENT = 2 };
	static const char more[] = "... (--help=targets)";
	struct about_flow flow = {out, WIDTH, INDENT, INDENT - 1, 0};
	bool fits = true;

	buf_add_text(out, " ");
	for (size_t i = 0; scheme_at(i) && fits; i++) {
		const char *name = scheme_at(i)->name;

		fits = !flow.breaks || flow.column + 1 + (int)(strlen(name) + sizeof(more)) <= WIDTH;
		if (fits && !about_is_variant(i))
			about_flow_add(&flow, alloc_text(name));
	}
	about_flow_add(&flow, alloc_text(more));
	buf_add_text(out, "\n");
}

/* What a bare host:port is. */
static void about_add_ports(struct buf *out)
{
	enum { WIDTH = 118, INDENT = 32 };
	struct about_flow flow = {out, WIDTH, INDENT, INDENT - 1, 0};
	const struct scheme *scheme;

	about_add(out, alloc_format("%-*s", INDENT - 1, "  host:port"));
	for (size_t i = 0; (scheme = scheme_at(i)); i++)
		if (scheme->claims_port)
			about_flow_add(&flow, alloc_format("%s:// on port %d,", scheme->name, scheme->default_port));
	about_flow_add(&flow, alloc_format("%s:// on all others\n", scheme_at(0)->name));
}

char *about_help(void)
{
	enum { LEFT = 22 };
	struct buf out = {0};

	buf_add_text(&out, about_usage);
	about_add_options(&out, true, LEFT);
	buf_add_text(&out, "\nTARGET is host:port, host (port from Docker or Kubernetes variables), or a URL:\n");
	about_add_schemes(&out);
	buf_add_text(&out, "TIME: 500ms, 10s, 1m30s. Exit: COMMAND's own, 0 ready, 124 timeout, 125 error.\n");
	return buf_detach(&out);
}

static void about_add_parameters(struct buf *out, const struct options_table *table)
{
	for (size_t i = 0; table && i < table->count; i++) {
		const struct options_row *row = &table->rows[i];
		const char *value = row->arg ? row->arg : row->choices;
		char *left = alloc_format("?%s%s%s", row->key, value ? "=" : "", value ? value : "");

		about_add(out, alloc_format("    %-28s%s\n", left, row->help));
		free(left);
	}
}

/* Returns the name of a scheme in TLS, with its port if that is another one, and a comma. The caller's. */
static char *about_tls_name(const struct scheme *scheme)
{
	if (!scheme->tls_name)
		return alloc_format("%s+tls://,", scheme->name);
	if (!scheme->tls_port)
		return alloc_format("%s://,", scheme->tls_name);
	return alloc_format("%s:// on port %d,", scheme->tls_name, scheme->tls_port);
}

/* The names of schemes in TLS, and what parameters all of them have. */
static void about_add_tls(struct buf *out, bool parameters)
{
	enum { WIDTH = 118, INDENT = 32 };
	struct about_flow flow = {out, WIDTH, INDENT, INDENT - 1, 0};
	const struct scheme *scheme;

	about_add(out, alloc_format("%-*s", INDENT - 1, "  In TLS (waitfor-tls)"));
	for (size_t i = 0; (scheme = scheme_at(i)); i++)
		if (scheme->tls && !(scheme->tls_name && strcmp(scheme->tls_name, scheme->name) == 0))
			about_flow_add(&flow, about_tls_name(scheme));
	about_flow_add(&flow, alloc_text("postgres:// with ?sslmode\n"));
	if (parameters)
		about_add_parameters(out, security_table(SECURITY_WITH_STARTTLS));
}

/* Adds a line for each kind of target, and with parameters one for each parameter of its URL. */
static void about_add_targets(struct buf *out, bool parameters)
{
	const struct scheme *scheme;

	for (size_t i = 0; (scheme = scheme_at(i)); i++) {
		about_add(out, alloc_format("  %-30s%s\n", scheme->example, scheme->summary));
		if (parameters && !about_is_variant(i))
			about_add_parameters(out, scheme->params);
	}
	about_add_tls(out, parameters);
	about_add_ports(out);
	buf_add_text(out,
		     "  host                          the port comes from Docker-link or Kubernetes service variables\n"
		     "${VAR} and ${VAR:-default} in a target are expanded.\n");
}

char *about_help_targets(void)
{
	struct buf out = {0};

	buf_add_text(
		&out,
		"Usage: waitfor [OPTION]... [NAME=]TARGET... [-- COMMAND [ARG]...]\n"
		"A TARGET is one of these; several are separated by a blank or a comma. Parameters of a URL follow\n"
		"a '?', and each other after a '&'.\n\n");
	about_add_targets(&out, true);
	return buf_detach(&out);
}

char *about_help_all(void)
{
	enum { LEFT = 26 };
	struct buf out = {0};

	buf_add_text(&out, about_usage);
	buf_add_text(&out, "Targets (--help=targets shows the parameters of their URLs):\n");
	about_add_targets(&out, false);
	buf_add_text(&out, "\nOptions:\n");
	about_add_options(&out, false, LEFT);
	buf_add_text(
		&out,
		"\nTIME is 500ms, 10s, 1m30s or a number of seconds. Most options can also be set by a variable, such as\n"
		"WAITFOR_TIMEOUT=5m or WAITFOR_RUN_ANYWAY=true. WAITFOR_TARGETS is used if the command line has no target.\n\n"
		"Exit codes: COMMAND's own; 0 ready; 1 not ready (--once only); 124 timed out or gave up; 125 wrong usage or\n"
		"internal error; 126 COMMAND cannot be run; 127 COMMAND not found; 128+n ended by signal n.\n");
	return buf_detach(&out);
}

static void about_json_text(cJSON *object, const char *key, const char *text)
{
	cJSON_AddItemToObject(object, key, alloc_check(text ? cJSON_CreateString(text) : cJSON_CreateNull()));
}

static cJSON *about_json_option(const struct options_row *row)
{
	char letter[] = {row->letter, '\0'}, *variable = options_env_name(row), *choice;
	cJSON *object = alloc_check(cJSON_CreateObject()), *choices;
	const char *at;
	size_t len;

	about_json_text(object, "key", row->key);
	about_json_text(object, "letter", row->letter ? letter : NULL);
	about_json_text(object, "variable", options_takes(row, OPTIONS_ENV) ? variable : NULL);
	about_json_text(object, "argument", row->arg);
	cJSON_AddBoolToObject(object, "optional", (!row->arg && row->choices) || row->text_offset);
	choices = alloc_check(cJSON_AddArrayToObject(object, "choices"));
	for (int i = 0; (at = options_choice(row, i, &len)); i++) {
		choice = alloc_slice(at, len);
		cJSON_AddItemToArray(choices, cJSON_CreateString(choice));
		free(choice);
	}
	about_json_text(object, "default", row->initial);
	cJSON_AddBoolToObject(object, "short", row->brief);
	cJSON_AddBoolToObject(object, "argv", options_takes(row, OPTIONS_ARGV));
	cJSON_AddBoolToObject(object, "file", options_takes(row, OPTIONS_FILE));
	cJSON_AddBoolToObject(object, "target", row->per_target);
	about_json_text(object, "help", row->help);
	about_json_text(object, "more", row->more);
	free(variable);
	return object;
}

static cJSON *about_json_probe(const struct scheme *scheme)
{
	cJSON *object = alloc_check(cJSON_CreateObject());

	about_json_text(object, "scheme", scheme->name);
	about_json_text(object, "alias", scheme->alias);
	about_json_text(object, "example", scheme->example);
	cJSON_AddItemToObject(object, "port",
			      scheme->default_port ? cJSON_CreateNumber(scheme->default_port) : cJSON_CreateNull());
	about_json_text(object, "summary", scheme->summary);
	return object;
}

char *about_help_json(void)
{
	cJSON *root = alloc_check(cJSON_CreateObject()), *options, *probes;
	const struct scheme *scheme;
	char *text, *line;

	options = alloc_check(cJSON_AddArrayToObject(root, "options"));
	for (size_t i = 0; i < config_options.count; i++)
		cJSON_AddItemToArray(options, about_json_option(&config_options.rows[i]));
	probes = alloc_check(cJSON_AddArrayToObject(root, "probes"));
	for (size_t i = 0; (scheme = scheme_at(i)); i++)
		cJSON_AddItemToArray(probes, about_json_probe(scheme));
	text = alloc_check(cJSON_Print(root));
	cJSON_Delete(root);
	line = alloc_format("%s\n", text);
	free(text);
	return line;
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
	about_add(&out, alloc_format("libcurl %s\n", curl_version_info(CURLVERSION_NOW)->version));
#ifdef WAITFOR_TLS
	about_add(&out, alloc_format("%s\n", OpenSSL_version(OPENSSL_VERSION)));
	about_add(&out, alloc_format("nghttp2 %s\n", curl_version_info(CURLVERSION_NOW)->nghttp2_version));
#endif
	return buf_detach(&out);
}
