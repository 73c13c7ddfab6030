#include "unit.h"

#include <string.h>

#include "attempt/probe.h"
#include "target/scheme.h"

/* Contract 5: the mandatory slots of every row; names are unique, and so are the ports that they claim. */
static void test_the_registry(void **state)
{
	const struct scheme *scheme, *other;
	size_t count = 0;

	(void)state;
	for (; (scheme = scheme_at(count)); count++) {
		check("name", scheme->name && scheme->name[0]);
		check(scheme->name,
		      strspn(scheme->name, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == strlen(scheme->name));
		check(scheme->name, scheme->summary && scheme->summary[0] && !strchr(scheme->summary, '\n'));
		check(scheme->name, scheme->default_port || !scheme->claims_port);
		check(scheme->name, scheme->protocol->start && scheme->protocol->stop);
		check(scheme->name, scheme->protocol->state_size > 0);
		check(scheme->name, !scheme->protocol->unbind || scheme->protocol->bind);
		/* The example is a target of the same scheme. */
		check(scheme->name,
		      scheme->example && strncmp(scheme->example, scheme->name, strlen(scheme->name)) == 0);
		check(scheme->name, strncmp(scheme->example + strlen(scheme->name), "://", 3) == 0);
		for (size_t i = 0; i < count; i++) {
			other = scheme_at(i);
			check(scheme->name, strcmp(scheme->name, other->name) != 0);
			check(scheme->name, !other->alias || strcmp(scheme->name, other->alias) != 0);
			check(scheme->name, !scheme->alias || strcmp(scheme->alias, other->name) != 0);
			check(scheme->name,
			      !scheme->alias || !other->alias || strcmp(scheme->alias, other->alias) != 0);
			check(scheme->name, !scheme->claims_port || !other->claims_port ||
						    scheme->default_port != other->default_port);
		}
	}
	check("not empty", count > 0);
	check("NULL past the end", !scheme_at(count) && !scheme_at(count + 1) && !scheme_at(SIZE_MAX));
	/* A port that no scheme claims goes to the first row, so that row claims none. */
	check_text("the first row", scheme_at(0)->name, "tcp");
	check("the first row", !scheme_at(0)->claims_port);
}

/* "A bare host:5432 is probed as PostgreSQL", names and aliases in lower case. */
static void test_find(void **state)
{
	(void)state;
	check_text("by name", scheme_of_name("postgres")->name, "postgres");
	check_text("by alias", scheme_of_name("postgresql")->name, "postgres");
	check("as target_parse writes it",
	      !scheme_of_name("Postgres") && !scheme_of_name("post") && !scheme_of_name(""));
	check_text("claimed", scheme_of_port(5432)->name, "postgres");
	check_text("of nobody", scheme_of_port(80)->name, "tcp");
	check_text("none", scheme_of_port(0)->name, "tcp");
}

/* FIELD 9: what the libraries of applications write before and behind a scheme. */
static void test_dialects(void **state)
{
	static const struct {
		const char *written, *name; /* name: what is left of a scheme's name */
	} drivers[] = {
		{"postgresql+psycopg2", "postgresql"},
		{"postgres+asyncpg", "postgres"},
		{"postgis+x+y", "postgis"},
		{"redis+asyncio", "redis"},
		{"redis+sentinel", "redis+sentinel"},
		{"redis+unix", "redis+unix"},
		{"tcp+x", "tcp+x"},
		{"unix+x", "unix+x"},
		{"mysql+pymysql", "mysql"},
		{"mariadb+asyncmy", "mariadb"},
		{"oracle+oracledb", "oracle+oracledb"},
		{"postgres", "postgres"},
	};
	static const struct {
		const char *text;
		size_t len;
	} wrappers[] = {
		{"jdbc:postgresql://db", 5},
		{"JDBC:p6spy:postgresql://db", 11},
		{"r2dbc:pool:redis://db", 11},
		{"postgresql://db", 0},
		{"jdbc:postgresql:db", 0},
		{"jdbc", 0},
		{"db:jdbc://x", 0},
		{"jdbc://db", 0},
		{"jdbc:", 0},
		{"jdbc:a,b:tcp://db", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(drivers); i++) {
		char name[32];

		snprintf(name, sizeof(name), "%s", drivers[i].written);
		scheme_cut_driver(name);
		check_text(drivers[i].written, name, drivers[i].name);
	}
	for (size_t i = 0; i < COUNT(wrappers); i++)
		check_int(wrappers[i].text, (int)scheme_wrapper_length(wrappers[i].text), (int)wrappers[i].len);
	check_text("another name", scheme_of_name("postgis")->name, "postgres");
	check_text("another name", scheme_of_name("valkey")->name, "redis");
	check("several hosts", scheme_lists_hosts("ECTO", 4) && scheme_lists_hosts("postgresql+psycopg2:", 19));
	check("of applications", scheme_shows("retryWrites") && scheme_shows("authsource"));
	check("secrets of theirs", !scheme_shows("proxyPassword") && !scheme_shows("w"));
	check("line ends", scheme_takes_lines("send") && scheme_takes_lines("expect"));
	check("no line ends",
	      !scheme_takes_lines("role") && !scheme_takes_lines("sen") && !scheme_takes_lines("sslmode"));
	check("one host", !scheme_lists_hosts("redis", 5) && !scheme_lists_hosts("nosuch", 6));
}

/* Names of schemes in TLS: the usual one, with a word behind it, or with an 's' where the scheme's own name has one. */
static void test_tls(void **state)
{
	static const struct {
		const char *name, *scheme; /* NULL: it is unknown */
		bool has_tls;
	} rows[] = {
		{"redis", "redis", false},  {"rediss", "redis", true},     {"redis+tls", "redis", true},
		{"valkeys", "redis", true}, {"valkey+ssl", "redis", true}, {"https", "https", true},
		{"http", "http", false},    {"http+ssl", "http", true},    {"http+unix", "http+unix", false},
		{"amqps", "amqp", true},    {"tls", "tcp", true},          {"tcps", NULL, false},
		{"mysqls", NULL, false},    {"mysql+tls", "mysql", true},  {"mariadb+tls", "mysql", true},
		{"nats", "nats", false},    {"nats+tls", "nats", true},    {"postgres+tls", NULL, false},
		{"sshs", NULL, false},      {"ssh+tls", NULL, false},      {"s", NULL, false},
		{"+tls", NULL, false},      {"imaps", "imap", true},       {"redis+tls+tls", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct scheme *scheme = scheme_of_name(rows[i].name);

		check_text(rows[i].name, scheme ? scheme->name : "", rows[i].scheme ? rows[i].scheme : "");
		check_int(rows[i].name, scheme && scheme_name_has_tls(scheme, rows[i].name), rows[i].has_tls);
	}
}

static void test_refuse(void **state)
{
	struct error err = {0};

	(void)state;
	check_int("an error", scheme_refuse("gopher", &err), -1);
	check_has("the culprit", err.text, "unknown scheme \"gopher\"");
	check_has("where all are", err.text, "--help=targets");
	err = (struct error){0};
	check_int("misspelt", scheme_refuse("redsi", &err), -1);
	check_has("the nearest", err.text, "did you mean redis://?");
	err = (struct error){0};
	check_int("misspelt alias", scheme_refuse("postgresqll", &err), -1);
	check_has("the nearest", err.text, "did you mean postgresql://?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_registry), cmocka_unit_test(test_find),   cmocka_unit_test(test_dialects),
		cmocka_unit_test(test_tls),          cmocka_unit_test(test_refuse),
	};

	return unit_main(tests);
}
