#include "probe/postgres/conninfo.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "probe/postgres/pgenviron.h"
#include "probe/postgres/pglock.h"
#include "probe/postgres/pgparams.h"
#include "probe/postgres/pgquery.h"
#include "probe/postgres/pgtls.h"
#include "probe/postgres/pguri.h"
#include "target/links.h"
#include "target/scheme.h"

/* A password file that does not exist. With /dev/null libpq would print a warning (FACTS 25). */
#define CONNINFO_NO_FILE "/dev/null/none"

void conninfo_free(struct conninfo *info)
{
	if (!info)
		return;
	pglock_free(info->lock);
	pgkeys_release(&info->all);
	free(info->environment);
	free(info);
}

static void conninfo_on_parameter(void *arg, const char *key, const char *value)
{
	pgkeys_set(arg, key, value);
}

/*
 * Returns the path where libpq looks for a password file, or NULL; the caller frees it. Without HOME, libpq uses the
 * home in the passwd entry.
 */
static char *conninfo_password_file(const struct conninfo *info, const struct env *env)
{
	const char *path = pgkeys_get(&info->all, "passfile"), *home = env_get(env, "HOME");
	const struct passwd *entry;

	if (!path || !*path)
		path = env_get(env, "PGPASSFILE");
	if (path && *path)
		return alloc_text(path);
	if (!home || !*home) {
		entry = getpwuid(geteuid()); /* NULL in a scratch image */
		home = entry ? entry->pw_dir : NULL;
	}
	return home && *home ? alloc_format("%s/.pgpass", home) : NULL;
}

/*
 * libpq ignores a password file that others can read, and would print a warning at every attempt (FACTS 30). This
 * prints one line, and gives libpq another path.
 */
static void conninfo_check_password_file(struct conninfo *info, const struct env *env, struct log *log)
{
	char *file = pgkeys_get(&info->all, "password") ? NULL : conninfo_password_file(info, env);
	struct stat found;

	if (file && stat(file, &found) == 0 && (!S_ISREG(found.st_mode) || found.st_mode & (S_IRWXG | S_IRWXO))) {
		log_line(log, LOG_LEVEL_NORMAL, "password file %s is ignored: %s", file,
			 S_ISREG(found.st_mode) ? "group or others may read it; chmod 600 it"
						: "it is not a plain file");
		pgkeys_set(&info->all, "passfile", CONNINFO_NO_FILE);
	}
	free(file);
}

/* Starts a connection. address becomes libpq's hostaddr; it is "" for a Unix socket, whose folder is the host. */
static PGconn *conninfo_start(const struct conninfo *info, const struct endpoint *endpoint, const char *address)
{
	const char **keys = alloc_zero(info->all.count + 4, sizeof(*keys));
	const char **values = alloc_zero(info->all.count + 4, sizeof(*values));
	size_t count = 0;
	char port[8];
	PGconn *conn;

	snprintf(port, sizeof(port), "%u", (unsigned)(endpoint->port ? endpoint->port : PGURI_PORT));
	for (; count < info->all.count; count++) {
		keys[count] = info->all.keys[count];
		values[count] = info->all.values[count];
	}
	/* With hostaddr libpq looks no name up (FACTS 28). The certificate must still match host. */
	keys[count] = "host";
	values[count++] = endpoint->host;
	keys[count] = "hostaddr";
	values[count++] = address;
	keys[count] = "port";
	values[count++] = port;
	conn = pgenviron_connect(info->environment, keys, values);
	free(keys);
	free(values);
	return conn;
}

/* The values that libpq accepts for a parameter. Those that differ between the flavours are in pgtls.c. */
static const char *const conninfo_takes[][2] = {
	{"target_session_attrs", "any, read-write, read-only, primary, standby or prefer-standby"},
	{"channel_binding", "disable, prefer or require"},
	{"gssencmode", "disable or prefer"}, /* no flavour has GSSAPI */
	{"load_balance_hosts", "disable or random"},
	{"min_protocol_version", "3.0, 3.2 or latest"},
	{"max_protocol_version", "3.0, 3.2 or latest"},
	{"ssl_min_protocol_version", "TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3"},
	{"ssl_max_protocol_version", "TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3"},
};

/* Returns the name of the parameter that libpq's message quotes if its value must not be shown; else NULL. */
static const char *conninfo_quoted_secret(const struct conninfo *info, const char *message)
{
	const char *found = NULL;

	for (size_t i = 0; i < info->all.count; i++)
		if (!scheme_shows(info->all.keys[i]) && *info->all.values[i] && strstr(message, info->all.keys[i]) &&
		    strstr(message, info->all.values[i]) && (!found || strlen(info->all.keys[i]) > strlen(found)))
			found = info->all.keys[i];
	return found;
}

/* Returns the values that are right for the parameter, or NULL. */
static const char *conninfo_right_values(const char *key)
{
	for (size_t i = 0; i < sizeof(conninfo_takes) / sizeof(conninfo_takes[0]); i++)
		if (strcmp(key, conninfo_takes[i][0]) == 0)
			return conninfo_takes[i][1];
	return pgtls_takes(key);
}

