/*
 * pg_isready of PostgreSQL. https://www.postgresql.org/docs/15/app-pg-isready.html
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/front/frontargs.h"
#include "cli/front/frontline.h"
#include "cli/front/fronturl.h"

/* clang-format off */
#define PGISREADY_OPTIONS(X) \
	X(PGISREADY_DATABASE, "d,dbname=") X(PGISREADY_HOST, "h,host=") X(PGISREADY_PORT, "p,port=") \
	X(PGISREADY_QUIET, "q,quiet") X(PGISREADY_TIMEOUT, "t,timeout=") X(PGISREADY_USER, "U,username=") \
	X(PGISREADY_VERSION, "V,version") X(PGISREADY_HELP, "?,help")
/* clang-format on */

enum { PGISREADY_OPTIONS(FRONTARGS_NUMBER) PGISREADY_COUNT };

static const char pgisready_options[] = PGISREADY_OPTIONS(FRONTARGS_TEXT);

/* Exit codes, which are also those of PQping. https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PQPINGPARAMS */
enum { PGISREADY_ACCEPTS, PGISREADY_REJECTS, PGISREADY_NO_RESPONSE, PGISREADY_NO_ATTEMPT };

/* Where libpq of Debian and of the official images looks for a server that no host is given for. */
static const char pgisready_socket[] = "/var/run/postgresql";

static void pgisready_help(struct frontline *line)
{
	frontline_say(line, "pg_isready tells whether a PostgreSQL server accepts connections.\n\n"
			    "Usage:\n"
			    "  pg_isready [OPTION]...\n\n"
			    "Options:\n"
			    "  -h, --host=HOSTNAME      the server, or the folder of its socket\n"
			    "  -p, --port=PORT, -U, --username=USERNAME, -d, --dbname=DBNAME or URI\n"
			    "  -t, --timeout=SECS       give up after that time (3); 0 for no limit\n"
			    "  -q, --quiet              print nothing\n"
			    "  -V, --version, -?, --help\n");
	frontline_end(line, STDOUT_FILENO, 0);
}

/* Says what is wrong, as getopt_long(3) and pg_isready do, and ends with "no attempt". */
static void pgisready_refuse(struct frontline *line, const struct frontargs *args, int option)
{
	size_t len = strcspn(args->word, "=");

	if (option == FRONTARGS_WORD)
		frontline_say(line, "pg_isready: error: too many command-line arguments (first is \"%s\")\n",
			      args->word);
	else if (option == FRONTARGS_UNKNOWN && args->letter)
		frontline_say(line, "%s: invalid option -- '%c'\n", line->prog, args->letter);
	else if (option == FRONTARGS_UNKNOWN)
		frontline_say(line, "%s: unrecognized option '%s'\n", line->prog, args->word);
	else if (option == FRONTARGS_UNWANTED)
		frontline_say(line, "%s: option '%.*s' doesn't allow an argument\n", line->prog, (int)len, args->word);
	else if (args->letter)
		frontline_say(line, "%s: option requires an argument -- '%c'\n", line->prog, args->letter);
	else
		frontline_say(line, "%s: option '%s' requires an argument\n", line->prog, args->word);
	frontline_refuse(line, PGISREADY_NO_ATTEMPT,
			 "pg_isready: hint: Try \"pg_isready --help\" for more information.\n");
}

static void pgisready_take_option(struct frontline *line, const struct frontargs *args, int option, const char **values)
{
	if (option < 0) {
		pgisready_refuse(line, args, option);
	} else if (option == PGISREADY_HELP) {
		pgisready_help(line);
	} else if (option == PGISREADY_VERSION) {
		frontline_say(line, "pg_isready (waitfor " WAITFOR_VERSION ")\n");
		frontline_end(line, STDOUT_FILENO, 0);
	} else {
		values[option] = args->value ? args->value : "";
	}
}

/*
 * Reads the command line into values, one for each option; line->ends if that was all. A word, which has no place there,
 * is told as wrong only if nothing else is.
 */
static void pgisready_take(struct frontline *line, struct frontargs *args, const char **values)
{
	const char *word = NULL;
	int option;

	while (!line->ends && (option = frontargs_next(args)) != FRONTARGS_END) {
		if (option != FRONTARGS_WORD)
			pgisready_take_option(line, args, option, values);
		else if (!word)
			word = args->word;
	}
	if (!word && args->at < args->argc)
		word = args->argv[args->at];
	if (line->ends || !word)
		return;
	args->word = word;
	pgisready_refuse(line, args, FRONTARGS_WORD);
}

