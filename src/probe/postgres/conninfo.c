#include "probe/postgres/conninfo.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "probe/postgres/pguri.h"
#include "target/links.h"
#include "target/scheme.h"

/* A password file that does not exist. With /dev/null libpq would print a warning (FACTS 25). */
#define CONNINFO_NO_FILE "/dev/null/none"

/* Variables that would redirect or break the probe (FACTS 29). PGSSLMODE and the like stay: the user may set them. */
/* clang-format off */
static const char *const conninfo_stray[] = {
	"PGHOST",     "PGHOSTADDR",           "PGPORT",             "PGDATABASE",   "PGUSER",
	"PGPASSWORD", "PGSERVICE",            "PGSERVICEFILE",      "PGSYSCONFDIR", "PGTARGETSESSIONATTRS",
	"PGOPTIONS",  "PGLOADBALANCEHOSTS",   "PGCONNECT_TIMEOUT",  "PGGSSENCMODE", "PGCLIENTENCODING",
	"PGAPPNAME",  "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION", "PGTZ",        "PGDATESTYLE",
	"PGGEQO",
};
/* clang-format on */

static void conninfo_set(struct conninfo *info, const char *key, const char *value)
{
	for (size_t i = 0; i < info->count; i++)
		if (strcmp(info->keys[i], key) == 0) {
			free(info->values[i]);
			info->values[i] = alloc_text(value);
			return;
		}
	info->keys = alloc_resize(info->keys, info->count + 2, sizeof(*info->keys));
	info->values = alloc_resize(info->values, info->count + 2, sizeof(*info->values));
	info->keys[info->count] = alloc_text(key);
	info->values[info->count++] = alloc_text(value);
	info->keys[info->count] = info->values[info->count] = NULL;
}

static const char *conninfo_get(const struct conninfo *info, const char *key)
{
	for (size_t i = 0; i < info->count; i++)
		if (strcmp(info->keys[i], key) == 0)
			return info->values[i];
	return NULL;
}

/* If key has no value yet, sets it to the first candidate that is neither NULL nor empty, if there is one. */
static void conninfo_default(struct conninfo *info, const char *key, const char *first, const char *second,
			     const char *third)
{
	const char *value = first && *first ? first : second && *second ? second : third;
	const char *given = conninfo_get(info, key);

	if (value && *value && (!given || !*given))
		conninfo_set(info, key, value);
}

void conninfo_free(struct conninfo *info)
{
	if (!info)
		return;
	for (size_t i = 0; i < info->count; i++) {
		free(info->keys[i]);
		free(info->values[i]);
	}
	free(info->keys);
	free(info->values);
	free(info);
}

static void conninfo_on_parameter(void *arg, const char *key, const char *value)
{
	conninfo_set(arg, key, value);
}

/*
 * Returns the path where libpq looks for a password file, or NULL; the caller frees it. Without HOME, libpq uses the
 * home in the passwd entry.
 */
static char *conninfo_password_file(const struct conninfo *info, const struct env *env)
{
	const char *path = conninfo_get(info, "passfile"), *home = env_get(env, "HOME");
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
	const char *password = conninfo_get(info, "password");
	char *file = password && *password ? NULL : conninfo_password_file(info, env);
	struct stat found;

	if (file && stat(file, &found) == 0 && (!S_ISREG(found.st_mode) || found.st_mode & (S_IRWXG | S_IRWXO))) {
		log_line(log, LOG_LEVEL_NORMAL, "password file %s is ignored: %s", file,
			 S_ISREG(found.st_mode) ? "group or others may read it; chmod 600 it"
						: "it is not a plain file");
		conninfo_set(info, "passfile", CONNINFO_NO_FILE);
	}
	free(file);
}

#ifndef WAITFOR_TLS
/* This flavour has no TLS. Refuses parameters that need it before the wait, not in every attempt. */
static int conninfo_check_tls(const struct conninfo *info, const struct env *env, struct error *err)
{
	const char *mode = conninfo_get(info, "sslmode"), *where = "sslmode";

	if (!mode && (mode = env_get(env, "PGSSLMODE")))
		where = "PGSSLMODE";
	if (mode && (strcmp(mode, "require") == 0 || strncmp(mode, "verify-", 7) == 0))
		return errors_set(err, "%s=%s needs TLS, which this waitfor is built without; use waitfor-tls", where,
				  mode);
	return 0;
}

static bool conninfo_is_in_clear(const struct conninfo *info, const struct env *env)
{
	(void)info;
	(void)env;
	return true;
}
#else
static bool conninfo_is_in_clear(const struct conninfo *info, const struct env *env)
{
	const char *mode = conninfo_get(info, "sslmode");

	if (!mode)
		mode = env_get(env, "PGSSLMODE");
	return mode && (strcmp(mode, "disable") == 0 || strcmp(mode, "allow") == 0);
}

static int conninfo_check_tls(const struct conninfo *info, const struct env *env, struct error *err)
{
	(void)info;
	(void)env;
	(void)err;
	return 0;
}
#endif

/* Starts a connection. address becomes libpq's hostaddr; it is "" for a Unix socket, whose folder is the host. */
static PGconn *conninfo_start(const struct conninfo *info, const struct endpoint *endpoint, const char *address)
{
	const char **keys = alloc_zero(info->count + 4, sizeof(*keys));
	const char **values = alloc_zero(info->count + 4, sizeof(*values));
	size_t count = 0;
	char port[8];
	PGconn *conn;

	snprintf(port, sizeof(port), "%u", (unsigned)(endpoint->port ? endpoint->port : PGURI_PORT));
	for (; count < info->count; count++) {
		keys[count] = info->keys[count];
		values[count] = info->values[count];
	}
	/* With hostaddr libpq looks no name up (FACTS 28). The certificate must still match host. */
	keys[count] = "host";
	values[count++] = endpoint->host;
	keys[count] = "hostaddr";
	values[count++] = address;
	keys[count] = "port";
	values[count++] = port;
	conn = PQconnectStartParams(keys, values, 0);
	free(keys);
	free(values);
	return conn;
}

