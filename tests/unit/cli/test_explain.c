#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "app/exports.h"
#include "attempt/probe.h"
#include "base/alloc.h"
#include "cli/explain.h"
#include "loading.h"

enum { WORDS = 8, ENTRIES = 4, FACTS = 12 };

/* The plan of a command line, made as in main. FILE in words is replaced by the path of a file with that content. */
struct planned {
	struct config config;
	struct env env;
	struct unit_dir dir;
	struct unit_log log;
	char *file, *line, *argv[WORDS + 2];
	struct explain_command command;
	cJSON *plan; /* from explain_json */
};

static void planned_open(struct planned *planned, const char *words, const char *const *found, const char *content)
{
	struct error err = {0};
	char *rest, *json;
	int argc = 1;

	memset(planned, 0, sizeof(*planned));
	unit_dir_open(&planned->dir);
	unit_dir_write(&planned->dir, "wait.json", content ? content : "", 0600);
	planned->file = unit_dir_path(&planned->dir, "wait.json");
	planned->line = rest = alloc_text(words);
	planned->argv[0] = (char *)"waitfor";
	while (rest && *rest && argc <= WORDS) {
		char *word = strsep(&rest, " ");

		planned->argv[argc++] = strcmp(word, "FILE") == 0 ? planned->file : word;
	}
	env_copy(&planned->env, (char *const *)found);
	unit_log_open(&planned->log);
	if (loading_run(&planned->config, argc, planned->argv, &planned->env, &planned->log.log, &err) ||
	    probe_bind(planned->config.plan.targets, planned->config.plan.target_count, &planned->env,
		       &planned->log.log, &err) ||
	    exports_assign(&planned->config.plan, &planned->env, true, &planned->log.log, &err))
		fail_msg("%s: %s", words, err.text);
	planned->command.path = planned->config.command ? planned->config.command[0] : NULL;
	json = explain_json(&planned->config, &planned->command);
	planned->plan = cJSON_Parse(json);
	free(json);
}

static void planned_close(struct planned *planned)
{
	cJSON_Delete(planned->plan);
	probe_unbind(planned->config.plan.targets, planned->config.plan.target_count);
	config_release(&planned->config);
	env_release(&planned->env);
	unit_log_close(&planned->log);
	unit_dir_close(&planned->dir);
	free(planned->file);
	free(planned->line);
}

/* Returns the item with a path such as "targets/0/endpoints/1/port". */
static const cJSON *find(const cJSON *item, const char *path)
{
	while (item && *path) {
		size_t len = strcspn(path, "/");
		char *key = alloc_slice(path, len);

		item = cJSON_IsArray(item) ? cJSON_GetArrayItem(item, (int)strtol(key, NULL, 10))
					   : cJSON_GetObjectItemCaseSensitive(item, key);
		free(key);
		path += len + (path[len] == '/');
	}
	return item;
}

/* Returns the item as text; an array as its texts joined by blanks. The path of the file becomes FILE. The caller's. */
static char *value_of(const struct planned *planned, const char *path)
{
	const cJSON *item = find(planned->plan, path);
	const char *text = cJSON_GetStringValue(item), *at;
	char *joined;

	if (!item)
		return alloc_text("missing");
	if (text && (at = strstr(text, planned->file)) == text)
		return alloc_format("FILE%s", text + strlen(planned->file));
	if (text)
		return alloc_text(text);
	if (cJSON_IsNumber(item))
		return alloc_format("%g", item->valuedouble);
	if (!cJSON_IsArray(item))
		return alloc_text(cJSON_IsNull(item) ? "null" : "an object");
	joined = alloc_text("");
	cJSON_ArrayForEach(item, find(planned->plan, path))
	{
		char *longer = alloc_format("%s%s%s", joined, *joined ? " " : "", cJSON_GetStringValue(item));

		free(joined);
		joined = longer;
	}
	return joined;
}

struct plan_row {
	const char *name, *words, *found[ENTRIES], *content;
	const char *facts[FACTS][2]; /* a path and its value */
};

#define TWO_LINES "{\"timeout\": \"5m\",\n "

/* "each target, its probe, where its address would come from, which variables will be exported, and each effective
 * setting with its source" (issue 5). */