/* Returns the URI of a server with one host. The caller's. */
static char *pgisready_plain_uri(const char *host, const char *port, const char *const *values)
{
	const char *user = values[PGISREADY_USER];
	bool is_ipv6 = strchr(host, ':') != NULL;
	struct buf out = {0};

	buf_add_text(&out, "postgres://");
	fronturl_add(&out, "", user);
	buf_add_text(&out, user && *user ? "@" : "");
	buf_add_text(&out, is_ipv6 ? "[" : "");
	buf_add_text(&out, host);
	buf_add_text(&out, is_ipv6 ? "]:" : ":");
	buf_add_text(&out, port);
	fronturl_add(&out, "/", values[PGISREADY_DATABASE]);
	return buf_detach(&out);
}

/* Returns the URI of a server. Several hosts, a folder, and what would not be a host in it, are parameters. The caller's. */
static char *pgisready_uri(const char *host, const char *port, const char *const *values)
{
	struct buf out = {0};

	if (!strpbrk(host, "/,@?#%[") && strspn(port, "0123456789") == strlen(port))
		return pgisready_plain_uri(host, port, values);
	buf_add_text(&out, "postgres:///");
	fronturl_add(&out, "", values[PGISREADY_DATABASE]);
	fronturl_add(&out, "?host=", host);
	fronturl_add(&out, "&port=", port);
	fronturl_add(&out, "&user=", values[PGISREADY_USER]);
	return buf_detach(&out);
}

/* Returns the option's value, else the variable's, else the default. */
static const char *pgisready_value(const char *value, const struct env *env, const char *variable,
				   const char *otherwise)
{
	value = value ? value : env_get(env, variable);
	return value && *value ? value : otherwise;
}

/* Adds the server of the options and of libpq's variables. */
static void pgisready_aim(struct frontline *line, const char *const *values, const struct env *env)
{
	const char *database = values[PGISREADY_DATABASE] ? values[PGISREADY_DATABASE] : "";
	const char *host = pgisready_value(values[PGISREADY_HOST], env, "PGHOST", pgisready_socket);
	const char *port = pgisready_value(values[PGISREADY_PORT], env, "PGPORT", "5432");

	if (strncmp(database, "postgresql://", 13) == 0 || strncmp(database, "postgres://", 11) == 0) {
		frontline_target(line, alloc_text(database), NULL);
	} else if (strchr(database, '=')) {
		frontline_refuse(line, PGISREADY_NO_ATTEMPT,
				 "pg_isready: error: waitfor reads no keywords in -d; write -h, -p, -d and -U, or a "
				 "postgresql:// URI\n");
	} else {
		frontline_target(line, pgisready_uri(host, port, values), alloc_format("%s:%s", host, port));
	}
}

static void pgisready_read(struct frontline *line, int argc, char **argv, const struct env *env)
{
	struct frontargs args = {FRONTARGS_GETOPT, pgisready_options, argc, argv, .at = 1};
	const char *values[PGISREADY_COUNT] = {NULL}, *limit;

	pgisready_take(line, &args, values);
	if (line->ends)
		return;
	pgisready_aim(line, values, env);
	line->quiet = values[PGISREADY_QUIET] != NULL;
	limit = values[PGISREADY_TIMEOUT];
	frontline_option(line, "--once", NULL);
	if (!limit)
		return;
	frontline_option(line, "-t", limit);
	frontline_option(line, "--attempt-timeout", strspn(limit, "0") == strlen(limit) ? "24h" : limit);
}

/* What PQping makes of it: any answer but "starting up" and "shutting down" (57P03) shows a server that accepts. */
static int pgisready_code(const struct outcome *outcome)
{
	switch (outcome->kind) {
	case OUTCOME_READY:
	case OUTCOME_FULL:
	case OUTCOME_DENIED:
	case OUTCOME_UNSUITABLE:
		return PGISREADY_ACCEPTS;
	case OUTCOME_STARTING:
		return strncmp(outcome->detail, "57P03", 5) == 0 ? PGISREADY_REJECTS : PGISREADY_ACCEPTS;
	default:
		return PGISREADY_NO_RESPONSE;
	}
}

static void pgisready_say(struct frontline *line, const struct frontline_news *news)
{
	static const char *const answers[] = {"accepting connections", "rejecting connections", "no response"};
	const struct progress *progress = news->view->list;
	const struct endpoint *endpoint = progress->target->endpoints;

	if (news->moment != FRONTLINE_END || news->verdict == VERDICT_SIGNALLED)
		return;
	line->late = pgisready_code(&progress->outcome);
	if (line->quiet)
		return;
	if (line->subjects.items[0])
		frontline_say(line, "%s - %s\n", line->subjects.items[0], answers[line->late]);
	else
		frontline_say(line, "%s:%u - %s\n", endpoint->host, (unsigned)endpoint->port, answers[line->late]);
}

const struct front front_pgisready = {
	.names = "pg_isready",
	.read = pgisready_read,
	.say = pgisready_say,
	.stream = STDOUT_FILENO,
	.late = PGISREADY_NO_RESPONSE,
	.fault = PGISREADY_NO_ATTEMPT,
};
