#include "target/scheme.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/spelling.h"
#include "options/params.h"
#include "target/security.h"

/*
 * The only list of schemes: one row for each file in src/probe/. The names are only pasted to other names, so the macro
 * "unix", which gcc predefines, does no harm.
 */
/* clang-format off */
#define SCHEMES(X) \
	X(tcp) X(postgres) X(redis) X(redis_sentinel) X(memcached) X(nats) X(mqtt) X(smtp) X(imap) X(ssh) X(http) \
	X(https) X(http_unix) X(elasticsearch) X(opensearch) X(etcd) X(amqp) X(zookeeper) X(ldap) X(cassandra) X(mysql) \
	X(mongodb) X(kafka) X(grpc) X(dns) X(file) X(pid) X(pidfile) X(exec) X(docker) X(consul) X(unix)
/* clang-format on */

#define SCHEME_DECLARE(name) extern const struct scheme scheme_##name;
SCHEMES(SCHEME_DECLARE)

#define SCHEME_ROW(name) &scheme_##name,
static const struct scheme *const schemes[] = {SCHEMES(SCHEME_ROW)};

enum { SCHEME_COUNT = sizeof(schemes) / sizeof(schemes[0]) };

const struct scheme *scheme_at(size_t index)
{
	return index < SCHEME_COUNT ? schemes[index] : NULL;
}

static bool scheme_is_called(const struct scheme *scheme, const char *name)
{
	if (strcmp(scheme->name, name) == 0 || (scheme->alias && strcmp(scheme->alias, name) == 0))
		return true;
	for (size_t i = 0; scheme->others && scheme->others[i]; i++)
		if (strcmp(scheme->others[i], name) == 0)
			return true;
	return false;
}

/* Returns the row with this name, or SCHEME_COUNT. */
static size_t scheme_index(const char *name)
{
	size_t i = 0;

	while (i < SCHEME_COUNT && !scheme_is_called(schemes[i], name))
		i++;
	return i;
}

/*
 * Returns name without what says that it is in TLS: "mqtt" of "mqtt+ssl" and of "mqtts". The caller frees it; NULL: it does
 * not say so.
 */
static char *scheme_without_tls(const char *name)
{
	static const char *const ends[] = {"+tls", "+ssl", "s"};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);

		if (len > end && strcmp(name + len - end, ends[i]) == 0)
			return alloc_slice(name, len - end);
	}
	return NULL;
}

/* An 's' at the end means TLS where it does so for the scheme's own name: "valkeys", as "rediss". */
bool scheme_name_has_tls(const struct scheme *scheme, const char *name)
{
	const char *usual = scheme->tls_name;
	char *plain;
	bool has;

	if (!scheme->tls || (usual && strcmp(name, usual) == 0))
		return scheme->tls;
	plain = scheme_without_tls(name);
	has = plain && scheme_is_called(scheme, plain) &&
	      (strchr(name, '+') ||
	       (usual && strcmp(usual, scheme->name) != 0 && strncmp(usual, scheme->name, strlen(scheme->name)) == 0));
	free(plain);
	return has;
}

const struct scheme *scheme_of_name(const char *name)
{
	const struct scheme *found = scheme_at(scheme_index(name));

	for (size_t i = 0; i < SCHEME_COUNT && !found; i++)
		if (scheme_name_has_tls(schemes[i], name))
			found = schemes[i];
	return found;
}

size_t scheme_wrapper_length(const char *text)
{
	static const char *const wrappers[] = {"jdbc:", "r2dbc:", "vertx-reactive:"};
	size_t len;

	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		if (strncasecmp(text, wrappers[i], strlen(wrappers[i])) != 0)
			continue;
		/* Others may follow: "jdbc:p6spy:postgresql://". A list of targets is not searched beyond the first. */
		len = strcspn(text, "/,");
		if (text[len - 1] != ':' || strncmp(text + len, "//", 2) != 0 || len == strlen(wrappers[i]))
			return 0;
		for (len--; text[len - 1] != ':'; len--)
			;
		return len;
	}
	return 0;
}

void scheme_cut_driver(char *name)
{
	static const char *const ways[] = {"unix", "socket", "sock", "srv", "sentinel", "cluster", "ssl", "tls"};
	char *plus = strchr(name, '+');
	const struct scheme *scheme;

	for (size_t i = 0; plus && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strstr(plus, ways[i]))
			return;
	if (!plus)
		return;
	*plus = '\0';
	scheme = scheme_of_name(name);
	if (!scheme || !scheme->default_port)
		*plus = '+';
}