static void test_plan(void **state)
{
	static const struct plan_row rows[] = {
		{"a name",
		 "db:5432",
		 {NULL},
		 NULL,
		 {{"version", "1"},
		  {"targets/0/target", "db:5432"},
		  {"targets/0/origin", "null"},
		  {"targets/0/name", "DB"},
		  {"targets/0/kind", "postgres"},
		  {"targets/0/endpoints/0/host", "db"},
		  {"targets/0/endpoints/0/port", "5432"},
		  {"targets/0/endpoints/0/address_from", "name"},
		  {"targets/0/endpoints/0/address", "null"},
		  {"targets/0/endpoints/0/fallback", "null"},
		  {"targets/0/exports", "DB_HOST DB_PORT DB_ADDR"}}},
		{"an address",
		 "tcp://[fd00::2]:80",
		 {NULL},
		 NULL,
		 {{"targets/0/kind", "tcp"},
		  {"targets/0/name", "null"},
		  {"targets/0/endpoints/0/address_from", "literal"},
		  {"targets/0/endpoints/0/address", "fd00::2"},
		  {"targets/0/exports", ""}}},
		{"a Unix socket",
		 "q=postgres:///x?host=%2Frun%2Fp%0Ag&port=7",
		 {NULL},
		 NULL,
		 {{"targets/0/endpoints/0/host", "/run/p\ng"},
		  {"targets/0/endpoints/0/port", "7"},
		  {"targets/0/endpoints/0/address_from", "unix-socket"},
		  {"targets/0/endpoints/0/address", "/run/p\ng"},
		  {"targets/0/exports", "Q_HOST Q_PORT Q_ADDR"}}},
		{"a Unix socket without a port",
		 "q=unix:///run/q%20.sock",
		 {NULL},
		 NULL,
		 {{"targets/0/kind", "unix"},
		  {"targets/0/endpoints/0/host", "/run/q .sock"},
		  {"targets/0/endpoints/0/port", "0"},
		  {"targets/0/endpoints/0/address_from", "unix-socket"},
		  {"targets/0/endpoints/0/address", "/run/q .sock"},
		  {"targets/0/endpoints/1", "missing"},
		  {"targets/0/exports", "Q_HOST Q_ADDR"}}},
		{"hostaddr of one of two hosts",
		 "postgres://a:1,b:2/x?hostaddr=10.0.0.1,",
		 {NULL},
		 NULL,
		 {{"targets/0/endpoints/0/address_from", "hostaddr"},
		  {"targets/0/endpoints/0/host", "a"},
		  {"targets/0/endpoints/0/address", "10.0.0.1"},
		  {"targets/0/endpoints/1/address_from", "name"},
		  {"targets/0/endpoints/1/host", "b"},
		  {"targets/0/endpoints/1/port", "2"},
		  {"targets/0/endpoints/2", "missing"}}},
		{"what only a link knows",
		 "db",
		 {"DB_PORT=tcp://172.17.0.2:5432"},
		 NULL,
		 {{"targets/0/kind", "postgres"},
		  {"targets/0/endpoints/0/port", "5432"},
		  {"targets/0/endpoints/0/address_from", "name"},
		  {"targets/0/endpoints/0/fallback", "172.17.0.2"}}},
		{"the usual port", "postgres://db/x", {NULL}, NULL, {{"targets/0/endpoints/0/port", "5432"}}},
		{"no exports", "--no-export db:1", {NULL}, NULL, {{"targets/0/exports", ""}}},
		{"one name, one host: the first owns it",
		 "db:1 db:2",
		 {NULL},
		 NULL,
		 {{"targets/0/exports", "DB_HOST DB_PORT DB_ADDR"}, {"targets/1/exports", ""}}},
		{"one name, alternatives",
		 "--any r=a:1 r=b:2",
		 {NULL},
		 NULL,
		 {{"targets/0/exports", "R_HOST R_PORT R_ADDR"}, {"targets/1/exports", "R_HOST R_PORT R_ADDR"}}},
		{"one name, an alternative whose name is another's",
		 "-f FILE",
		 {NULL},
		 "{\"targets\": [\"x=a:1\", {\"any\": [\"x=a:2\", \"y=b:2\"]}]}",
		 {{"targets/0/exports", "X_HOST X_PORT X_ADDR"},
		  {"targets/1/exports", ""},
		  {"targets/2/exports", "Y_HOST Y_PORT Y_ADDR"}}},
		{"links",
		 "--links",
		 {"DB_PORT=tcp://172.17.0.2:5432", "DB_NAME=/app/db"},
		 NULL,
		 {{"targets/0/target", "db"}, {"targets/0/endpoints/0/fallback", "172.17.0.2"}}},
		{"no targets", "--links=optional", {NULL}, NULL, {{"targets", ""}, {"groups/0/wanted", "all"}}},
		{"all", "a:1 b:2", {NULL}, NULL, {{"groups/0/wanted", "all"}, {"groups/0/member_of", "null"}}},
		{"any", "--any a:1 b:2", {NULL}, NULL, {{"groups/0/wanted", "any"}, {"targets/1/group", "0"}}},
		{"groups",
		 "-f FILE",
		 {NULL},
		 "{\"targets\": [\"a:1\", {\"any\": [\"b:2\", {\"all\": [\"c:3\"]}]}]}",
		 {{"targets/0/group", "0"},
		  {"targets/1/group", "1"},
		  {"targets/2/group", "2"},
		  {"groups/1/wanted", "any"},
		  {"groups/1/member_of", "0"},
		  {"groups/2/wanted", "all"},
		  {"groups/2/member_of", "1"}}},
		{"no command", "db:1", {NULL}, NULL, {{"command", "null"}, {"print_env", "null"}}},
		{"a command", "db:1 -- true SECRET", {NULL}, NULL, {{"command", "true"}}},
		{"variables", "--print-env github db:1", {NULL}, NULL, {{"print_env", "github"}}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct planned planned;

		planned_open(&planned, rows[i].words, rows[i].found, rows[i].content);
		for (size_t j = 0; j < FACTS && rows[i].facts[j][0]; j++) {
			char *value = value_of(&planned, rows[i].facts[j][0]);
			char *where = alloc_format("%s: %s", rows[i].name, rows[i].facts[j][0]);

			check_text(where, value, rows[i].facts[j][1]);
			free(where);
			free(value);
		}
		planned_close(&planned);
	}
}

struct setting_row {
	const char *name, *words, *found[ENTRIES], *content;
	const char *settings; /* "settings/timeout" */
	const char *value, *source;
};

/* "Precedence: default, file, environment, command line"; what one target of the file has is its own. */
static void test_settings(void **state)
{
	static const char file[] = TWO_LINES "\"targets\": [{\"target\": \"a:1\", \"timeout\": 7},\n"
					     "{\"any\": [\"b:2\", {\"target\": \"c:3\", \"timeout\": \"1s\"}], "
					     "\"timeout\": \"9s\", \"successes\": 2}]}";
	static const struct setting_row rows[] = {
		{"default", "a:1", {NULL}, NULL, "settings/timeout", "60s", "default"},
		{"file", "-f FILE", {NULL}, file, "settings/timeout", "5m00s", "FILE"},
		{"env", "-f FILE", {"WAITFOR_TIMEOUT=8s"}, file, "settings/timeout", "8s", "WAITFOR_TIMEOUT"},
		{"argv", "-t6s -f FILE", {"WAITFOR_TIMEOUT=8s"}, file, "settings/timeout", "6s", "--timeout"},
		{"a target's own", "-f FILE", {NULL}, file, "targets/0/settings/timeout", "7s", "FILE:2:25"},
		{"its group's", "-f FILE", {NULL}, file, "targets/1/settings/timeout", "9s", "FILE:3:10"},
		{"its group's too", "-f FILE", {NULL}, file, "targets/2/settings/successes", "2", "FILE:3:28"},
		{"its own over its group's", "-f FILE", {NULL}, file, "targets/2/settings/timeout", "1s", "FILE:3:28"},
		{"the wait's", "-f FILE", {NULL}, file, "targets/0/settings/successes", "1", "default"},
		{"env over its own",
		 "-f FILE",
		 {"WAITFOR_TIMEOUT=8s"},
		 file,
		 "targets/0/settings/timeout",
		 "8s",
		 "WAITFOR_TIMEOUT"},
		{"argv over its own", "-f FILE -t6s", {NULL}, file, "targets/2/settings/timeout", "6s", "--timeout"},
		{"a flag", "--once a:1", {NULL}, NULL, "settings/once", "true", "--once"},
		{"a flag off", "--once=no a:1", {"WAITFOR_ONCE=1"}, NULL, "settings/once", "false", "--once"},
		{"a flag's word", "a:1", {"WAITFOR_DOWN=absent"}, NULL, "settings/down", "absent", "WAITFOR_DOWN"},
		{"a flag that has words", "--down a:1", {NULL}, NULL, "settings/down", "true", "--down"},
		{"one of two for a field", "-q a:1", {NULL}, NULL, "settings/quiet", "true", "--quiet"},
		{"the other of them", "-q a:1", {NULL}, NULL, "settings/verbose", "false", "default"},
		{"no file", "a:1", {NULL}, NULL, "settings/config", "null", "default"},
		{"a file", "-f FILE", {NULL}, file, "settings/config", "FILE", "--config"},
		{"the file of the environment: none",
		 "a:1",
		 {"WAITFOR_CONFIG="},
		 NULL,
		 "settings/config",
		 "null",
		 "default"},
		{"a number that is not set", "a:1", {NULL}, NULL, "settings/report-fd", "null", "default"},
		{"a number", "--report-fd 7 a:1", {NULL}, NULL, "settings/report-fd", "7", "--report-fd"},
		{"a word", "--output json a:1", {NULL}, NULL, "settings/output", "json", "--output"},
		{"a word's default", "a:1", {NULL}, NULL, "settings/output", "auto", "default"},
		{"a list", "--report a --report b a:1", {NULL}, NULL, "settings/report", "a, b", "--report"},
		{"an empty list", "a:1", {NULL}, NULL, "settings/report", "null", "default"},
		/* Exact, in a form that a user may write. */
		{"for ever", "-t0 a:1", {NULL}, NULL, "settings/timeout", "0s", "--timeout"},
		{"digits of a second", "-t12.345678 a:1", {NULL}, NULL, "settings/timeout", "12.345678s", "--timeout"},
		{"half a minute's second", "-t20m34.5s a:1", {NULL}, NULL, "settings/timeout", "1234.5s", "--timeout"},
		{"not for a source", "a:1", {NULL}, NULL, "settings/explain", "missing", "missing"},
		{"not for a source either", "a:1", {NULL}, NULL, "settings/targets", "missing", "missing"},
		{"not for a target", "a:1", {NULL}, NULL, "targets/0/settings/once", "missing", "missing"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *value_path = alloc_format("%s/value", rows[i].settings), *value;
		char *source_path = alloc_format("%s/source", rows[i].settings), *source;
		struct planned planned;

		planned_open(&planned, rows[i].words, rows[i].found, rows[i].content);
		value = value_of(&planned, value_path);
		source = value_of(&planned, source_path);
		check_text(rows[i].name, value, rows[i].value);
		check_text(rows[i].name, source, rows[i].source);
		free(value_path);
		free(source_path);
		free(value);
		free(source);
		planned_close(&planned);
	}
}

/* The wait has every row that not only the command line may set, and each target the rows that may be set for it. */
static void test_no_setting_is_missing(void **state)
{
	struct planned planned;

	(void)state;
	planned_open(&planned, "a:1", (const char *const[]){NULL}, NULL);
	for (size_t i = 0; i < config_options.count; i++) {
		const struct options_row *row = &config_options.rows[i];
		bool wanted = options_takes(row, OPTIONS_ENV) && row->type != OPTIONS_NO_FIELD;

		check_int(row->key, cJSON_HasObjectItem(find(planned.plan, "settings"), row->key), wanted);
		check_int(row->key, cJSON_HasObjectItem(find(planned.plan, "targets/0/settings"), row->key),
			  row->per_target);
	}
	planned_close(&planned);
}

/* Returns the line of the table that begins with `begin`; NULL if there is none. The caller's. */
static char *line_of(const char *table, const char *begin)
{
	const char *at = table;

	while (at && strncmp(at, begin, strlen(begin)) != 0) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return at ? alloc_slice(at, strcspn(at, "\n")) : NULL;
}

struct line_row {
	const char *name, *words, *found[ENTRIES], *content;
	const char *begin; /* of the line */
	const char *line;  /* NULL: no line begins so */
};

/* Each column begins two blanks after the longest cell of the one before; the expected widths are counted by hand. */
static void test_table(void **state)
{
	static const char groups[] =
		"{\"targets\": [\"a:1\", {\"any\": [\"b:2\", {\"all\": [\"c:3\", \"d:4\"]}], \"timeout\": \"9s\"}]}";
	static const struct line_row rows[] = {
		{"the head",
		 "db:5432",
		 {NULL},
		 NULL,
		 "TARGET",
		 "TARGET   PROBE     WANTED  ENDPOINT  ADDRESS FROM        EXPORTS"},
		{"a name",
		 "db:5432",
		 {NULL},
		 NULL,
		 "db:5432",
		 "db:5432  postgres  all     db:5432   DNS and /etc/hosts  DB_HOST DB_PORT DB_ADDR"},
		{"a bare host's port",
		 "db",
		 {"DB_PORT=tcp://172.17.0.2:5432"},
		 NULL,
		 "db ",
		 "db      postgres  all     db:5432   DNS and /etc/hosts, else 172.17.0.2 of a variable  DB_HOST DB_PORT DB_ADDR"},
		{"an address",
		 "[::1]:80",
		 {NULL},
		 NULL,
		 "[::1]",
		 "[::1]:80  tcp    all     [::1]:80  the target itself  none"},
		{"characters of several bytes",
		 "postgres:///\xc3\xa9?host=/r postgres:///e?host=/r",
		 {NULL},
		 NULL,
		 "postgres:///\xc3\xa9",
		 "postgres:///\xc3\xa9?host=/r  postgres  all     /r, port 5432  a Unix socket  none"},
		{"beside them",
		 "postgres:///\xc3\xa9?host=/r postgres:///e?host=/r",
		 {NULL},
		 NULL,
		 "postgres:///e",
		 "postgres:///e?host=/r  postgres  all     /r, port 5432  a Unix socket  none"},
		{"what a terminal must not obey",
		 "q=postgres:///x?host=/r%0A%1B",
		 {NULL},
		 NULL,
		 "q=",
		 "q=postgres:///x?host=/r%0A%1B  postgres  all     /r\?\?, port 5432  a Unix socket  Q_HOST Q_PORT Q_ADDR"},
		{"a Unix socket without a port",
		 "q=unix:///q",
		 {NULL},
		 NULL,
		 "q=",
		 "q=unix:///q  unix   all     /q        a Unix socket  Q_HOST Q_ADDR"},
		{"the second of two hosts",
		 "postgres://a:1,b:2/x?hostaddr=10.0.0.1,",
		 {NULL},
		 NULL,
		 "          ",
		 "                                                           b:2       DNS and /etc/hosts"},
		{"a member",
		 "-f FILE",
		 {NULL},
		 groups,
		 "b:2",
		 "b:2     tcp    any of group 1  b:2       DNS and /etc/hosts  B_HOST B_PORT B_ADDR"},
		{"a group that is simply wanted", "-f FILE", {NULL}, groups, "group 1", NULL},
		{"a group in a group", "-f FILE", {NULL}, groups, "group 2", "group 2 itself: any of group 1"},
		{"a group of which one is enough", "-f FILE --any", {NULL}, groups, "group 1", "group 1 itself: any"},
		{"no group", "a:1", {NULL}, NULL, "group", NULL},
		{"nobody has settings", "a:1", {NULL}, NULL, "SETTING", NULL},
		{"how many", "a:1", {NULL}, NULL, "37 settings", "37 settings are at their defaults; -v lists them"},
		{"all but one", "-t 9s a:1", {NULL}, NULL, "36 s", "36 settings are at their defaults; -v lists them"},
		{"composed",
		 "--export A=secret --export B=secret:=x a:1",
		 {NULL},
		 NULL,
		 "export ",
		 "export   A=***, B=***  --export"},
		{"the one", "-t 9s a:1", {NULL}, NULL, "timeout", "timeout  9s     --timeout"},
		{"all of them", "-v a:1", {NULL}, NULL, "SETTING", "SETTING          VALUE  FROM"},
		{"a setting", "-v a:1", {NULL}, NULL, "timeout", "timeout          60s    default"},
		{"a time of 0", "-v a:1", {NULL}, NULL, "max-interval", "max-interval     none   default"},
		{"a setting that is not set", "-v a:1", {NULL}, NULL, "config", "config           none   default"},
		{"no targets", "--links=optional", {NULL}, NULL, "no target", "no targets, nothing to wait for"},
		{"no targets, no head", "--links=optional", {NULL}, NULL, "TARGET", NULL},
		{"no command", "a:1", {NULL}, NULL, "command", "command: none"},
		{"a command", "a:1 -- /bin/true x", {NULL}, NULL, "command", "command: /bin/true"},
		{"variables", "--print-env sh a:1", {NULL}, NULL, "print-env", "print-env: sh"},
		{"variables, no command", "--print-env sh a:1", {NULL}, NULL, "command", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct planned planned;
		char *table, *line;

		planned_open(&planned, rows[i].words, rows[i].found, rows[i].content);
		table = explain_table(&planned.config, &planned.command);
		line = line_of(table, rows[i].begin);
		check_text(rows[i].name, line, rows[i].line);
		check_lacks(rows[i].name, table, " \n");
		free(line);
		free(table);
		planned_close(&planned);
	}
}

/* REVIEW 10: a target without endpoints has a line in the table too. */
static void test_without_endpoints(void **state)
{
	struct planned planned;
	struct target *target;
	char *table, *line, *json;

	(void)state;
	planned_open(&planned, "q=db:1 web:2", (const char *const[]){NULL}, NULL);
	cJSON_Delete(planned.plan);
	target = &planned.config.plan.targets[0];
	endpoint_release(&target->endpoints[0]);
	target->endpoint_count = 0;
	json = explain_json(&planned.config, &planned.command);
	planned.plan = cJSON_Parse(json);
	free(json);
	check_int("none", cJSON_GetArraySize(find(planned.plan, "targets/0/endpoints")), 0);
	check_int("none", cJSON_GetArraySize(find(planned.plan, "targets/0/exports")), 0);
	table = explain_table(&planned.config, &planned.command);
	line = line_of(table, "q=");
	check_text("none", line, "q=db:1  tcp    all     none      none                none");
	free(line);
	line = line_of(table, "web");
	check_text("the next", line, "web:2   tcp    all     web:2     DNS and /etc/hosts  WEB_HOST WEB_PORT WEB_ADDR");
	free(line);
	free(table);
	planned_close(&planned);
}

/* A target's own settings come after those of the wait, with the target they are for. */
static void test_own_settings_in_the_table(void **state)
{
	static const char file[] = "{\"targets\": [\"a:1\", {\"target\": \"b:2\", \"timeout\": \"9s\"}]}";
	struct planned planned;
	char *table, *head, *own;
	const char *last;

	(void)state;
	planned_open(&planned, "-v -f FILE", (const char *const[]){NULL}, file);
	table = explain_table(&planned.config, &planned.command);
	head = line_of(table, "SETTING");
	last = strstr(table, "\ntimeout");
	check("both", last && strstr(last + 1, "\ntimeout"));
	own = line_of(strstr(last + 1, "\ntimeout") + 1, "timeout");
	check_has("head", head, "  ONLY FOR");
	check_has("own", own, "  b:2");
	check_has("own", own, "  9s");
	check_has("own", own, "wait.json:1:32  ");
	check_int("aligned", strstr(own, "b:2") - own, strstr(head, "ONLY") - head);
	check_lacks("nobody else's", strstr(table, own) + strlen(own), "only");
	free(table);
	free(head);
	free(own);
	planned_close(&planned);
}

/* Neither text shows a secret. */
static void test_no_secret(void **state)
{
	static const struct line_row rows[] = {
		{"user", "postgres://u:SECRET@db/x", {NULL}, NULL, NULL, NULL},
		{"parameter", "postgres://db/x?password=SECRET", {NULL}, NULL, NULL, NULL},
		{"hosts", "postgres://u:SECRET@db:1,b:2/x?sslpassword=SECRET", {NULL}, NULL, NULL, NULL},
		{"variable", "postgres://u:${PW}@db/x", {"PW=SECRET"}, NULL, NULL, NULL},
		{"libpq's own", "postgres://db/x", {"PGPASSWORD=SECRET"}, NULL, NULL, NULL},
		{"link",
		 "postgres://db/x",
		 {"DB_PORT=tcp://1.2.3.4:5432", "DB_ENV_POSTGRES_PASSWORD=SECRET"},
		 NULL,
		 NULL,
		 NULL},
		{"environment", "", {"WAITFOR_TARGETS=postgres://u:SECRET@db/x"}, NULL, NULL, NULL},
		{"command", "a:1 -- true --password=SECRET", {NULL}, NULL, NULL, NULL},
		{"file", "-f FILE", {NULL}, "{\"targets\": [\"postgres://u:SECRET@db/x\"]}", NULL, NULL},
		{"options in a file",
		 "-f FILE",
		 {NULL},
		 "{\"targets\": [{\"any\": [{\"target\": \"postgres://db/x\", \"options\": {\"password\": \"SECRET\"}}]}]}",
		 NULL,
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct planned planned;
		char *table, *json;

		planned_open(&planned, rows[i].words, rows[i].found, rows[i].content);
		table = explain_table(&planned.config, &planned.command);
		json = explain_json(&planned.config, &planned.command);
		check_lacks(rows[i].name, table, "SECRET");
		check_lacks(rows[i].name, json, "SECRET");
		check_lacks(rows[i].name, unit_log_text(&planned.log), "SECRET");
		free(table);
		free(json);
		planned_close(&planned);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_no_setting_is_missing),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_without_endpoints),
		cmocka_unit_test(test_own_settings_in_the_table),
		cmocka_unit_test(test_no_secret),
	};

	return unit_main(tests);
}
