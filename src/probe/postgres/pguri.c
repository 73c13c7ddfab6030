#include "probe/postgres/pguri.h"

#include <libpq-fe.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/mask.h"
#include "net/address.h"
#include "probe/postgres/pgdialect.h"
#include "probe/postgres/pgparams.h"
#include "target/scheme.h"

/*
 * Takes the next item off a comma-separated list. Returns it, the caller's: "" at the end of the list; NULL for a list
 * that is NULL.
 */
static char *pguri_next(const char **list)
{
	size_t len = *list ? strcspn(*list, ",") : 0;
	char *item = *list ? alloc_slice(*list, len) : NULL;

	if (*list)
		*list += len + ((*list)[len] == ',');
	return item;
}

static size_t pguri_count(const char *list)
{
	size_t count = list && *list ? 1 : 0;

	for (const char *c = list; count && *c; c++)
		count += *c == ',';
	return count;
}

/* Returns the length of the path of the server's socket, if the endpoint's host is a directory. */
static size_t pguri_socket_length(const struct endpoint *endpoint)
{
	unsigned port = endpoint->port ? endpoint->port : PGURI_PORT;

	return (size_t)snprintf(NULL, 0, "%s/.s.PGSQL.%u", endpoint->host, port);
}

/*
 * Fills one endpoint, which owns host and address from now on. address and port may be NULL or empty. Returns -1 with
 * err if one of them is wrong.
 */
static int pguri_take_endpoint(struct endpoint *endpoint, char *host, char *address, const char *port,
			       struct error *err)
{
	if (address && !*address) {
		free(address);
		address = NULL;
	}
	endpoint->host = host;
	endpoint->address = address;
	if (port && *port && endpoint_parse_port(port, strlen(port), &endpoint->port, err))
		return -1;
	if (host[0] == '/' && pguri_socket_length(endpoint) > ADDRESS_PATH_MAX)
		return errors_set(err,
				  "the socket in %s would have a path above %d bytes, which no socket can have; name a "
				  "folder with a shorter path",
				  host, ADDRESS_PATH_MAX);
	if (address && endpoint_family(address) != AF_INET && endpoint_family(address) != AF_INET6)
		return errors_set(err, "hostaddr \"%s\" is not a numeric address", address);
	return endpoint_check_host(host, err);
}

/* Makes the endpoints of target from host, hostaddr and port of the URI, which are comma-separated lists or NULL. */
static int pguri_take_hosts(struct target *target, const char *hosts, const char *addresses, const char *ports,
			    struct error *err)
{
	const char *list = hosts && *hosts ? hosts : addresses;
	size_t count = pguri_count(list), address_count = pguri_count(addresses), port_count = pguri_count(ports);

	if (!count)
		return 0; /* probe_bind says that it is missing */
	/* As in libpq: there are no addresses or one for each host, and no ports, one for all hosts or one for each. */
	if (address_count && address_count != count)
		return errors_set(err, "%zu host names and %zu hostaddr values; write one for each", count,
				  address_count);
	if (port_count > 1 && port_count != count)
		return errors_set(err, "%zu hosts and %zu ports; write one port for each, or one for all", count,
				  port_count);
	for (size_t i = 0; i < target->endpoint_count; i++)
		endpoint_release(&target->endpoints[i]);
	target->endpoints = alloc_resize(target->endpoints, count, sizeof(struct endpoint));
	memset(target->endpoints, 0, count * sizeof(struct endpoint));
	target->endpoint_count = count;
	for (size_t i = 0; i < count; i++) {
		const char *port_for_all = ports;
		char *port = pguri_next(port_count > 1 ? &ports : &port_for_all);
		char *host = pguri_next(&list), *address = pguri_next(&addresses);
		int failed = pguri_take_endpoint(&target->endpoints[i], host, address, port, err);

		free(port);
		if (failed)
			return -1;
	}
	return 0;
}

/*
 * Sets err for a URI that libpq refuses. libpq's message may quote a piece of a password. So the masked URI is parsed,
 * and the message is used only if libpq refuses that one, too, and quotes nothing masked.
 */
static int pguri_refuse_uri(const char *uri, struct error *err)
{
	char *masked = mask_target(uri, scheme_parameter), *message = NULL;
	PQconninfoOption *options = PQconninfoParse(masked, &message);

	if (message && !strstr(message, "***"))
		errors_set(err, "%.*s; write postgres://user:password@host:port/db?parameter=value",
			   (int)strcspn(message, "\n"), message);
	else
		errors_set(err,
			   "a user, password or value is not valid in a URI; write '%%' in it as %%25, '@' as %%40, "
			   "'/' as %%2F, '=' as %%3D, '&' as %%26, and parameters as parameter=value");
	PQfreemem(message);
	PQconninfoFree(options);
	free(masked);
	return -1;
}