/* The values that libpq accepts for a parameter in this flavour. */
#ifdef WAITFOR_TLS
#define CONNINFO_TLS_ONLY(with, without) with
#else
#define CONNINFO_TLS_ONLY(with, without) without ", or use waitfor-tls"
#endif

static const char *const conninfo_takes[][2] = {
	{"target_session_attrs", "any, read-write, read-only, primary, standby or prefer-standby"},
	{"sslmode",
	 CONNINFO_TLS_ONLY("disable, allow, prefer, require, verify-ca or verify-full", "disable, allow or prefer")},
	{"sslnegotiation", CONNINFO_TLS_ONLY("postgres or direct", "postgres")},
	{"sslcertmode", CONNINFO_TLS_ONLY("disable, allow or require", "disable or allow")},
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

	for (size_t i = 0; i < info->count; i++)
		if (!scheme_shows(info->keys[i]) && *info->values[i] && strstr(message, info->keys[i]) &&
		    strstr(message, info->values[i]) && (!found || strlen(info->keys[i]) > strlen(found)))
			found = info->keys[i];
	return found;
}

/* Sets err from libpq's message, which says which value is wrong, and adds which values are right. Returns -1. */
static int conninfo_refuse_value(const struct conninfo *info, const char *message, struct error *err)
{
	const char *right = NULL, *secret = conninfo_quoted_secret(info, message);

	for (size_t i = 0; i < sizeof(conninfo_takes) / sizeof(conninfo_takes[0]); i++)
		if (strstr(message, conninfo_takes[i][0]))
			right = conninfo_takes[i][1];
	return errors_set(err, "%.*s%s%s%s", (int)strcspn(secret ? secret : message, "\n"), secret ? secret : message,
			  secret ? " does not take this value" : "", right ? "; write " : "", right ? right : "");
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
static int conninfo_rehearse(const struct conninfo *info, const struct endpoint *endpoint, bool *has_password,
			     struct error *err)
{
	PGconn *conn = conninfo_start(info, endpoint, "none");
	const char *message = conn ? PQerrorMessage(conn) : "out of memory", *password = conn ? PQpass(conn) : NULL;
	int failed = 0;

	if (!strstr(message, "could not parse network address"))
		failed = conninfo_refuse_value(info, message, err);
	else if (password && *password)
		*has_password = true;
	PQfinish(conn);
	return failed;
}

/*
 * Lets libpq check the parameters for each endpoint. If there is no other password, sets link_password, which may be
 * NULL: only libpq knows whether the password file has one.
 */
static int conninfo_check(struct conninfo *info, const struct target *target, const char *link_password,
			  struct error *err)
{
	bool has_password = false;

	for (size_t i = 0; i < target->endpoint_count; i++)
		if (conninfo_rehearse(info, &target->endpoints[i], &has_password, err))
			return -1;
	if (!has_password)
		conninfo_default(info, "password", link_password, NULL, NULL);
	return 0;
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

	if (strcmp(conninfo_get(info, "user"), user && *user ? user : "postgres") != 0)
		return NULL;
	return conninfo_link_env(target, env, "POSTGRES_PASSWORD");
}

static int conninfo_fill(struct conninfo *info, struct target *target, const struct env *env, struct log *log,
			 struct error *err)
{
	const char *session;

	if (target->scheme_name && pguri_take(target, conninfo_on_parameter, info, err))
		return -1;
	/* probe_bind did this for the hosts in the target's text; the parameters may have named other hosts. */
	for (size_t i = 0; i < target->endpoint_count; i++)
		links_complete(&target->endpoints[i], env, PGURI_PORT);
	conninfo_default(info, "user", env_get(env, "PGUSER"), conninfo_link_env(target, env, "POSTGRES_USER"),
			 "postgres");
	conninfo_default(info, "dbname", env_get(env, "PGDATABASE"), conninfo_link_env(target, env, "POSTGRES_DB"),
			 NULL);
	conninfo_default(info, "password", env_get(env, "PGPASSWORD"), NULL, NULL);
	conninfo_default(info, "gssencmode", "disable", NULL, NULL);
	conninfo_default(info, "fallback_application_name", "waitfor", NULL, NULL);
	conninfo_check_password_file(info, env, log);
	info->user = conninfo_get(info, "user");
	info->database = conninfo_get(info, "dbname");
	info->in_clear = conninfo_is_in_clear(info, env);
	session = conninfo_get(info, "target_session_attrs");
	info->wants_session = session && strcmp(session, "any") != 0 && strcmp(session, "prefer-standby") != 0;
	return conninfo_check_tls(info, env, err) ||
	       conninfo_check(info, target, conninfo_link_password(info, target, env), err);
}

struct conninfo *conninfo_new(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	struct conninfo *info = alloc_zero(1, sizeof(*info));

	for (size_t i = 0; i < sizeof(conninfo_stray) / sizeof(conninfo_stray[0]); i++)
		unsetenv(conninfo_stray[i]);
	if (conninfo_fill(info, target, env, log, err)) {
		conninfo_free(info);
		return NULL;
	}
	return info;
}

PGconn *conninfo_connect(const struct conninfo *info, const struct endpoint *endpoint, const struct address *address)
{
	char text[ADDRESS_TEXT_MAX] = "";

	if (address->any.sa_family != AF_UNIX)
		address_text(address, text, sizeof(text));
	return conninfo_start(info, endpoint, text);
}
