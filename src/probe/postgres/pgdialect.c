#include "probe/postgres/pgdialect.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libpq-fe.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/percent.h"
#include "base/spelling.h"
#include "probe/postgres/pgapps.h"
#include "probe/postgres/pgparams.h"

const char *const pgdialect_schemes[] = {
	"pgsql",        "psql", "pg",  "postgis", "pdo-pgsql", "pdo_pgsql",   "timescale", "timescaledb",
	"timescalegis", "ecto", "pgx", "pgx5",    "cockroach", "cockroachdb", "redshift",  NULL};

/* Other names of libpq's parameters. */
static const char *const pgdialect_names[][2] = {
	{"sslMode", "sslmode"},         /* R2DBC */
	{"ssl-mode", "sslmode"},        /* SQLx */
	{"ssl_mode", "sslmode"},        /* MySQL's, also accepted by some */
	{"sslRootCert", "sslrootcert"}, /* R2DBC */
	{"ssl-root-cert", "sslrootcert"}, {"sslCert", "sslcert"}, {"sslKey", "sslkey"},
	{"sslPassword", "sslpassword"},   {"socket_dir", "host"}, /* Ecto */
};

static bool pgdialect_is(const char *name, const char *key, size_t len)
{
	return strlen(name) == len && strncmp(name, key, len) == 0;
}

/* Returns libpq's keyword for the parameter key, or NULL; "ssl" is one of libpq's URIs (PostgreSQL manual, 34.1.1.2). */
static const char *pgdialect_rename(const char *key, size_t len)
{
	for (size_t i = 0; i < sizeof(pgdialect_names) / sizeof(pgdialect_names[0]); i++)
		if (pgdialect_is(pgdialect_names[i][0], key, len))
			return pgdialect_names[i][1];
	return NULL;
}

/* "unix_sock" of pg8000 is the path of the socket itself. libpq wants its folder. */
static bool pgdialect_is_socket(const char *key, size_t len)
{
	return pgdialect_is("unix_sock", key, len) || pgdialect_is("unix_socket", key, len);
}

static bool pgdialect_is_own(const char *key, size_t len)
{
	for (size_t i = 0; i < pgparams_table.count; i++)
		if (pgdialect_is(pgparams_table.rows[i].key, key, len))
			return true;
	return false;
}

enum mask_parameter pgdialect_parameter(const char *key, size_t len)
{
	const char *name = pgdialect_rename(key, len);

	if (name)
		return strcmp(name, "sslpassword") == 0 ? MASK_SECRET : MASK_SHOWN;
	if (pgdialect_is_own(key, len) || pgapps_know(key, len))
		return MASK_SHOWN;
	return pgdialect_is("ssl", key, len) || pgdialect_is_socket(key, len) ? MASK_SHOWN : MASK_UNKNOWN;
}

/* Returns the sslmode for "ssl=value" of the applications; NULL for a value that says nothing about it. */
static const char *pgdialect_of_ssl(const char *value)
{
	static const char *const modes[][2] = {
		{"true", "require"},        {"1", "require"},           {"on", "require"},
		{"yes", "require"},         {"false", "disable"},       {"0", "disable"},
		{"off", "disable"},         {"no", "disable"},          {"disable", "disable"},
		{"allow", "allow"},         {"prefer", "prefer"},       {"require", "require"},
		{"no-verify", "no-verify"}, {"verify-ca", "verify-ca"}, {"verify-full", "verify-full"},
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcasecmp(modes[i][0], value) == 0)
			return modes[i][1];
	return NULL;
}

/* What the parameters are sorted into. */
struct pgdialect_parts {
	const char **known; /* the names of libpq and of waitfor itself, NULL-terminated */
	struct buf ssl, query, own, ignored;
	bool is_java; /* JDBC and R2DBC: a '+' in a parameter is a space (java.net.URLDecoder) */
	bool hidden;  /* a secret came before */
	bool veiled;  /* this may be the rest of a value that is not shown, or of a password: it has no name */
};

/* Returns the names, which point into options and into pgparams_table. The caller frees the array. */
static const char **pgdialect_list_known(const PQconninfoOption *options)
{
	const char **known = NULL;
	size_t count = 0;

	for (; options && options->keyword; options++) {
		known = alloc_resize(known, count + 1, sizeof(*known));
		known[count++] = options->keyword;
	}
	known = alloc_resize(known, count + pgparams_table.count + 1, sizeof(*known));
	for (size_t i = 0; i < pgparams_table.count; i++)
		known[count++] = pgparams_table.rows[i].key;
	known[count] = NULL;
	return known;
}

static bool pgdialect_is_known(const struct pgdialect_parts *parts, const char *key)
{
	for (size_t i = 0; parts->known[i]; i++)
		if (strcmp(parts->known[i], key) == 0)
			return true;
	return false;
}

/* Adds "name=value" to query. libpq refuses a second '=' that is not escaped; the applications' libraries accept it. */
static void pgdialect_pass(struct buf *query, const char *name, const char *value, bool is_java)
{
	buf_add_text(query, query->len ? "&" : "");
	buf_add_text(query, name);
	buf_add_text(query, "=");
	for (; *value; value++)
		if (*value == '=')
			buf_add_text(query, "%3D");
		else if (*value == '+' && is_java)
			buf_add_text(query, "%20");
		else
			buf_add(query, value, 1);
}

