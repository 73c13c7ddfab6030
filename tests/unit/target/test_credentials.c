#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "target/credentials.h"
#include "target/scheme.h"

static const struct scheme credentials_scheme = {.name = "own",
						 .takes_credentials = true,
						 .link_user = "OWN_USER",
						 .link_password = "OWN_PASSWORD"};

enum { ENTRIES = 6 };

struct row {
	const char *name, *target, *env[ENTRIES];
	const char *file;            /* what DB_PASSWORD_FILE holds; NULL: it is not set */
	const char *user, *password; /* expected; "": none */
	const char *error;           /* a part of the error text; NULL: no error */
};

static const char *given(const char *text)
{
	return text ? text : "";
}

static void check_row(const struct row *row, const struct unit_dir *dir)
{
	struct target target;
	struct error err = {0};
	struct env env;

	env_copy(&env, (char *const *)row->env);
	if (row->file) {
		char *path = unit_dir_path(dir, "secret");

		unit_dir_write(dir, "secret", row->file, 0600);
		env_set_all(&env, &(struct env_variable){(char *)"DB_PASSWORD_FILE", path}, 1);
		free(path);
	}
	if (target_parse(&target, row->target, &err))
		fail_msg("%s: %s", row->name, err.text);
	target.scheme = &credentials_scheme;
	check_int(row->name, credentials_complete(&target, &env, &err), row->error ? -1 : 0);
	if (row->error)
		check_has(row->name, err.text, row->error);
	else
		check_text(row->name, err.text, "");
	check_lacks(row->name, err.text, "hunter");
	if (!row->error) {
		check_text(row->name, given(target.user), row->user);
		check_text(row->name, given(target.password), row->password);
	}
	check_lacks(row->name, target.text, "hunter");
	target_release(&target);
	env_release(&env);
}

/* "URL, NAME_PASSWORD, NAME_PASSWORD_FILE, link; never shown" (issue 12). */
static void test_order(void **state)
{
	static const struct row rows[] = {
		{"nothing", "own://db:1", {NULL}, NULL, "", "", NULL},
		{"the URL's", "own://me:hunter1@db:1", {"DB_PASSWORD=hunter2"}, "hunter3", "me", "hunter1", NULL},
		{"the URL's, escaped", "own://m%40e:h%2Funter1@db:1", {NULL}, NULL, "m@e", "h/unter1", NULL},
		{"the variables'", "own://db:1", {"DB_USER=me", "DB_PASSWORD=hunter2"}, NULL, "me", "hunter2", NULL},
		{"the URL's user, the variable's password",
		 "own://me@db:1",
		 {"DB_USER=you", "DB_PASSWORD=hunter2"},
		 NULL,
		 "me",
		 "hunter2",
		 NULL},
		{"an empty password in the URL",
		 "own://me:@db:1",
		 {"DB_PASSWORD=hunter2"},
		 NULL,
		 "me",
		 "hunter2",
		 NULL},
		{"an empty variable",
		 "own://db:1",
		 {"DB_PASSWORD=", "DB_ENV_OWN_PASSWORD=hunter4"},
		 NULL,
		 "",
		 "hunter4",
		 NULL},
		{"the file's", "own://db:1", {"DB_USER=me"}, "hunter3\n", "me", "hunter3", NULL},
		{"the file's, without a line end", "own://db:1", {NULL}, "hunter3", "", "hunter3", NULL},
		{"the file's, as Windows writes it", "own://db:1", {NULL}, "hunter3\r\n", "", "hunter3", NULL},
		{"the file's first of two line ends stays", "own://db:1", {NULL}, "hunter3\n\n", "", "hunter3\n", NULL},
		{"the file before the link",
		 "own://db:1",
		 {"DB_ENV_OWN_PASSWORD=hunter4"},
		 "hunter3",
		 "",
		 "hunter3",
		 NULL},
		{"the link's",
		 "own://db:1",
		 {"DB_ENV_OWN_USER=me", "DB_ENV_OWN_PASSWORD=hunter4"},
		 NULL,
		 "me",
		 "hunter4",
		 NULL},
		{"the link's, of the same user",
		 "own://me@db:1",
		 {"DB_ENV_OWN_USER=me", "DB_ENV_OWN_PASSWORD=hunter4"},
		 NULL,
		 "me",
		 "hunter4",
		 NULL},
		{"the link's, of another user",
		 "own://you@db:1",
		 {"DB_ENV_OWN_USER=me", "DB_ENV_OWN_PASSWORD=hunter4"},
		 NULL,
		 "you",
		 "",
		 NULL},
		{"by the target's name",
		 "X=own://db:1",
		 {"DB_PASSWORD=hunter2", "X_PASSWORD=hunter5"},
		 NULL,
		 "",
		 "hunter5",
		 NULL},
		{"an address has no name", "own://10.0.0.1:1", {"_PASSWORD=hunter2"}, NULL, "", "", NULL},
		{"both",
		 "own://db:1",
		 {"DB_PASSWORD=hunter2"},
		 "hunter3",
		 "",
		 "",
		 "DB_PASSWORD and DB_PASSWORD_FILE are both set"},
	};
	struct unit_dir dir;

	(void)state;
	unit_dir_open(&dir);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i], &dir);
	unit_dir_close(&dir);
}

/* A missing or wrong file is an error before the wait. The error names the variable and the file. */
static void test_files(void **state)
{
	static const struct row rows[] = {
		{"not there",
		 "own://db:1",
		 {"DB_PASSWORD_FILE=/nonexistent/secret"},
		 NULL,
		 "",
		 "",
		 "DB_PASSWORD_FILE: cannot read /nonexistent/secret: No such file"},
		{"a folder",
		 "own://db:1",
		 {"DB_PASSWORD_FILE=/"},
		 NULL,
		 "",
		 "",
		 "DB_PASSWORD_FILE: cannot read /: Is a directory"},
		{"one without an end",
		 "own://db:1",
		 {"DB_PASSWORD_FILE=/dev/zero"},
		 NULL,
		 "",
		 "",
		 "is not a regular file"},
	};
	char *much = alloc_zero(5001, 1);
	const struct row long_row = {"too long", "own://db:1", {NULL}, much, "", "", "too long for a password"};
	struct unit_dir dir;

	(void)state;
	unit_dir_open(&dir);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i], &dir);
	memset(much, 'x', 5000);
	check_row(&long_row, &dir);
	unit_dir_close(&dir);
	free(much);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_files),
	};

	return unit_main(tests);
}
