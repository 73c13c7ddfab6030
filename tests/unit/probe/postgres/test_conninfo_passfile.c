/* conninfo.c and password files. */
#include <stdlib.h>

#include "base/alloc.h"
#include "bound.h"

struct file_row {
	const char *name, *target;
	unsigned mode;
	const char *more[2];
	const char *password;
	bool warns;
};

static void connect_once_more(void *arg)
{
	PQfinish(bound_connect(arg));
}

/* FACTS 30: a password file that group or others may read is ignored. There is one warning, and none from libpq. */
static void check_password_file(const struct file_row *row, const struct unit_dir *dir, bool by_home)
{
	char *path = unit_dir_path(dir, by_home ? ".pgpass" : "pgpass");
	char *where = alloc_format("%s=%s", by_home ? "HOME" : "PGPASSFILE", by_home ? dir->path : path);
	const char *const found[] = {where, row->more[0], row->more[1], NULL};
	struct unit_child child;
	struct bound bound;
	PGconn *conn;

	unit_dir_write(dir, by_home ? ".pgpass" : "pgpass", "db:5432:*:*:from the file\n", row->mode);
	bound_open(&bound, row->target, found);
	check_text(row->name, bound.err.text, "");
	conn = bound_connect(&bound);
	check_text(row->name, PQpass(conn), row->password);
	unit_child_run(&child, connect_once_more, &bound);
	check_text("libpq is silent", child.text, "");
	check_int(row->name, (unit_log_text(&bound.log), bound.log.writes), row->warns);
	if (row->warns)
		check_has(row->name, bound.log.text, path);
	PQfinish(conn);
	bound_close(&bound);
	clearenv();
	free(where);
	free(path);
}

static void test_password_file(void **state)
{
	static const struct file_row rows[] = {
		{"a good one", "postgres://me@db", 0600, {NULL}, "from the file", false},
		{"a bare target's", "db:5432", 0600, {NULL}, "from the file", false},
		{"readable by group", "postgres://me@db", 0640, {NULL}, "", true},
		{"readable by others", "postgres://me@db", 0604, {NULL}, "", true},
		{"a Docker secret", "postgres://me@db", 0444, {NULL}, "", true},
		{"of another server", "postgres://me@web", 0600, {NULL}, "", false},
		{"over the link",
		 "postgres://me@db",
		 0600,
		 {"DB_ENV_POSTGRES_PASSWORD=link", "DB_ENV_POSTGRES_USER=me"},
		 "from the file",
		 false},
		{"of another server, so the link",
		 "postgres://me@web",
		 0600,
		 {"WEB_ENV_POSTGRES_PASSWORD=link", "WEB_ENV_POSTGRES_USER=me"},
		 "link",
		 false},
		{"ignored, so the link",
		 "postgres://me@db",
		 0644,
		 {"DB_ENV_POSTGRES_PASSWORD=link", "DB_ENV_POSTGRES_USER=me"},
		 "link",
		 true},
		{"under PGPASSWORD", "postgres://me@db", 0600, {"PGPASSWORD=variable"}, "variable", false},
		{"under an empty one in the URI", "postgres://me@db?password=", 0600, {NULL}, "from the file", false},
		{"ignored under an empty one", "postgres://me@db?password=", 0644, {NULL}, "", true},
		{"under PGPASSWORD, and not to be read",
		 "postgres://me@db?password=",
		 0644,
		 {"PGPASSWORD=v"},
		 "v",
		 false},
		{"under the URI", "postgres://me:uri@db", 0644, {NULL}, "uri", false},
	};
	struct unit_dir dir;

	(void)state;
	unit_dir_open(&dir);
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_password_file(&rows[i], &dir, false);
		check_password_file(&rows[i], &dir, true);
	}
	unit_dir_close(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_password_file),
	};

	return unit_main(tests);
}