/* libpq reads numbers only when it connects, so a wrong one would fail in every attempt. It stores them in an int. */
static int pguri_check_number(const char *key, const char *value, struct error *err)
{
	const char *digits = value + strspn(value, "0");
	size_t len = strspn(digits, "0123456789");
	bool shown = scheme_shows(key);

	if (!*value || digits[len])
		return errors_set(err, "%s%s%s is not a number; write %s=10", key, shown ? "=" : "", shown ? value : "",
				  key);
	/* strtoull cannot overflow with ten digits. */
	if (len > 10 || strtoull(value, NULL, 10) > INT_MAX)
		return errors_set(err, "%s is too large; write a number that is at most %d", key, INT_MAX);
	return 0;
}

static int pguri_check_parameter(const char *key, const char *value, struct error *err)
{
	static const char *const numbers[] = {"connect_timeout",     "keepalives",       "keepalives_idle",
					      "keepalives_interval", "keepalives_count", "tcp_user_timeout"};

	if (strcmp(key, "service") == 0)
		return errors_set(err, "service= would hide where to connect; write postgres://host:port/db");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(key, numbers[i]) == 0)
			return pguri_check_number(key, value, err);
	return 0;
}

/* Parameters that are not secret, and that are useful in a log. */
static bool pguri_is_harmless(const char *key, size_t len)
{
	static const char *const harmless[] = {
		"application_name",
		"channel_binding",
		"connect_timeout",
		"dbname",
		"gssencmode",
		"host",
		"hostaddr",
		"keepalives_idle",
		"keepalives_interval",
		"load_balance_hosts",
		"passfile",
		"port",
		"require_auth",
		"sslcert",
		"sslkey",
		"sslmode",
		"sslnegotiation",
		"sslrootcert",
		"target_session_attrs",
		"user",
	};

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strlen(harmless[i]) == len && strncmp(harmless[i], key, len) == 0)
			return true;
	return false;
}

enum mask_parameter pguri_parameter(const char *key, size_t len)
{
	PQconninfoOption *options;
	enum mask_parameter known = pgdialect_parameter(key, len);

	if (known != MASK_UNKNOWN)
		return known;
	options = PQconninfoParse("", NULL);
	for (const PQconninfoOption *option = options; option && option->keyword; option++)
		if (strlen(option->keyword) == len && strncmp(option->keyword, key, len) == 0)
			known = pguri_is_harmless(key, len) ? MASK_SHOWN : MASK_SECRET;
	PQconninfoFree(options);
	return known;
}

/* Reads a URI that libpq can read. */
static int pguri_take_uri(struct target *target, const char *uri,
			  void (*on_parameter)(void *arg, const char *key, const char *value), void *arg,
			  struct error *err)
{
	const char *hosts = NULL, *addresses = NULL, *ports = NULL;
	PQconninfoOption *options = PQconninfoParse(uri, NULL);
	int failed = 0;

	if (!options)
		return pguri_refuse_uri(uri, err);
	for (const PQconninfoOption *option = options; option->keyword && !failed; option++) {
		if (!option->val)
			continue;
		failed = pguri_check_parameter(option->keyword, option->val, err);
		if (strcmp(option->keyword, "host") == 0)
			hosts = option->val;
		else if (strcmp(option->keyword, "hostaddr") == 0)
			addresses = option->val;
		else if (strcmp(option->keyword, "port") == 0)
			ports = option->val;
		else
			on_parameter(arg, option->keyword, option->val);
	}
	if (!failed)
		failed = pguri_take_hosts(target, hosts, addresses, ports, err);
	PQconninfoFree(options);
	return failed;
}

int pguri_take(struct target *target, void (*on_parameter)(void *arg, const char *key, const char *value), void *arg,
	       char **ignored, struct error *err)
{
	struct pgdialect dialect = {0};
	const struct params_spec spec = {.tables = {&pgparams_table}, .size = sizeof(struct pgparams)};
	int failed = pgdialect_read(&dialect, target->url, err);

	if (!failed)
		failed = params_load(&target->params, &spec, NULL, dialect.own, err);
	if (!failed)
		failed = pguri_take_uri(target, dialect.uri, on_parameter, arg, err);
	*ignored = failed ? NULL : alloc_text(dialect.ignored);
	pgdialect_release(&dialect);
	return failed;
}
