/*
 * pg_isready of PostgreSQL. https://www.postgresql.org/docs/15/app-pg-isready.html
 */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/front/frontcall.h"
#include "cli/front/fronturl.h"

/* clang-format off */
#define PGISREADY_OPTIONS(X) \
	X(PGISREADY_DATABASE, "d,dbname=") X(PGISREADY_HOST, "h,host=") X(PGISREADY_PORT, "p,port=") \
	X(PGISREADY_QUIET, "q,quiet") X(PGISREADY_TIMEOUT, "t,timeout=") X(PGISREADY_USER, "U,username=") \
	X(PGISREADY_VERSION, "V,version") X(PGISREADY_HELP, "?,help")
/* clang-format on */

enum { PGISREADY_OPTIONS(FRONTARGS_NUMBER) };

/* Exit codes, which are also those of PQping. https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PQPINGPARAMS */
enum { PGISREADY_ACCEPTS, PGISREADY_REJECTS, PGISREADY_NO_RESPONSE, PGISREADY_NO_ATTEMPT };

static void pgisready_refuse(struct frontline *line)
{
	frontline_refuse(line, PGISREADY_NO_ATTEMPT,
			 "pg_isready: hint: Try \"pg_isready --help\" for more information.");
}

/* Says what is wrong with an option, as getopt_long(3) does. */
static void pgisready_refuse_option(struct frontline *line, const struct frontargs *args, int option)
{
	bool is_unknown = option == FRONTARGS_UNKNOWN;

	frontline_say(line, "%s: ", line->prog);
	if (option == FRONTARGS_UNWANTED)
		frontline_say(line, "option '%.*s' doesn't allow an argument\n", (int)strcspn(args->word, "="),
			      args->word);
	else if (args->letter)
		frontline_say(line, "%s -- '%c'\n", is_unknown ? "invalid option" : "option requires an argument",
			      args->letter);
	else
		frontline_say(line, is_unknown ? "unrecognized option '%s'\n" : "option '%s' requires an argument\n",
			      args->word);
	pgisready_refuse(line);
}

static bool pgisready_take(struct frontline *line, struct frontargs *args, int option)
{
	if (option < 0 && option != FRONTARGS_WORD)
		pgisready_refuse_option(line, args, option);
	else if (option == PGISREADY_HELP)
		frontcall_usage(line, STDOUT_FILENO, 0);
	else if (option == PGISREADY_VERSION)
		frontcall_version(line, "pg_isready");
	return line->ends;
}

/* Returns the URI of a server. Several hosts, a folder, and what would not be a host in it, are parameters. The caller's. */
static char *pgisready_uri(struct frontline *line, const char *host, const char *port)
{
	const char *user = line->values[PGISREADY_USER], *database = line->values[PGISREADY_DATABASE];

	if (strpbrk(host, "/,@?#%[") || !frontargs_is_whole(port))
		return alloc_format("postgres:///%s%s%s%s", fronturl_piece(line, "", database),
				    fronturl_piece(line, "?host=", host), fronturl_piece(line, "&port=", port),
				    fronturl_piece(line, "&user=", user));
	return alloc_format("postgres://%s%s%s%s", fronturl_piece(line, "", user), user && *user ? "@" : "",
			    frontline_keep(line, fronturl_place("", host, port)), fronturl_piece(line, "/", database));
}

/* Returns the URI, with the host and port if it names no host. The caller's. */
static char *pgisready_complete(struct frontline *line, const char *uri, const char *host, const char *port)
{
	const char *end = strstr(uri, "://") + 3;

	end += strcspn(end, "/?");
	if (strstr(end, "host=") || !strchr("/@", end[-1]))
		return alloc_text(uri);
	return fronturl_join(line, uri,
			     frontline_keep(line, alloc_format("%s%s", fronturl_piece(line, "&host=", host),
							       fronturl_piece(line, "&port=", port))));
}

/* Adds the server of the options and of libpq's variables. Debian's libpq looks for it in that folder, and the images' too. */
static void pgisready_aim(struct frontline *line)
{
	const char *database = line->values[PGISREADY_DATABASE] ? line->values[PGISREADY_DATABASE] : "";
	const char *address = env_get(line->env, "PGHOSTADDR");
	const char *host = frontline_value(line, PGISREADY_HOST, "PGHOST", address ? address : "/var/run/postgresql");
	const char *port = frontline_value(line, PGISREADY_PORT, "PGPORT", "5432");

	if (frontline_after(database, "postgresql://") || frontline_after(database, "postgres://"))
		frontline_target(line, pgisready_complete(line, database, host, port), NULL);
	else if (strchr(database, '='))
		frontline_refuse(line, PGISREADY_NO_ATTEMPT,
				 "pg_isready: error: waitfor reads no keywords in -d; write -h, -p, -d and -U, or a "
				 "postgresql:// URI");
	else
		frontline_target(line, pgisready_uri(line, host, port), alloc_format("%s:%s", host, port));
}

static void pgisready_settle(struct frontline *line)
{
	const char *limit = line->values[PGISREADY_TIMEOUT];

	if (line->words.count) {
		frontline_say(line, "pg_isready: error: too many command-line arguments (first is \"%s\")\n",
			      line->words.items[0]);
		pgisready_refuse(line);
		return;
	}
	pgisready_aim(line);
	frontline_option(line, "--once", NULL);
	if (!limit)
		return;
	frontline_option(line, "-t", limit);
	frontline_option(line, "--attempt-timeout", limit);
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
		return frontline_after(outcome->detail, "57P03") ? PGISREADY_REJECTS : PGISREADY_ACCEPTS;
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
	if (line->values[PGISREADY_QUIET])
		return;
	if (line->subjects.items[0])
		frontline_say(line, "%s - %s\n", line->subjects.items[0], answers[line->late]);
	else
		frontline_say(line, "%s:%u - %s\n", endpoint->host, (unsigned)endpoint->port, answers[line->late]);
}

const struct front front_pgisready = {
	.names = "pg_isready",
	.usage = {"", " tells whether a PostgreSQL server accepts connections.\n\nOptions:\n"},
	.style = FRONTARGS_GETOPT,
	.options = PGISREADY_OPTIONS(FRONTARGS_TEXT),
	.take = pgisready_take,
	.settle = pgisready_settle,
	.say = pgisready_say,
	.stream = STDOUT_FILENO,
	.late = PGISREADY_NO_RESPONSE,
	.fault = PGISREADY_NO_ATTEMPT,
	.drops_empty = true,
	.starts_nothing = true,
};
