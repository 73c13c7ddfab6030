#include "target/links.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/names.h"

/* "my-db.v1" gives MY_DB.V1 (a Docker link keeps dots, FACTS 1) or MY_DB_V1 (a Kubernetes service, FACTS 5). */
static char *links_prefix(const char *host, bool keep_dots)
{
	char *prefix = alloc_text(host);

	for (char *c = prefix; *c; c++)
		*c = *c == '-' || (*c == '.' && !keep_dots) ? '_' : (char)toupper((unsigned char)*c);
	return prefix;
}

static const char *links_get(const struct env *env, const char *prefix, const char *suffix)
{
	char *name = alloc_format("%s%s", prefix, suffix);
	const char *value = env_get(env, name);

	free(name);
	return value;
}

/* Returns the port that text holds; 0 for NULL and for anything but a port. */
static uint16_t links_number(const char *text)
{
	struct error ignored = {0};
	uint16_t port = 0;

	if (text && endpoint_parse_port(text, strlen(text), &port, &ignored))
		return 0;
	return port;
}

/* Is host a numeric address? A variable with a name is of no use: DNS answers for names. */
static bool links_is_address(const char *host)
{
	int family = endpoint_family(host);

	return family == AF_INET || family == AF_INET6;
}

/* Splits "tcp://172.17.0.2:5432" into address and port. For anything else returns false and leaves peer empty. */
static bool links_parse_url(const char *value, struct links_peer *peer)
{
	const char *host, *colon;
	size_t len;

	if (!value || strncmp(value, "tcp://", 6) != 0 || !(colon = strrchr(value, ':')) || colon < value + 6)
		return false;
	host = value + 6;
	len = (size_t)(colon - host);
	/* Docker writes IPv6 addresses without brackets, Kubernetes with them. */
	if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	peer->address = alloc_slice(host, len);
	peer->port = links_number(colon + 1);
	if (!links_is_address(peer->address) || !peer->port)
		links_release(peer);
	return peer->address != NULL;
}

static bool links_ends(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len > end && strcmp(name + len - end, suffix) == 0;
}

/* Is value such as "udp://172.17.0.2:53"? */
static bool links_is_url(const char *value)
{
	static const char *const protocols[] = {"tcp://", "udp://", "sctp://"};
	bool is_url = false;

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]) && !is_url; i++) {
		size_t len = strlen(protocols[i]);
		char *as_tcp = strncmp(value, protocols[i], len) == 0 ? alloc_format("tcp://%s", value + len) : NULL;
		struct links_peer peer = {0};

		is_url = links_parse_url(as_tcp, &peer);
		links_release(&peer);
		free(as_tcp);
	}
	return is_url;
}

bool links_sets(const char *name, const char *value)
{
	if (links_ends(name, "_PORT") && links_is_url(value))
		return true;
	if (links_ends(name, "_SERVICE_HOST") || links_ends(name, "_TCP_ADDR") || links_ends(name, "_UDP_ADDR"))
		return links_is_address(value);
	if (links_ends(name, "_SERVICE_PORT") || links_ends(name, "_TCP_PORT") || links_ends(name, "_UDP_PORT"))
		return links_number(value) != 0;
	return false;
}

/*
 * Returns the value of an entry P_PORT_n_TCP=value and sets *port to n; NULL for another entry. start is "P_PORT_", with
 * which the entry begins.
 */
static const char *links_tcp(const char *entry, const char *start, unsigned long *port)
{
	size_t len = strlen(start);
	char *end;

	if (!isdigit((unsigned char)entry[len]))
		return NULL;
	*port = strtoul(entry + len, &end, 10);
	return strncmp(end, "_TCP=", 5) == 0 && *port && *port <= UINT16_MAX ? end + 5 : NULL;
}

/* Returns the value of the P_PORT_n_TCP with the lowest n, or NULL. For a P_PORT that is not tcp:// (FACTS 3). */
static const char *links_lowest_tcp(const struct env *env, const char *prefix)
{
	char *start = alloc_format("%s_PORT_", prefix);
	const char *entry, *lowest = NULL;
	unsigned long lowest_port = 0;

	for (size_t walk = 0; (entry = env_next(env, start, &walk));) {
		unsigned long port;
		const char *value = links_tcp(entry, start, &port);

		if (value && (!lowest || port < lowest_port)) {
			lowest_port = port;
			lowest = value;
		}
	}
	free(start);
	return lowest;
}

static struct links_peer links_find_docker(const struct env *env, const char *prefix, uint16_t wanted)
{
	struct links_peer peer = {0};
	const char *main_port = links_get(env, prefix, "_PORT");
	char *exact;