/* "/folder/.s.PGSQL.5432" gives host and port, "/folder" the host alone. */
static void pgdialect_pass_socket(struct buf *query, const char *value)
{
	static const char file[] = "/.s.PGSQL.";
	char *path = percent_decode(value, strlen(value)), *found = path ? strstr(path, file) : NULL;
	struct buf host = {0};

	if (found) {
		*found = '\0';
		pgdialect_pass(query, "port", found + sizeof(file) - 1, false);
	}
	if (path)
		percent_encode(&host, path);
	pgdialect_pass(query, "host", path && host.data ? host.data : value, false); /* %00 is libpq's to refuse */
	buf_release(&host);
	free(path);
}

/* A parameter that neither libpq nor waitfor has: an application's, unless its name looks like a misspelt one. */
static int pgdialect_ignore(struct pgdialect_parts *parts, const char *key, struct error *err)
{
	bool is_app = pgapps_know(key, strlen(key));
	const char *nearest = is_app ? NULL : spelling_nearest(key, parts->known);

	/* "postgres://me:1/pw?x@db?y=z": all before the '@' may be a password, and some of it looks like a database. */
	if (strchr(key, '@'))
		return errors_set(err, "a '/' or '?' in a user or password must be written %%2F or %%3F, an '@' in a "
				       "parameter %%40");
	/* The rest of a password with an unescaped '&' looks like this. So the name is not quoted. */
	if (!is_app && parts->hidden)
		return errors_set(
			err, "an unknown parameter follows a password; write '&' as %%26 in a password, or put the "
			     "parameter before it");
	if (nearest)
		return errors_set(err, "unknown parameter \"%s\"; did you mean \"%s\"?", key, nearest);
	buf_add_text(&parts->ignored, parts->ignored.len ? ", " : "");
	buf_add_text(&parts->ignored, is_app || !parts->veiled ? key : "another");
	parts->veiled |= !is_app;
	return 0;
}

static int pgdialect_sort(struct pgdialect_parts *parts, const char *key, const char *value, struct error *err)
{
	const char *name = pgdialect_rename(key, strlen(key)), *mode = pgdialect_of_ssl(value);

	name = name ? name : key;
	if (strcmp(key, "ssl") == 0) {
		if (mode)
			pgdialect_pass(&parts->ssl, "sslmode", mode, false);
	} else if (pgdialect_is_socket(key, strlen(key))) {
		pgdialect_pass_socket(&parts->query, value);
	} else if (pgdialect_is_own(key, strlen(key))) {
		pgdialect_pass(&parts->own, key, value, false);
	} else if (pgdialect_is_known(parts, name)) {
		pgdialect_pass(&parts->query, name, value, parts->is_java);
	} else {
		return pgdialect_ignore(parts, key, err);
	}
	parts->hidden |= strcmp(name, "password") == 0 || strcmp(name, "sslpassword") == 0;
	parts->veiled |= strcmp(name, "options") == 0;
	return 0;
}

/* Sorts "key=value", a text of len bytes. A word without '=' stays for libpq to refuse: it may be a piece of a secret. */
static int pgdialect_sort_one(struct pgdialect_parts *parts, const char *text, size_t len, struct error *err)
{
	const char *equals = memchr(text, '=', len);
	size_t key_len = equals ? (size_t)(equals - text) : len;
	char *key = alloc_slice(text, key_len), *value = equals ? alloc_slice(equals + 1, len - key_len - 1) : NULL;
	int failed = 0;

	if (value) {
		failed = pgdialect_sort(parts, key, value, err);
	} else {
		buf_add_text(&parts->query, parts->query.len ? "&" : "");
		buf_add_text(&parts->query, key);
	}
	free(key);
	free(value);
	return failed;
}

static int pgdialect_sort_all(struct pgdialect_parts *parts, const char *query, struct error *err)
{
	int failed = 0;

	while (!failed && *query) {
		size_t len = strcspn(query, "&");

		if (len)
			failed = pgdialect_sort_one(parts, query, len, err);
		query += len + (query[len] == '&');
	}
	return failed;
}

/* Returns "postgresql://place?query". sslmode= comes after what ssl= gave, so that it wins. The caller's. */
static char *pgdialect_join(const char *place, size_t len, struct buf *ssl, struct buf *query)
{
	char *before = alloc_slice(place, len), *first = buf_detach(ssl), *second = buf_detach(query), *uri;

	uri = alloc_format("postgresql://%s%s%s%s%s", before, *first || *second ? "?" : "", first,
			   *first && *second ? "&" : "", second);
	free(before);
	free(first);
	free(second);
	return uri;
}

int pgdialect_read(struct pgdialect *dialect, const char *url, struct error *err)
{
	const char *place = strstr(url, "://") + 3, *query = place + strcspn(place, "?");
	PQconninfoOption *options = PQconninfoParse("", NULL);
	struct pgdialect_parts parts = {.known = pgdialect_list_known(options),
					.is_java = strcspn(url, ":") < (size_t)(place - 3 - url),
					.veiled = strchr(query, '@')}; /* it may end a password with a '?' in it */
	int failed = pgdialect_sort_all(&parts, *query ? query + 1 : query, err);

	dialect->uri = pgdialect_join(place, (size_t)(query - place), &parts.ssl, &parts.query);
	dialect->own = buf_detach(&parts.own);
	dialect->ignored = buf_detach(&parts.ignored);
	free(parts.known);
	PQconninfoFree(options);
	return failed;
}

void pgdialect_release(struct pgdialect *dialect)
{
	free(dialect->uri);
	free(dialect->own);
	free(dialect->ignored);
	*dialect = (struct pgdialect){0};
}
