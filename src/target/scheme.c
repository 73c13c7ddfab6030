#include "target/scheme.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/spelling.h"
#include "options/params.h"

/*
 * The only list of schemes: one row for each file in src/probe/. The names are only pasted to other names, so the macro
 * "unix", which gcc predefines, does no harm.
 */
/* clang-format off */
#define SCHEMES(X) \
	X(tcp) X(postgres) X(redis) X(memcached) X(nats) X(mqtt) X(smtp) X(imap) X(ssh) X(http) X(https) \
	X(http_unix) X(elasticsearch) X(opensearch) X(etcd) X(amqp) X(zookeeper) X(ldap) X(cassandra) X(mysql) \
	X(mongodb) X(kafka) X(file) X(pid) X(pidfile) X(exec) X(docker) X(unix)
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

const struct scheme *scheme_of_name(const char *name)
{
	for (size_t i = 0; i < SCHEME_COUNT; i++)
		if (scheme_is_called(schemes[i], name))
			return schemes[i];
	return NULL;
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

/* Returns the scheme's row for the parameter, or NULL. */
static const struct options_row *scheme_row(const struct scheme *scheme, const char *key, size_t len)
{
	for (size_t i = 0; scheme->params && i < scheme->params->count; i++) {
		const struct options_row *row = &scheme->params->rows[i];

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

/* Is it a scheme with TLS, "rediss" or "mqtt+ssl", of a protocol that is only known without? */
static bool scheme_is_with_tls(const char *name)
{
	static const char *const ends[] = {"s", "+ssl", "+tls"};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);
		char *plain = len > end && strcmp(name + len - end, ends[i]) == 0 ? alloc_slice(name, len - end) : NULL;
		bool is_known = plain && scheme_of_name(plain);

		free(plain);
		if (is_known)
			return true;
	}
	return false;
}

int scheme_refuse(const char *name, struct error *err)
{
	const char *names[2 * SCHEME_COUNT + 1] = {0}, *nearest;
	size_t count = 0;

	if (scheme_is_with_tls(name))
		return errors_set(
			err,
			"%s:// would be over TLS, which waitfor-tls speaks for https:// and postgres:// only; "
			"write tcp://host:port to wait for the port",
			name);
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