bool scheme_lists_hosts(const char *name, size_t len)
{
	char *lower = alloc_slice(name, len);
	const struct scheme *scheme;

	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	scheme_cut_driver(lower);
	scheme = scheme_of_name(lower);
	free(lower);
	return scheme && scheme->lists_hosts;
}

const struct scheme *scheme_of_port(uint16_t port)
{
	for (size_t i = 0; i < SCHEME_COUNT; i++)
		if (schemes[i]->claims_port && schemes[i]->default_port == port)
			return schemes[i];
	return schemes[0];
}

uint16_t scheme_port(const struct scheme *scheme, bool in_tls)
{
	return in_tls && scheme->tls_port ? scheme->tls_port : scheme->default_port;
}

const struct options_table *scheme_security(const struct scheme *scheme)
{
	if (!scheme->tls)
		return NULL;
	if (scheme->tls == SCHEME_TLS_OR_STARTTLS)
		return security_table(SECURITY_WITH_STARTTLS);
	return security_table(scheme->tls == SCHEME_TLS_BY_NAME ? SECURITY_OF_TLS_ONLY : SECURITY_WITH_TLS);
}

/* Returns the scheme's row for the parameter, or NULL. */
static const struct options_row *scheme_row(const struct scheme *scheme, const char *key, size_t len)
{
	const struct options_table *tables[] = {scheme->params, scheme_security(scheme)};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t i = 0; tables[t] && i < tables[t]->count; i++) {
			const struct options_row *row = &tables[t]->rows[i];

			if (strlen(row->key) == len && strncasecmp(row->key, key, len) == 0)
				return row;
		}
	return NULL;
}

static enum mask_parameter scheme_knows(const struct scheme *scheme, const char *key, size_t len)
{
	const struct options_row *row = scheme_row(scheme, key, len);

	if (scheme->parameter_known)
		return scheme->parameter_known(key, len);
	if (!row && len == 1)
		return MASK_UNKNOWN; /* one letter may be a piece of a password with an unescaped '&': MongoDB's "w" */
	if (!row)
		return params_ignored(scheme->ignored, key, len);
	return row->secret ? MASK_SECRET : MASK_SHOWN;
}

enum mask_parameter scheme_parameter(const char *key, size_t len)
{
	enum mask_parameter found = MASK_UNKNOWN;

	for (size_t i = 0; i < SCHEME_COUNT && found != MASK_SECRET; i++) {
		enum mask_parameter known = scheme_knows(schemes[i], key, len);

		if (known == MASK_SECRET || found == MASK_UNKNOWN)
			found = known;
	}
	return found;
}

bool scheme_shows(const char *key)
{
	return scheme_parameter(key, strlen(key)) == MASK_SHOWN;
}

bool scheme_takes_lines(const char *key)
{
	for (size_t i = 0; i < SCHEME_COUNT; i++) {
		const struct options_row *row = scheme_row(schemes[i], key, strlen(key));

		if (row && row->takes_lines)
			return true;
	}
	return false;
}

/* Returns the row of the scheme whose name with TLS this could be, that of "sshs" and "mysqls"; SCHEME_COUNT: there is none. */
static size_t scheme_guess(const char *name)
{
	char *plain = scheme_without_tls(name);
	size_t found = plain ? scheme_index(plain) : SCHEME_COUNT;

	free(plain);
	return found;
}

/* How a scheme comes to be in TLS that has no such name. */
static int scheme_refuse_tls(const struct scheme *scheme, const char *name, struct error *err)
{
	if (scheme->tls)
		return errors_set(err, "unknown scheme \"%s\"; write %s+tls://", name, scheme->name);
	if (scheme->parameter_known)
		return errors_set(err, "unknown scheme \"%s\"; write %s://host/?sslmode=require", name, scheme->name);
	return errors_set(
		err,
		"unknown scheme \"%s\": that protocol is not spoken in TLS; write tls://host:port to wait for "
		"the port",
		name);
}

int scheme_refuse(const char *name, struct error *err)
{
	const char *names[2 * SCHEME_COUNT + 1] = {0}, *nearest;
	size_t plain = scheme_guess(name), count = 0;

	if (plain < SCHEME_COUNT)
		return scheme_refuse_tls(schemes[plain], name, err);
	for (size_t i = 0; i < SCHEME_COUNT; i++) {
		names[count++] = schemes[i]->name;
		if (schemes[i]->alias)
			names[count++] = schemes[i]->alias;
	}
	nearest = spelling_nearest(name, names);
	if (nearest)
		return errors_set(err, "unknown scheme \"%s\"; did you mean %s://?", name, nearest);
	return errors_set(err,
			  "unknown scheme \"%s\"; waitfor --help=targets lists the known ones, and tcp://host:port "
			  "waits for any port",
			  name);
}
