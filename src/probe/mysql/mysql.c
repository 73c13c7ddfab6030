/*
 * MySQL and MariaDB: ready when the server takes part in a login, with a password: when it lets us in and answers a query.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html, https://mariadb.com/kb/en/clientserver-protocol/
 *
 * A server counts clients that leave in the middle of the handshake, and blocks their host after max_connect_errors of
 * them. Those that it denies do not count: "only protocol handshake errors are counted" (MySQL manual, "The host_cache
 * Table", SUM_CONNECT_ERRORS; for MariaDB 10.11 tests/e2e/test_mysql.py shows it). So each handshake is brought to its end,
 * whatever the answer will be (FACTS 31).
 */
#include <stdlib.h>
#include <string.h>

#include "attempt/dialog.h"
#include "probe/mysql/mysqllogin.h"
#include "probe/mysql/mysqlquery.h"
#include "probe/mysql/mysqltalk.h"
#include "target/scheme.h"

/* Asks the next question. After the last one the server is ready. */
static void mysql_ask(struct mysqltalk *talk)
{
	const struct mysqlquery_params *params = mysqltalk_params(talk->target);
	struct buf sql = {0};

	if (!mysqlquery_next(&talk->query, params)) {
		mysqltalk_part(talk, outcome_make(OUTCOME_READY, NULL));
		return;
	}
	if (!mysqltalk_must_say(talk))
		return;
	mysqlquery_add(&talk->query, params, &sql);
	mysqltalk_command(talk, MYSQLTALK_QUERY, sql.data);
	buf_release(&sql);
}

static void mysql_log_in(struct mysqltalk *talk)
{
	if (!mysqllogin_go_on(talk))
		return;
	if (target_has_password(talk->target))
		mysql_ask(talk);
	else
		mysqltalk_part(talk, mysqltalk_up(talk->target));
}

static void mysql_answered(struct mysqltalk *talk)
{
	struct outcome found = {0};

	if (talk->packet[0] == MYSQLTALK_ERROR)
		mysqltalk_refused(talk);
	else if (!mysqlquery_take(&talk->query, talk->packet, talk->len, &found))
		return;
	else if (found.kind == OUTCOME_READY)
		mysql_ask(talk);
	else
		mysqltalk_part(talk, found);
}

static bool mysql_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			struct outcome *outcome)
{
	static void (*const stages[])(struct mysqltalk * talk) = {
		[MYSQLTALK_GREETING] = mysqllogin_greet,
		[MYSQLTALK_LOGIN] = mysql_log_in,
		[MYSQLTALK_SESSION] = mysql_answered,
	};
	struct mysqltalk talk = {
		.target = target, .turn = heard->turn, .secure = heard->secure, .out = out, .outcome = outcome};
	const unsigned char *at = (const unsigned char *)heard->data;
	size_t left = heard->len;

	while (outcome->kind == OUTCOME_NONE && !out->len && mysqltalk_take(&talk, &at, &left))
		stages[talk.stage](&talk);
	/* Behind the greeting nothing comes before TLS; what does may be from anybody on the way. */
	if (security_is_on(&target->security) && heard->turn == 0 && out->len && left)
		mysqltalk_garbled(&talk, "it speaks before TLS begins");
	return outcome->kind != OUTCOME_NONE;
}

static int mysql_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	const char *path = target->tail + (target->tail[0] == '/');
	char *database = mysqllogin_database(target);
	bool named = database && *database;

	(void)env;
	(void)log;
	free(database);
	if (dialog_check_host(target, err))
		return -1;
	if (!database)
		return errors_set(err, "a database's name cannot hold %%00; write mysql://host:3306/db");
	if (path[strcspn(path, "/?")] == '/')
		return errors_set(err, "a '/' in a database's name must be written %%2F; write mysql://host:3306/db");
	return mysqlquery_check(mysqltalk_params(target), named, err);
}

/* Its request was said as the answer to the greeting, and has no answer of its own ("Protocol::SSLRequest"). */
static bool mysql_begins_tls(const struct target *target, const struct dialog_heard *heard, const struct buf *said)
{
	(void)target;
	return heard->turn == 0 && said->len > 0;
}

static const struct dialog mysql_dialog = {.judge = mysql_judge, .remembers = true, .begins_tls = mysql_begins_tls};

static const struct protocol mysql_protocol = {
	.dialog = &mysql_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = mysql_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

/* Names of URLs in Rails and Doctrine. */
static const char *const mysql_others[] = {"mysql2", "trilogy", "pdo-mysql", "pdo_mysql", NULL};

const struct scheme scheme_mysql = {
	.name = "mysql",
	.alias = "mariadb",
	.others = mysql_others,
	.summary = "MySQL or MariaDB answers; with a password: logs in and answers a query",
	.example = "mysql://host:3306",
	.default_port = 3306,
	.tls = SCHEME_TLS_INSIDE,
	.claims_port = true,
	.params = &mysqlquery_table,
	.params_size = sizeof(struct mysqlquery_params),
	.takes_credentials = true,
	.link_user = "MYSQL_USER",
	.link_password = "MYSQL_PASSWORD",
	.protocol = &mysql_protocol,
};
