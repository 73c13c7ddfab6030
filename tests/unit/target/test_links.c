#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "target/links.h"

enum { ENTRIES = 10 };

struct find_row {
	const char *name;
	const char *found[ENTRIES];
	const char *host;
	uint16_t wanted;
	const char *address;
	uint16_t port;
};

static void check_find(const struct find_row *row)
{
	struct links_peer peer;
	struct env env;

	env_copy(&env, (char *const *)row->found);
	peer = links_find(&env, row->host, row->wanted);
	check_text(row->name, peer.address, row->address);
	check_int(row->name, peer.port, row->port);
	links_release(&peer);
	check(row->name, !peer.address && !peer.port);
	env_release(&env);
}

/* FACTS 1 to 4. */
static void test_docker_links(void **state)
{
	static const struct find_row rows[] = {
		{"a link", {"DB_PORT=tcp://172.17.0.2:5432"}, "db", 0, "172.17.0.2", 5432},
		{"the port that is wanted", {"DB_PORT=tcp://172.17.0.2:5432"}, "db", 5432, "172.17.0.2", 5432},
		{"another exposed port",
		 {"DB_PORT=tcp://172.17.0.2:80", "DB_PORT_8080_TCP=tcp://172.17.0.2:8080"},
		 "db",
		 8080,
		 "172.17.0.2",
		 8080},
		{"the exposed port itself knows best",
		 {"DB_PORT=tcp://172.17.0.2:80", "DB_PORT_8080_TCP=tcp://172.17.0.3:8080"},
		 "db",
		 8080,
		 "172.17.0.3",
		 8080},
		{"a port that is not exposed", {"DB_PORT=tcp://172.17.0.2:80"}, "db", 8080, "172.17.0.2", 8080},
		{"'-' becomes '_'", {"MY_DB_PORT=tcp://172.17.0.2:80"}, "my-db", 0, "172.17.0.2", 80},
		{"dots stay", {"MY_DB.V1_PORT=tcp://172.17.0.2:80"}, "my-db.v1", 0, "172.17.0.2", 80},
		{"dots stay, wanted", {"MY_DB.V1_PORT_80_TCP=tcp://172.17.0.2:80"}, "my-db.v1", 80, "172.17.0.2", 80},
		{"upper case", {"DB_PORT=tcp://172.17.0.2:80"}, "Db", 0, "172.17.0.2", 80},
		{"IPv6 without brackets", {"DB_PORT=tcp://fd00::2:5432"}, "db", 0, "fd00::2", 5432},
		{"IPv6 with brackets", {"DB_PORT=tcp://[fd00::2]:5432"}, "db", 0, "fd00::2", 5432},
		/* FACTS 3: P_PORT may be udp. */
		{"udp first, the lowest tcp",
		 {"DB_PORT=udp://172.17.0.2:53", "DB_PORT_10000_TCP=tcp://172.17.0.2:10000",
		  "DB_PORT_5432_TCP=tcp://172.17.0.2:5432", "DB_PORT_9000_TCP=tcp://172.17.0.2:9000",
		  "DB_PORT_53_UDP=udp://172.17.0.2:53"},
		 "db",
		 0,
		 "172.17.0.2",
		 5432},
		{"a part of a port's variables before the port itself",
		 {"DB_PORT=udp://172.17.0.2:53", "DB_PORT_80_TCP_ADDR=172.17.0.2",
		  "DB_PORT_80_TCP=tcp://172.17.0.2:80"},
		 "db",
		 0,
		 "172.17.0.2",
		 80},
		{"udp only", {"DB_PORT=udp://172.17.0.2:53", "DB_PORT_53_UDP=udp://172.17.0.2:53"}, "db", 0, NULL, 0},
		{"parts of a port's variables are none",
		 {"DB_PORT=udp://172.17.0.2:53", "DB_PORT_80_TCP_ADDR=172.17.0.2", "DB_PORT_80_TCP_PORT=80",
		  "DB_PORT_80_TCP_START=tcp://172.17.0.2:80"},
		 "db",
		 0,
		 NULL,
		 0},
		/* FACTS 4: a user's own variable. */
		{"a number", {"DB_PORT=5432"}, "db", 0, NULL, 5432},
		{"a number, and another wanted", {"DB_PORT=5432"}, "db", 80, NULL, 5432},
		{"the user's number overrides the link's port",
		 {"DB_PORT=5433", "DB_PORT_5432_TCP=tcp://172.17.0.2:5432"},
		 "db",
		 0,
		 "172.17.0.2",
		 5433},
		{"nothing", {"OTHER_PORT=tcp://172.17.0.2:80"}, "db", 0, NULL, 0},
		{"another's prefix",
		 {"DB2_PORT=tcp://172.17.0.2:80", "MY_DB_PORT=tcp://172.17.0.2:80"},
		 "db",
		 0,
		 NULL,
		 0},
		{"a name", {"DB_PORT=tcp://db:5432"}, "db", 0, NULL, 0},
		{"port 0", {"DB_PORT=tcp://172.17.0.2:0"}, "db", 0, NULL, 0},
		{"port 65536", {"DB_PORT=tcp://172.17.0.2:65536"}, "db", 0, NULL, 0},
		{"no port", {"DB_PORT=tcp://172.17.0.2"}, "db", 0, NULL, 0},
		{"cut", {"DB_PORT=tcp://"}, "db", 0, NULL, 0},
		{"empty", {"DB_PORT="}, "db", 0, NULL, 0},
		{"not a number", {"DB_PORT=54x2"}, "db", 0, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_find(&rows[i]);
}

struct complete_row {
	const char *name;
	const char *found[ENTRIES];
	uint16_t given, usual;
	const char *fallback;
	uint16_t port;
};

/* The scheme's default port is preferred to the first port that a link exposes, which may be ssh's. */
static void test_complete(void **state)
{
	static const struct complete_row rows[] = {
		{"the usual port among others",
		 {"DB_PORT=tcp://172.17.0.2:22", "DB_PORT_22_TCP=tcp://172.17.0.2:22",
		  "DB_PORT_5432_TCP=tcp://172.17.0.3:5432"},
		 0,
		 5432,
		 "172.17.0.3",
		 5432},
		{"no usual port",
		 {"DB_PORT=tcp://172.17.0.2:22", "DB_PORT_5432_TCP=tcp://172.17.0.2:5432"},
		 0,
		 0,
		 "172.17.0.2",
		 22},
		{"the usual port is not exposed", {"DB_PORT=tcp://172.17.0.2:5433"}, 0, 5432, "172.17.0.2", 5433},
		{"a port that the target says",
		 {"DB_PORT=tcp://172.17.0.2:22", "DB_PORT_5432_TCP=tcp://172.17.0.2:5432"},
		 22,
		 5432,
		 "172.17.0.2",
		 22},
		{"the user's number overrides the link's port (FACTS 4)",
		 {"DB_PORT=5433", "DB_PORT_5432_TCP=tcp://172.17.0.2:5432"},
		 0,
		 5432,
		 "172.17.0.2",
		 5433},
		{"a service's",
		 {"DB_SERVICE_HOST=10.0.0.5", "DB_SERVICE_PORT=22", "DB_PORT=tcp://10.0.0.5:22",
		  "DB_PORT_5432_TCP=tcp://10.0.0.5:5432"},
		 0,
		 5432,
		 "10.0.0.5",
		 5432},
		{"no address",
		 {"DB_PORT=tcp://172.17.0.2:22", "DB_PORT_5432_TCP=tcp://db:5432"},
		 0,
		 5432,
		 "172.17.0.2",
		 22},
		{"nothing", {NULL}, 0, 5432, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct endpoint endpoint = {.host = alloc_text("db"), .port = rows[i].given};
		struct env env;

		env_copy(&env, (char *const *)rows[i].found);
		for (int twice = 0; twice < 2; twice++)
			links_complete(&endpoint, &env, rows[i].usual);
		check_text(rows[i].name, endpoint.fallback, rows[i].fallback);
		check_int(rows[i].name, endpoint.port, rows[i].port);
		endpoint_release(&endpoint);
		env_release(&env);
	}
}

/* FACTS 5. */
static void test_kubernetes_services(void **state)
{
	static const struct find_row rows[] = {
		{"a service", {"DB_SERVICE_HOST=10.0.0.5", "DB_SERVICE_PORT=5432"}, "db", 0, "10.0.0.5", 5432},
		{"a port that is wanted",
		 {"DB_SERVICE_HOST=10.0.0.5", "DB_SERVICE_PORT=5432"},
		 "db",
		 80,
		 "10.0.0.5",
		 80},
		{"'-' and '.' become '_'",
		 {"MY_DB_V1_SERVICE_HOST=10.0.0.5", "MY_DB_V1_SERVICE_PORT=80"},
		 "my-db.v1",
		 0,
		 "10.0.0.5",
		 80},
		{"its link-style variables are the same",
		 {"DB_SERVICE_HOST=10.0.0.5", "DB_SERVICE_PORT=5432", "DB_PORT=tcp://10.0.0.5:5432"},
		 "db",
		 0,
		 "10.0.0.5",
		 5432},
		{"link-style alone, dots replaced", {"MY_DB_V1_PORT=tcp://10.0.0.5:80"}, "my-db.v1", 0, "10.0.0.5", 80},
		{"IPv6", {"DB_SERVICE_HOST=fd00::5", "DB_SERVICE_PORT=80"}, "db", 0, "fd00::5", 80},
		{"no port", {"DB_SERVICE_HOST=10.0.0.5"}, "db", 0, "10.0.0.5", 0},
		{"a port that is none", {"DB_SERVICE_HOST=10.0.0.5", "DB_SERVICE_PORT=x"}, "db", 0, "10.0.0.5", 0},
		{"no host", {"DB_SERVICE_PORT=5432"}, "db", 0, NULL, 0},
		{"a name as host", {"DB_SERVICE_HOST=db.local", "DB_SERVICE_PORT=80"}, "db", 0, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_find(&rows[i]);
}

struct speaker_env_row {
	const char *host, *name, *value;
};

/* FACTS 2: values may hold '=' and newlines. */
static void test_peer_env(void **state)
{
	static const char *const found[] = {"DB_ENV_POSTGRES_USER=me", "DB_ENV_POSTGRES_PASSWORD=a=b\nc",
					    "MY_DB.V1_ENV_X=dotted", "DB_POSTGRES_DB=not a copy", NULL};
	static const struct speaker_env_row rows[] = {
		{"db", "POSTGRES_USER", "me"}, {"Db", "POSTGRES_USER", "me"}, {"db", "POSTGRES_PASSWORD", "a=b\nc"},
		{"my-db.v1", "X", "dotted"},   {"db", "POSTGRES_DB", NULL},   {"other", "POSTGRES_USER", NULL},
	};
	struct env env;

	(void)state;
	env_copy(&env, (char *const *)found);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_text(rows[i].name, links_peer_env(&env, rows[i].host, rows[i].name), rows[i].value);
	env_release(&env);
}

struct sets_row {
	const char *name, *value;
	bool sets;
};

/* FIELD 8: a value that neither a link nor a service can have is the user's. */
static void test_sets(void **state)
{
	static const struct sets_row rows[] = {
		{"DB_PORT", "tcp://172.17.0.2:5432", true},
		{"DB_PORT", "udp://172.17.0.2:53", true},
		{"DB_PORT", "sctp://10.0.0.2:53", true},
		{"DB_PORT", "tcp://[fd00::2]:5432", true},
		{"DB_PORT", "tcp://fd00::2:5432", true},
		{"DB_PORT", "5432", false},
		{"DB_PORT", "tcp://db:5432", false},
		{"DB_PORT", "http://10.0.0.2:80", false},
		{"DB_PORT", "tcp://10.0.0.2", false},
		{"DOCKER_HOST", "tcp://10.0.0.2:2375", false},
		{"DB_HOST", "10.0.0.2", false},
		{"DB_ADDR", "10.0.0.2", false},
		{"DB_SERVICE_HOST", "10.0.0.5", true},
		{"DB_SERVICE_HOST", "db.example.com", false},
		{"DB_SERVICE_PORT", "5432", true},
		{"DB_SERVICE_PORT", "http", false},
		{"DB_PORT_5432_TCP_ADDR", "10.0.0.5", true},
		{"DB_PORT_5432_TCP_PORT", "5432", true},
		{"PORT", "tcp://10.0.0.2:80", false},
		{"_PORT", "tcp://10.0.0.2:80", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].value, links_sets(rows[i].name, rows[i].value), rows[i].sets);
}

struct discover_row {
	const char *name;
	const char *found[ENTRIES];
	const char *hosts; /* joined by blanks */
};

static char *discover(const char *const *found)
{
	struct buf out = {0};
	struct env env;
	char **hosts;

	env_copy(&env, (char *const *)found);
	hosts = links_discover(&env);
	for (size_t i = 0; hosts[i]; i++) {
		buf_add_text(&out, i ? " " : "");
		buf_add_text(&out, hosts[i]);
		free(hosts[i]);
	}
	free(hosts);
	env_release(&env);
	return buf_detach(&out);
}

struct ports_row {
	const char *name, *host, *found[ENTRIES], *ports; /* joined by blanks; NULL: none */
};

/* FIELD 20: only the first exposed port was tried. */
static void test_ports(void **state)
{
	static const struct ports_row rows[] = {
		{"one", "db", {"DB_PORT=tcp://10.0.0.2:1", "DB_PORT_1_TCP=tcp://10.0.0.2:1"}, NULL},
		{"two",
		 "db",
		 {"DB_PORT_80_TCP=tcp://10.0.0.2:80", "DB_PORT=tcp://10.0.0.2:9", "DB_PORT_9_TCP=tcp://10.0.0.2:9"},
		 "9 80"},
		{"UDP first",
		 "db",
		 {"DB_PORT=udp://10.0.0.2:53", "DB_PORT_53_UDP=udp://10.0.0.2:53", "DB_PORT_80_TCP=tcp://10.0.0.2:80"},
		 "80"},
		{"the user set the port",
		 "db",
		 {"DB_PORT=8080", "DB_PORT_1_TCP=tcp://10.0.0.2:1", "DB_PORT_2_TCP=tcp://10.0.0.2:2"},
		 NULL},
		{"dots of a link",
		 "a.b",
		 {"A.B_PORT_1_TCP=tcp://10.0.0.2:1", "A.B_PORT_2_TCP=tcp://10.0.0.2:2"},
		 "1 2"},
		{"a service", "a-b", {"A_B_PORT_1_TCP=tcp://10.0.0.2:1", "A_B_PORT_2_TCP=tcp://10.0.0.2:2"}, "1 2"},
		{"parts and wrong ones",
		 "db",
		 {"DB_PORT_1_TCP=tcp://10.0.0.2:1", "DB_PORT_2_TCP=tcp://db:2", "DB_PORT_3_TCP_PORT=3",
		  "DB_PORT_99999_TCP=tcp://10.0.0.2:99999", "DB_PORT_4_TCP=tcp://10.0.0.2:4"},
		 "1 4"},
		{"a number and another port in the value",
		 "db",
		 {"DB_PORT_80_TCP=tcp://10.0.0.2:22", "DB_PORT_22_TCP=tcp://10.0.0.2:22"},
		 "22 22"},
		{"a variable that is there twice: the first counts",
		 "db",
		 {"DB_PORT_1_TCP=tcp://10.0.0.2:1", "DB_PORT_2_TCP=", "DB_PORT_2_TCP=tcp://10.0.0.2:2",
		  "DB_PORT_4_TCP=tcp://10.0.0.2:4", "DB_PORT_4_TCP=tcp://10.0.0.2:5"},
		 "1 4"},
		{"a leading 0", "db", {"DB_PORT_010_TCP=tcp://10.0.0.2:10", "DB_PORT_9_TCP=tcp://10.0.0.2:9"}, "9 10"},
		{"none", "db", {NULL}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct env env;
		uint16_t *ports;
		struct buf joined = {0};

		env_copy(&env, (char *const *)rows[i].found);
		ports = links_ports(&env, rows[i].host);
		for (size_t j = 0; ports && ports[j]; j++) {
			char *one = alloc_format(j ? " %u" : "%u", (unsigned)ports[j]);

			buf_add_text(&joined, one);
			free(one);
		}
		check_text(rows[i].name, joined.data, rows[i].ports);
		buf_release(&joined);
		free(ports);
		env_release(&env);
	}
}

struct lists_row {
	const char *names, *host;
	bool lists;
};

static void test_lists(void **state)
{
	static const struct lists_row rows[] = {
		{"-web", "web", true},       {"-web,api", "api", true},   {"-web,-api", "api", true},
		{"-MY_WEB", "my-web", true}, {"-my.web", "My-Web", true}, {"-web", "we", false},
		{"-we", "web", false},       {"-web", "", false},         {NULL, "web", false},
		{"-,,", "web", false},       {"-a,b,c", "d", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].names, links_lists(rows[i].names, rows[i].host), rows[i].lists);
}

static void test_discover(void **state)
{
	static const struct discover_row rows[] = {
		{"none", {"PATH=/bin", "HOME=/"}, ""},
		{"a link", {"DB_PORT=tcp://172.17.0.2:5432", "DB_NAME=/app/db"}, "db"},
		{"the alias as written", {"MY_DB_NAME=/app/My-db", "MY_DB_PORT=tcp://172.17.0.2:80"}, "My-db"},
		{"dots", {"MY_DB.V1_NAME=/app/my_db.v1", "MY_DB.V1_PORT=tcp://172.17.0.2:80"}, "my_db.v1"},
		/* FACTS 4: without a leading '/' it is not a link. */
		{"an app's own DB_NAME", {"DB_NAME=app", "DB_PORT=5432"}, ""},
		{"a path of an app beside a port", {"DB_NAME=app/db", "DB_PORT=tcp://172.17.0.2:5432"}, ""},
		{"a path without a port", {"APP_NAME=/usr/bin/app"}, ""},
		{"a name that ends in '/'", {"DB_NAME=/app/", "DB_PORT=tcp://172.17.0.2:80"}, ""},
		{"a service", {"DB_SERVICE_HOST=10.0.0.5", "DB_SERVICE_PORT=5432"}, "db"},
		{"a service's '_' was '-'", {"MY_DB_SERVICE_HOST=10.0.0.5", "MY_DB_SERVICE_PORT=80"}, "my-db"},
		{"not the API server", {"KUBERNETES_SERVICE_HOST=10.0.0.1", "KUBERNETES_SERVICE_PORT=443"}, ""},
		{"in order, each once",
		 {"B_SERVICE_HOST=10.0.0.2", "A_NAME=/app/a", "A_PORT=tcp://172.17.0.2:80", "C_SERVICE_HOST=10.0.0.3",
		  "B_SERVICE_PORT=1", "C_SERVICE_PORT=1", "B_NAME=/app/B", "B_PORT=tcp://10.0.0.2:80"},
		 "b a c"},
		/* Peers without a TCP port, and variables that only look like those of a peer. */
		{"a UDP port alone",
		 {"DNS_NAME=/app/dns", "DNS_PORT=udp://172.17.0.2:53", "DNS_PORT_53_UDP=udp://172.17.0.2:53"},
		 ""},
		/* FIELD 20: a UDP service is not to be asked by TCP. */
		{"a UDP service",
		 {"DNS_SERVICE_HOST=10.0.0.5", "DNS_SERVICE_PORT=53", "DNS_PORT=udp://10.0.0.5:53",
		  "DNS_PORT_53_UDP=udp://10.0.0.5:53"},
		 ""},
		{"a service with UDP and TCP",
		 {"DNS_SERVICE_HOST=10.0.0.5", "DNS_SERVICE_PORT=53", "DNS_PORT=udp://10.0.0.5:53",
		  "DNS_PORT_53_TCP=tcp://10.0.0.5:53"},
		 "dns"},
		{"a service by name", {"AUTH_SERVICE_HOST=auth.example.com", "AUTH_SERVICE_PORT=80"}, ""},
		{"a service without a port", {"AUTH_SERVICE_HOST=10.0.0.5"}, ""},
		{"an app's path and port", {"APP_NAME=/srv/app", "APP_PORT=8080"}, ""},
		{"a path with a blank", {"APP_NAME=/srv/my app", "APP_PORT=8080"}, ""},
		{"a link whose port the user set",
		 {"DB_NAME=/app/db", "DB_PORT=5433", "DB_PORT_5432_TCP=tcp://172.17.0.2:5432"},
		 "db"},
		{"names that are too short",
		 {"_NAME=/a/b", "_PORT=1", "_SERVICE_HOST=10.0.0.1", "NAME=/a/b", "PORT=1"},
		 ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *hosts = discover(rows[i].found);

		check_text(rows[i].name, hosts, rows[i].hosts);
		free(hosts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docker_links),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_kubernetes_services),
		cmocka_unit_test(test_peer_env),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_discover),
	};

	return unit_main(tests);
}