	if (wanted) {
		exact = alloc_format("_PORT_%u_TCP", (unsigned)wanted);
		links_parse_url(links_get(env, prefix, exact), &peer);
		free(exact);
		if (peer.address)
			return peer;
	}
	if (!links_parse_url(main_port, &peer)) {
		links_parse_url(links_lowest_tcp(env, prefix), &peer);
		if (links_number(main_port))
			peer.port = links_number(main_port); /* the user's own -e DB_PORT=5432 (FACTS 4) */
	}
	if (wanted && peer.address)
		peer.port = wanted; /* the link does not list this port, but its address still helps */
	return peer;
}

static struct links_peer links_find_service(const struct env *env, const char *prefix, uint16_t wanted)
{
	struct links_peer peer = {0};
	const char *host = links_get(env, prefix, "_SERVICE_HOST");

	if (!host || !links_is_address(host))
		return peer;
	peer.address = alloc_text(host);
	peer.port = wanted ? wanted : links_number(links_get(env, prefix, "_SERVICE_PORT"));
	return peer;
}

struct links_peer links_find(const struct env *env, const char *host, uint16_t wanted)
{
	char *docker = links_prefix(host, true), *service = links_prefix(host, false);
	struct links_peer peer = links_find_service(env, service, wanted);

	if (!peer.address)
		peer = links_find_docker(env, docker, wanted);
	/* A person may have set the variable by hand, with '_' for '.' as a shell requires. */
	if (!peer.address && !peer.port && strcmp(docker, service) != 0)
		peer = links_find_docker(env, service, wanted);
	free(docker);
	free(service);
	return peer;
}

void links_release(struct links_peer *peer)
{
	free(peer->address);
	*peer = (struct links_peer){0};
}

/* Does the link with this prefix expose the port? Not if the user overrides it with -e DB_PORT=5433 (FACTS 4). */
static bool links_exposes(const struct env *env, const char *prefix, uint16_t port)
{
	char *exact = alloc_format("_PORT_%u_TCP", (unsigned)port);
	struct links_peer peer = {0};
	bool exposed = links_parse_url(links_get(env, prefix, exact), &peer);

	free(exact);
	links_release(&peer);
	return exposed && !links_number(links_get(env, prefix, "_PORT"));
}

void links_complete(struct endpoint *endpoint, const struct env *env, uint16_t usual)
{
	char *docker, *service;
	struct links_peer peer;

	/* No variable is named after an address or a path. */
	if (endpoint_family(endpoint->host) != AF_UNSPEC)
		return;
	docker = links_prefix(endpoint->host, true);
	service = links_prefix(endpoint->host, false);
	if (!endpoint->port && usual && (links_exposes(env, docker, usual) || links_exposes(env, service, usual)))
		endpoint->port = usual;
	peer = links_find(env, endpoint->host, endpoint->port);
	if (!endpoint->port)
		endpoint->port = peer.port;
	free(endpoint->fallback);
	endpoint->fallback = peer.address;
	free(docker);
	free(service);
}

const char *links_peer_env(const struct env *env, const char *host, const char *name)
{
	char *prefix = links_prefix(host, true), *suffix = alloc_format("_ENV_%s", name);
	const char *value = links_get(env, prefix, suffix);

	free(suffix);
	free(prefix);
	return value;
}

/* A variable P_PORT_n_TCP. */
struct links_port {
	unsigned long listed; /* n */
	size_t order;         /* of several with the same n the lowest counts, as in env_get */
	uint16_t port;        /* in its value: n, unless somebody changed it; 0: the value is no tcp:// */
};

static int links_compare_ports(const void *a, const void *b)
{
	const struct links_port *one = a, *other = b;

	if (one->listed != other->listed)
		return one->listed < other->listed ? -1 : 1;
	return one->order < other->order ? -1 : 1;
}

/* Returns the variables P_PORT_n_TCP, ordered by n. The caller frees the list. */
static struct links_port *links_list_tcp(const struct env *env, const char *prefix, size_t *count)
{
	char *start = alloc_format("%s_PORT_", prefix);
	struct links_port *list = NULL;
	const char *entry;

	*count = 0;
	for (size_t walk = 0; (entry = env_next(env, start, &walk));) {
		struct links_port port = {.order = *count};
		const char *value = links_tcp(entry, start, &port.listed);
		struct links_peer peer = {0};

		if (!value)
			continue;
		if (links_parse_url(value, &peer))
			port.port = peer.port;
		links_release(&peer);
		list = alloc_resize(list, *count + 1, sizeof(*list));
		list[(*count)++] = port;
	}
	if (*count > 1)
		qsort(list, *count, sizeof(*list), links_compare_ports);
	free(start);
	return list;
}

