#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "bound.h"
#include "loopback.h"

enum { ENTRIES = 8 };

struct identity_row {
	const char *name, *target;
	const char *found[ENTRIES];
	const char *user, *dbname, *password;
};

/* The order of conninfo.h; issue 3, "PostgreSQL through libpq"; FACTS 2 and 30. */
static void test_identity(void **state)
{
	static const struct identity_row rows[] = {
		{"nothing known", "db:5432", {NULL}, "postgres", "postgres", ""},
		{"the URI", "postgres://me:pw@db/app", {NULL}, "me", "app", "pw"},
		{"the URI's parameters", "postgres://db?user=me&dbname=app&password=pw", {NULL}, "me", "app", "pw"},
		{"the URI, decoded", "postgres://m%40e:p%2Fw@db/a%20b", {NULL}, "m@e", "a b", "p/w"},
		{"PG variables", "db:5432", {"PGUSER=me", "PGDATABASE=app", "PGPASSWORD=pw"}, "me", "app", "pw"},
		{"the URI over PG variables",
		 "postgres://me:pw@db/app",
		 {"PGUSER=x", "PGDATABASE=x", "PGPASSWORD=x"},
		 "me",
		 "app",
		 "pw"},
		{"the link",
		 "db:5432",
		 {"DB_ENV_POSTGRES_USER=me", "DB_ENV_POSTGRES_DB=app", "DB_ENV_POSTGRES_PASSWORD=p=w"},
		 "me",
		 "app",
		 "p=w"},
		{"PG variables over the link",
		 "db:5432",
		 {"PGUSER=me", "PGDATABASE=app", "PGPASSWORD=pw", "DB_ENV_POSTGRES_USER=x", "DB_ENV_POSTGRES_DB=x",
		  "DB_ENV_POSTGRES_PASSWORD=x"},
		 "me",
		 "app",
		 "pw"},
		{"the URI over the link",
		 "postgres://me:pw@db/app",
		 {"DB_ENV_POSTGRES_USER=x", "DB_ENV_POSTGRES_DB=x", "DB_ENV_POSTGRES_PASSWORD=x"},
		 "me",
		 "app",
		 "pw"},
		{"another's link",
		 "db:5432",
		 {"WEB_ENV_POSTGRES_USER=x", "WEB_ENV_POSTGRES_PASSWORD=x"},
		 "postgres",
		 "postgres",
		 ""},
		{"the link, of one host's two ports",
		 "postgres://db:5432,DB:5433/app",
		 {"DB_ENV_POSTGRES_USER=me", "DB_ENV_POSTGRES_PASSWORD=pw"},
		 "me",
		 "app",
		 "pw"},
		{"the link, and a host that is not its peer",
		 "postgres://db,other",
		 {"DB_ENV_POSTGRES_USER=me", "DB_ENV_POSTGRES_DB=app", "DB_ENV_POSTGRES_PASSWORD=pw"},
		 "postgres",
		 "postgres",
		 ""},
		{"a host that is not its peer among the parameters",
		 "postgres:///app?host=db,other",
		 {"DB_ENV_POSTGRES_PASSWORD=pw"},
		 "postgres",
		 "app",
		 ""},
		{"empty variables",
		 "db:5432",
		 {"PGUSER=", "PGPASSWORD=", "DB_ENV_POSTGRES_USER="},
		 "postgres",
		 "postgres",
		 ""},
		{"a database is the user's where none is named", "postgres://me@db", {NULL}, "me", "me", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct identity_row *row = &rows[i];
		struct bound bound;
		PGconn *conn;

		bound_open(&bound, row->target, row->found);
		check_text(row->name, bound.err.text, "");
		conn = bound_connect(&bound);
		check_text(row->name, PQuser(conn), row->user);
		check_text(row->name, PQdb(conn), row->dbname);
		check_text(row->name, PQpass(conn), row->password);
		PQfinish(conn);
		bound_close(&bound);
	}
}

struct endpoints_row {
	const char *name, *target;
	const char *found[ENTRIES];
	const char *endpoints; /* "host port address fallback, ..." */
};

static void test_endpoints(void **state)
{
	static const struct endpoints_row rows[] = {
		{"bare", "db:5432", {NULL}, "db 5432 - -"},
		{"a port", "postgres://db:5433/app", {NULL}, "db 5433 - -"},
		{"none, the default is the probe's", "postgres://db/app", {NULL}, "db 0 - -"},
		{"several", "postgres://a:1,b:2/app", {NULL}, "a 1 - -, b 2 - -"},
		{"several in parameters", "postgres:///app?host=a,b&port=1,2", {NULL}, "a 1 - -, b 2 - -"},
		{"one port serves all", "postgres:///app?host=a,b&port=7", {NULL}, "a 7 - -, b 7 - -"},
		{"an IPv6 address", "postgres://[fd00::2]:1/app", {NULL}, "fd00::2 1 - -"},
		{"hostaddr", "postgres://db:1/app?hostaddr=10.0.0.2", {NULL}, "db 1 10.0.0.2 -"},
		{"hostaddr for several",
		 "postgres://a:1,b:2/app?hostaddr=10.0.0.2,fd00::3",
		 {NULL},
		 "a 1 10.0.0.2 -, b 2 fd00::3 -"},
		{"hostaddr alone", "postgres:///app?hostaddr=10.0.0.2&port=1", {NULL}, "10.0.0.2 1 10.0.0.2 -"},
		{"a Unix socket", "postgres:///app?host=/run/pg", {NULL}, "/run/pg 0 - -"},
		{"a Unix socket, percent-encoded",
		 "postgres://me@/app?host=%2Frun%2Fpg&port=1",
		 {NULL},
		 "/run/pg 1 - -"},
		{"a link's", "postgres:///app?host=db", {"DB_PORT=tcp://172.17.0.2:5433"}, "db 5433 - 172.17.0.2"},
		{"a link's PostgreSQL port, not its first",
		 "postgres://db/app",
		 {"DB_PORT=tcp://172.17.0.2:22", "DB_PORT_22_TCP=tcp://172.17.0.2:22",
		  "DB_PORT_5432_TCP=tcp://172.17.0.2:5432"},
		 "db 5432 - 172.17.0.2"},
		{"a link's address", "postgres://db:1/app", {"DB_PORT=tcp://172.17.0.2:5433"}, "db 1 - 172.17.0.2"},
		{"none", "postgres:///app", {NULL}, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char joined[256] = "";
		struct bound bound;

		bound_open(&bound, rows[i].target, rows[i].found);
		check_text(rows[i].name, bound.err.text, "");
		for (size_t j = 0; j < bound.target.endpoint_count; j++) {
			const struct endpoint *endpoint = &bound.target.endpoints[j];
			size_t len = strlen(joined);

			snprintf(joined + len, sizeof(joined) - len, "%s%s %u %s %s", len ? ", " : "", endpoint->host,
				 (unsigned)endpoint->port, endpoint->address ? endpoint->address : "-",
				 endpoint->fallback ? endpoint->fallback : "-");
		}
		check_text(rows[i].name, joined, rows[i].endpoints);
		bound_close(&bound);
	}
}

struct refuse_row {
	const char *name, *target;
	const char *found[ENTRIES];
	const char *message;
};

/* Parameters that can never succeed are refused before the wait. No text contains a piece of the password, "hunter". */
static void test_refuses(void **state)
{
	static const struct refuse_row rows[] = {
		{"a misspelt parameter", "postgres://me:hunter@db/app?sslmod=1", {NULL}, "sslmod"},
		{"a bad escape in the password", "postgres://me:hunter%zz@db/app", {NULL}, "password"},
		{"a bad escape in the database",
		 "postgres://me:hunter@db/a%zz",
		 {NULL},
		 "postgres://user:password@host:port"},
		{"a port in the parameters", "postgres://me:hunter@/app?host=db&port=54x2", {NULL}, "\"54x2\""},
		{"port 0", "postgres:///app?host=db&port=0&password=hunter", {NULL}, "65535"},
		{"an '&' in the password", "postgres://db/app?password=abc&hunter", {NULL}, "%26"},
		{"an '&' and a '=' in the password", "postgres://db/app?password=abc&hunter=x", {NULL}, "%26"},
		{"a '?' before it, and no '='", "postgres://db/app?hunter", {NULL}, "parameter=value"},
		{"a missing host", "postgres:///app?host=a,,b&password=hunter", {NULL}, "host"},
		{"hostaddr that is a name", "postgres://me:hunter@db/app?hostaddr=db", {NULL}, "hostaddr \"db\""},
		{"a service", "postgres://me:hunter@db/app?service=x", {NULL}, "service="},
		{"no number, where the value is masked", "postgres://db/app?keepalives=hunter", {NULL}, "keepalives"},
		{"no timeout, where it is masked",
		 "postgres://db/app?tcp_user_timeout=hunter",
		 {NULL},
		 "write tcp_user_timeout=10"},
		{"no protocol, where it is masked",
		 "postgres://db/app?max_protocol_version=hunter",
		 {NULL},
		 "max_protocol_version"},
		{"no protocol, and the right ones",
		 "postgres://db/app?min_protocol_version=hunter",
		 {NULL},
		 "write 3.0, 3.2 or latest"},
		{"no certificate mode, where it is masked",
		 "postgres://db/app?sslcertmode=hunter",
		 {NULL},
		 "sslcertmode"},
		{"no TLS version, where it is masked",
		 "postgres://db/app?ssl_min_protocol_version=hunter",
		 {NULL},
		 "ssl_min_protocol_version"},
		{"a short password that is in the words",
		 "postgres://me:hunter@db/app?sslmode=maybe",
		 {NULL},
		 "\"maybe\""},
		{"a session no server has",
		 "postgres://me:hunter@db/app?target_session_attrs=reader",
		 {NULL},
		 "target_session_attrs"},
		{"an sslmode there is not", "postgres://me:hunter@db/app?sslmode=maybe", {NULL}, "sslmode"},
#ifndef WAITFOR_TLS
		{"TLS, and there is none", "postgres://me:hunter@db/app?sslmode=require", {NULL}, "waitfor-tls"},
		{"direct TLS", "postgres://me:hunter@db/app?sslnegotiation=direct", {NULL}, "waitfor-tls"},
		{"direct TLS, by a wrong word",
		 "postgres://me:hunter@db/app?sslnegotiation=dirct",
		 {NULL},
		 "write postgres, or use waitfor-tls"},
		{"TLS that verifies", "postgres://me:hunter@db/app?sslmode=verify-full", {NULL}, "sslmode=verify-full"},
		{"TLS by variable", "db:5432", {"PGSSLMODE=verify-ca", "PGPASSWORD=hunter"}, "PGSSLMODE=verify-ca"},
		{"TLS as node-pg writes it",
		 "postgres://me:hunter@db/app?sslmode=no-verify",
		 {NULL},
		 "sslmode=no-verify"},
		{"the same by variable", "db:5432", {"PGSSLMODE=no-verify"}, "PGSSLMODE=no-verify needs TLS"},
		{"TLS by the old variable", "db:5432", {"PGREQUIRESSL=1"}, "PGREQUIRESSL=1 needs TLS"},
		{"TLS as others write it", "postgres://me:hunter@db/app?ssl=true", {NULL}, "sslmode=require needs TLS"},
#endif
		/* FIELD 15: the error names the variable. */
		{"no sslmode, by variable",
		 "db:5432",
		 {"PGSSLMODE=maybe"},
		 "PGSSLMODE: invalid sslmode value: \"maybe\""},
		{"no channel binding, by variable", "db:5432", {"PGCHANNELBINDING=x"}, "PGCHANNELBINDING: "},
		{"no method, by variable", "db:5432", {"PGREQUIREAUTH=x"}, "PGREQUIREAUTH: "},
		{"no sslmode, in the URI, not in the variable",
		 "postgres://db?sslmode=maybe",
		 {"PGSSLMODE=perhaps"},
		 "invalid sslmode value: \"maybe\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bound bound;

		bound_open(&bound, rows[i].target, rows[i].found);
		check(rows[i].name, bound.info == NULL);
		check_has(rows[i].name, bound.err.text, rows[i].message);
		check_lacks(rows[i].name, bound.err.text, "hunter");
		check_lacks(rows[i].name, unit_log_text(&bound.log), "hunter");
		bound_close(&bound);
	}
}

static const char *value_of(const struct conninfo *info, const char *key)
{
	return pgkeys_get(&info->all, key);
}

/* Does libpq see a variable of that name? */
static bool libpq_sees(const struct conninfo *info, const char *name)
{
	size_t len = strlen(name);

	for (char **entry = info->environment; *entry; entry++)
		if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
			return true;
	return false;
}

/* FACTS 29: libpq does not see these variables, and the app gets them. PGSSLMODE stays. */
static void test_stray_variables(void **state)
{
	static const char *const found[] = {"PGHOST=elsewhere",
					    "PGHOSTADDR=10.9.9.9",
					    "PGPORT=1",
					    "PGSERVICE=elsewhere",
					    "PGSERVICEFILE=/none",
					    "PGTARGETSESSIONATTRS=standby",
					    "PGOPTIONS=-c nosuch=1",
					    "PGCONNECT_TIMEOUT=x",
					    "PGGSSENCMODE=require",
					    "PGLOADBALANCEHOSTS=x",
					    "PGSYSCONFDIR=/none",
					    "PGSSLMODE=disable",
					    "OTHER=stays",
					    NULL};
	struct bound bound;
	PGconn *conn;

	(void)state;
	bound_open(&bound, "postgres://db:5433/app", found);
	check_text("stray variables", bound.err.text, "");
	conn = bound_connect(&bound);
	check_text("host", PQhost(conn), "db");
	check_text("address", PQhostaddr(conn), "127.0.0.1");
	check_text("port", PQport(conn), "5433");
	check_text("options", PQoptions(conn), "");
	check("no session is wanted", !bound.info->session_for);
	for (size_t i = 0; i < COUNT(found) - 3; i++) {
		char *name = alloc_slice(found[i], strcspn(found[i], "="));

		check(name, !libpq_sees(bound.info, name));
		check_text(name, env_get(&bound.env, name), found[i] + strlen(name) + 1);
		free(name);
	}
	check_text("gssencmode", value_of(bound.info, "gssencmode"), "disable");
	check("PGSSLMODE", libpq_sees(bound.info, "PGSSLMODE"));
	check_text("OTHER", getenv("OTHER"), "stays");
	PQfinish(conn);
	bound_close(&bound);
}

/* libpq reads these after PQconnectStartParams, from the environment of this process. */
static void test_late_variables(void **state)
{
	static const char *const found[] = {"PGTZ=Nowhere/Atall", "PGDATESTYLE=nonsense", "PGGEQO=perhaps", "HOME=/h",
					    NULL};
	struct bound bound;

	(void)state;
	bound_open(&bound, "postgres://db:5433/app", found);
	check_text("late variables", bound.err.text, "");
	check("PGTZ", !getenv("PGTZ"));
	check("PGDATESTYLE", !getenv("PGDATESTYLE"));
	check("PGGEQO", !getenv("PGGEQO"));
	check("HOME", libpq_sees(bound.info, "HOME") && getenv("HOME"));
	check_text("PGTZ for the app", env_get(&bound.env, "PGTZ"), "Nowhere/Atall");
	bound_close(&bound);
}

/* FIELD 15: what is not used is not judged. */
static void test_unused_variables(void **state)
{
	static const char *const targets[] = {"postgres://db?sslmode=disable", "postgres:///app?host=/run/pg",
					      "postgres://%2Frun%2Fpg/?sslmode=require"};
	static const char *const found[] = {"PGSSLMODE=no-verify",       "PGSSLNEGOTIATION=x", "PGSSLCERTMODE=x",
					    "PGSSLMINPROTOCOLVERSION=x", "PGREQUIRESSL=1",     NULL};

	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct bound bound;

		bound_open(&bound, targets[i], found);
		check_text(targets[i], bound.err.text, "");
		check(targets[i], bound.info && bound.info->in_clear);
		bound_close(&bound);
	}
}

/* Which names were given, and from where the password is: for --explain and for 3D000. */
static void test_what_is_named(void **state)
{
	static const struct {
		const char *target;
		const char *found[ENTRIES];
		bool user_named, database_named, wants_database;
		const char *user, *database, *password_from;
	} rows[] = {
		{"db:5432", {NULL}, false, false, false, "postgres", "postgres", NULL},
		{"postgres://me@db", {NULL}, true, false, false, "me", "me", NULL},
		{"postgres://me:pw@db/app", {NULL}, true, true, true, "me", "app", "url"},
		{"postgres://db?user=me&password=pw", {NULL}, true, false, false, "me", "me", "url"},
		{"postgres://me:pw@db/app?missing-database=ok", {NULL}, true, true, false, "me", "app", "url"},
		{"db:5432", {"PGUSER=me", "PGPASSWORD=pw"}, true, false, false, "me", "me", "PGPASSWORD"},
		{"db:5432", {"PGDATABASE=app", "PGPASSWORD=pw"}, false, true, true, "postgres", "app", "PGPASSWORD"},
		{"db:5432",
		 {"DB_ENV_POSTGRES_DB=app", "DB_ENV_POSTGRES_PASSWORD=pw"},
		 false,
		 true,
		 true,
		 "postgres",
		 "app",
		 "link"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bound bound;

		bound_open(&bound, rows[i].target, rows[i].found);
		check_text(rows[i].target, bound.err.text, "");
		check_int(rows[i].target, bound.info->user_named, rows[i].user_named);
		check_int(rows[i].target, bound.info->database_named, rows[i].database_named);
		check_int(rows[i].target, bound.info->wants_database, rows[i].wants_database);
		check_int(rows[i].target, bound.target.login.how, rows[i].password_from ? TARGET_LOGIN : TARGET_PING);
		check_text(rows[i].target, bound.target.login.user, rows[i].user);
		check_text(rows[i].target, bound.target.login.database, rows[i].database);
		check_text(rows[i].target, bound.target.login.password_from, rows[i].password_from);
		bound_close(&bound);
	}
}

/* libpq connects to the given address and port, and looks no name up (FACTS 28). */
static void test_where_it_connects(void **state)
{
	static const char *const none[] = {NULL};
	const struct address v6 = loopback_address("::1", 1);
	struct bound bound;
	PGconn *conn;

	(void)state;
	bound_open(&bound, "postgres://a:1,b:2/app", none);
	conn = conninfo_connect(bound.info, &bound.target.endpoints[1], &v6);
	check_text("host", PQhost(conn), "b");
	check_text("address", PQhostaddr(conn), "::1");
	check_text("port", PQport(conn), "2");
	PQfinish(conn);
	bound_close(&bound);
}

struct session_row {
	const char *target;
	bool wants_session;
};

static void test_sessions(void **state)
{
	static const struct session_row rows[] = {
		{"postgres://db/app", false},
		{"postgres://db/app?target_session_attrs=any", false},
		{"postgres://db/app?target_session_attrs=read-write", true},
		{"postgres://db/app?target_session_attrs=standby", true},
		{"postgres://db/app?table=orders", true},
		{"postgres://db/app?query=SELECT%20true", true},
	};
	static const char *const none[] = {NULL};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bound bound;

		bound_open(&bound, rows[i].target, none);
		check_int(rows[i].target, bound.info->session_for != NULL, rows[i].wants_session);
		bound_close(&bound);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),       cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_refuses),        cmocka_unit_test(test_stray_variables),
		cmocka_unit_test(test_late_variables), cmocka_unit_test(test_unused_variables),
		cmocka_unit_test(test_what_is_named),  cmocka_unit_test(test_where_it_connects),
		cmocka_unit_test(test_sessions),
	};

	return unit_main(tests);
}