/* Returns libpq's row of the parameter that its message names, in options; NULL if there is none. */
static const PQconninfoOption *conninfo_find_named(const PQconninfoOption *options, const char *message)
{
	const PQconninfoOption *found = NULL;

	for (; options && options->keyword; options++)
		if (strstr(message, options->keyword) && (!found || strlen(options->keyword) > strlen(found->keyword)))
			found = options;
	return found;
}

/*
 * Sets err from libpq's message, which says which value is wrong, and adds which values are right, and which variable it
 * comes from. Returns -1.
 */
static int conninfo_refuse_value(const struct conninfo *info, const struct env *env, const char *message,
				 struct error *err)
{
	const char *secret = conninfo_quoted_secret(info, message), *text = secret ? secret : message;
	PQconninfoOption *options = PQconninfoParse("", NULL);
	const PQconninfoOption *named = conninfo_find_named(options, message);
	const char *right = named ? conninfo_right_values(named->keyword) : NULL;

	errors_set(err, "%.*s%s%s%s", (int)strcspn(text, "\n"), text, secret ? " does not take this value" : "",
		   right ? "; write " : "", right ? right : "");
	if (named && named->envvar && !pgkeys_get(&info->all, named->keyword) && env_get(env, named->envvar))
		errors_prefix(err, "%s", named->envvar);
	PQconninfoFree(options);
	return -1;
}

/*
 * Lets libpq check the parameters and read the password file without connecting. libpq does both only when it connects,
 * and then parses hostaddr. So this starts a connection to the invalid hostaddr "none": if everything else is right,
 * libpq fails there, before it opens a socket. Sets *has_password if libpq has a password.
 *
 * libpq says only in a text where it failed. Elsewhere texts decide nothing, because a server may write them in any
 * language (FACTS 27). Here it is safe: libpq has not talked to a server, its version is pinned
 * (third-party/sources.lock), and it is built without translations. If a new version changes the text, test_libpq_texts
 * in tests/unit/probe/postgres/test_postgres_faults.c fails.
 */
static int conninfo_rehearse(const struct conninfo *info, const struct env *env, const struct endpoint *endpoint,
			     bool *has_password, struct error *err)
{
	PGconn *conn = conninfo_start(info, endpoint, "none");
	const char *message = conn ? PQerrorMessage(conn) : "out of memory", *password = conn ? PQpass(conn) : NULL;
	int failed = 0;

	if (!strstr(message, "could not parse network address"))
		failed = conninfo_refuse_value(info, env, message, err);
	else if (password && *password)
		*has_password = true;
	PQfinish(conn);
	return failed;
}

/* Returns the host of the target, or NULL if it has several: a link has variables for only one of them. */
static const char *conninfo_link_host(const struct target *target)
{
	for (size_t i = 1; i < target->endpoint_count; i++)
		if (strcasecmp(target->endpoints[i].host, target->endpoints[0].host) != 0)
			return NULL;
	return target->endpoint_count ? target->endpoints[0].host : NULL;
}

/* Returns a variable from the environment of the linked container (FACTS 2), or NULL. No other host may get it. */
static const char *conninfo_link_env(const struct target *target, const struct env *env, const char *name)
{
	const char *host = conninfo_link_host(target);

	return host ? links_peer_env(env, host, name) : NULL;
}

/* Returns the password from the link; NULL if it belongs to another user. */
static const char *conninfo_link_password(const struct conninfo *info, const struct target *target,
					  const struct env *env)
{
	const char *user = conninfo_link_env(target, env, "POSTGRES_USER");

	if (strcmp(pgkeys_get(&info->all, "user"), user && *user ? user : "postgres") != 0)
		return NULL;
	return conninfo_link_env(target, env, "POSTGRES_PASSWORD");
}

/*
 * Lets libpq check the parameters for each endpoint. Takes the link's password if there is no other: only libpq knows
 * whether the password file has one.
 */
static int conninfo_check(struct conninfo *info, const struct target *target, const struct env *env, struct error *err)
{
	const char *link_password = conninfo_link_password(info, target, env);
	bool has_password = false;

	for (size_t i = 0; i < target->endpoint_count; i++)
		if (conninfo_rehearse(info, env, &target->endpoints[i], &has_password, err))
			return -1;
	if (has_password) {
		info->password_from = info->password_from ? info->password_from : "file";
	} else if (link_password && *link_password) {
		pgkeys_set(&info->all, "password", link_password);
		info->password_from = "link";
	}
	return 0;
}

/* Takes the URI apart. One line tells which of its parameters have no effect. */
static int conninfo_take_uri(struct conninfo *info, struct target *target, struct log *log, struct error *err)
{
	char *ignored;

	if (pguri_take(target, conninfo_on_parameter, &info->all, &ignored, err))
		return -1;
	if (*ignored)
		log_line(log, LOG_LEVEL_NORMAL, "target \"%s\": parameters that libpq does not have are ignored: %s",
			 target->text, ignored);
	free(ignored);
	return 0;
}