/* Returns the ports of the variables P_PORT_n_TCP, ordered by n, with 0 at the end. The caller's. */
static uint16_t *links_tcp_ports(const struct env *env, const char *prefix, size_t *count)
{
	size_t listed;
	struct links_port *list = links_list_tcp(env, prefix, &listed);
	uint16_t *ports = alloc_zero(listed + 1, sizeof(*ports));

	*count = 0;
	for (size_t i = 0; i < listed; i++)
		if (list[i].port && (i == 0 || list[i].listed != list[i - 1].listed))
			ports[(*count)++] = list[i].port;
	free(list);
	return ports;
}

/* Is P_PORT the URL of a port that is not TCP? A peer may have TCP ports as well (FACTS 3). */
static bool links_is_udp(const struct env *env, const char *prefix)
{
	const char *value = links_get(env, prefix, "_PORT");

	return value && strncmp(value, "tcp://", 6) != 0 && links_is_url(value);
}

uint16_t *links_ports(const struct env *env, const char *host)
{
	char *prefix = links_prefix(host, true);
	size_t count;
	uint16_t *ports = links_tcp_ports(env, prefix, &count);

	if (!count) {
		free(ports);
		free(prefix);
		prefix = links_prefix(host, false);
		ports = links_tcp_ports(env, prefix, &count);
	}
	/* Where the user set the port, it is the one (FACTS 4). */
	if (links_number(links_get(env, prefix, "_PORT")) || !count || (count == 1 && !links_is_udp(env, prefix))) {
		free(ports);
		ports = NULL;
	}
	free(prefix);
	return ports;
}

/*
 * Returns the host that entry, a "NAME=value" of env, describes: "db" for DB_NAME=/app/db. Returns NULL if entry is not
 * the variable of a peer. The caller frees the host with free().
 */
static char *links_host_of(const struct env *env, const char *entry)
{
	size_t len = strcspn(entry, "=");
	char *name = alloc_slice(entry, len), *host = NULL;
	struct links_peer peer = {0};
	const char *value = entry[len] ? entry + len + 1 : "";

	if (len > 5 && strcmp(name + len - 5, "_NAME") == 0 && value[0] == '/' && strrchr(value, '/')[1]) {
		name[len - 5] = '\0';
		/* The value /app/my-db has the alias as the user wrote it; the prefix MY_DB does not. */
		if (links_parse_url(links_get(env, name, "_PORT"), &peer) ||
		    links_parse_url(links_lowest_tcp(env, name), &peer))
			host = alloc_text(strrchr(value, '/') + 1);
	} else if (len > 13 && strcmp(name + len - 13, "_SERVICE_HOST") == 0) {
		name[len - 13] = '\0';
		if (strcmp(name, "KUBERNETES") != 0 && links_is_address(value) &&
		    links_number(links_get(env, name, "_SERVICE_PORT")) &&
		    (!links_is_udp(env, name) || links_lowest_tcp(env, name)))
			host = alloc_text(name);
		/* '_' stands for '-': the name of a service has neither '.' nor '_' (FACTS 5). */
		for (char *c = host; c && *c; c++)
			*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
	}
	links_release(&peer);
	free(name);
	return host;
}

/* Returns c as it is in the name of a variable. */
static int links_char(char c)
{
	return c == '-' || c == '.' ? '_' : toupper((unsigned char)c);
}

bool links_lists(const char *names, const char *host)
{
	while (names && *names) {
		size_t len, i = 0;

		names += strspn(names, "-,");
		len = strcspn(names, ",");
		while (i < len && host[i] && links_char(names[i]) == links_char(host[i]))
			i++;
		if (len && i == len && !host[i])
			return true;
		names += len;
	}
	return false;
}

/* Frees every host that the list has before, in upper or lower case. Returns how many are left. */
static size_t links_drop_repeated(char **list, size_t count)
{
	struct names names = {.any_case = true};
	bool *repeated = alloc_zero(count, sizeof(*repeated));
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		names_add(&names, list[i], strlen(list[i]), i);
	names_sort(&names);
	for (size_t i = 0; i < count; i++)
		repeated[i] = names_find(&names, list[i], strlen(list[i])) != i;
	names_release(&names);
	for (size_t i = 0; i < count; i++)
		if (repeated[i])
			free(list[i]);
		else
			list[kept++] = list[i];
	free(repeated);
	return kept;
}

char **links_discover(const struct env *env)
{
	char **list = alloc_zero(env->count + 1, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; i < env->count; i++) {
		char *host = links_host_of(env, env->list[i]);

		if (host)
			list[count++] = host;
	}
	count = links_drop_repeated(list, count);
	list[count] = NULL;
	return list;
}