/* Completes user, database and password, and notes which of them somebody named. */
static void conninfo_fill_identity(struct conninfo *info, const struct target *target, const struct env *env)
{
	struct pgkeys *all = &info->all;

	info->password_from = pgkeys_get(all, "password") ? "url" : NULL;
	pgkeys_default(all, "user", env_get(env, "PGUSER"));
	pgkeys_default(all, "user", conninfo_link_env(target, env, "POSTGRES_USER"));
	info->user_named = pgkeys_get(all, "user");
	pgkeys_default(all, "user", "postgres");
	pgkeys_default(all, "dbname", env_get(env, "PGDATABASE"));
	pgkeys_default(all, "dbname", conninfo_link_env(target, env, "POSTGRES_DB"));
	info->database_named = pgkeys_get(all, "dbname");
	pgkeys_default(all, "password", env_get(env, "PGPASSWORD"));
	if (!info->password_from && pgkeys_get(all, "password"))
		info->password_from = "PGPASSWORD";
}

/* Others who wait for the lock are told who has it: everybody may see this name. The server takes 63 bytes of it. */
static void conninfo_name_session(struct conninfo *info, const struct env *env)
{
	const char *own = env_get(env, "PGAPPNAME");
	char host[256] = "", *name;

	if ((own && *own) || gethostname(host, sizeof(host) - 1) || !*host)
		return;
	name = alloc_format("waitfor on %s", host);
	pgkeys_default(&info->all, "application_name", name);
	free(name);
}

/*
 * A session that has a lock must notice that its server is gone before the server notices the same of it, 25 s at the latest
 * (pglocktext_settings), and gives the lock to somebody else.
 */
static void conninfo_watch_connection(struct conninfo *info)
{
	pgkeys_set(&info->all, "keepalives", "1");
	pgkeys_set(&info->all, "keepalives_idle", "5");
	pgkeys_set(&info->all, "keepalives_interval", "3");
	pgkeys_set(&info->all, "keepalives_count", "3");
	pgkeys_set(&info->all, "tcp_user_timeout", "15000");
}

static int conninfo_fill(struct conninfo *info, struct target *target, const struct env *env, struct log *log,
			 struct error *err)
{
	if (target->scheme_name &&
	    (conninfo_take_uri(info, target, log, err) || pgquery_check(target->params.fields, err)))
		return -1;
	/* probe_bind did this for the hosts in the target's text; the parameters may have named other hosts. */
	for (size_t i = 0; i < target->endpoint_count; i++)
		links_complete(&target->endpoints[i], env, PGURI_PORT);
	conninfo_fill_identity(info, target, env);
	if (target->lock) {
		conninfo_name_session(info, env);
		conninfo_watch_connection(info);
	}
	pgkeys_default(&info->all, "gssencmode", "disable");
	pgkeys_default(&info->all, "fallback_application_name", "waitfor");
	conninfo_check_password_file(info, env, log);
	return pgtls_complete(&info->all, target, env, &info->in_clear, err) || conninfo_check(info, target, env, err);
}

/* Fills what the probe asks when it judges an answer. */
static void conninfo_note(struct conninfo *info, struct target *target)
{
	const char *session = pgkeys_get(&info->all, "target_session_attrs");
	const struct pgparams *own = target->params.fields;

	target->once = own ? own->once : NULL;
	info->user = pgkeys_get(&info->all, "user");
	info->database = pgkeys_get(&info->all, "dbname");
	info->session_for = target->lock ? "lock" : pgquery_wanted_by(own);
	if (session && strcmp(session, "any") != 0 && strcmp(session, "prefer-standby") != 0)
		info->session_for = "target_session_attrs";
	if (target->lock)
		info->lock = pglock_new(target->lock, target->once);
	info->wants_database = info->database_named && !(own && own->database == PGPARAMS_MAY_BE_MISSING);
	target->login = (struct target_login){
		.how = info->password_from ? TARGET_LOGIN : TARGET_PING,
		.user = alloc_text(info->user),
		.database = alloc_text(info->database_named ? info->database : info->user),
		.password_from = alloc_text(info->password_from),
	};
}

struct conninfo *conninfo_new(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	struct conninfo *info = alloc_zero(1, sizeof(*info));

	info->environment = pgenviron_new(env);
	if (conninfo_fill(info, target, env, log, err)) {
		conninfo_free(info);
		return NULL;
	}
	conninfo_note(info, target);
	return info;
}

PGconn *conninfo_connect(const struct conninfo *info, const struct endpoint *endpoint, const struct address *address)
{
	char text[ADDRESS_TEXT_MAX] = "";

	if (address->any.sa_family != AF_UNIX)
		address_text(address, text, sizeof(text));
	return conninfo_start(info, endpoint, text);
}
