/* https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html */
#include "probe/mysql/mysqlquery.h"

#include <string.h>
#include <strings.h>

#include "base/number.h"

/* First bytes of packets, and of values: up to 0xfa it is a length ("Integer Types", int<lenenc>). */
enum { MYSQLQUERY_NULL = 0xfb, MYSQLQUERY_LENGTH_2 = 0xfc, MYSQLQUERY_EOF = 0xfe, MYSQLQUERY_EOF_MAX = 8 };

static const struct options_row mysqlquery_rows[] = {
	{.key = "table",
	 .type = OPTIONS_TEXT,
	 .offset = offsetof(struct mysqlquery_params, table),
	 .arg = "NAME",
	 .help = "this table exists"},
	{.key = "query",
	 .type = OPTIONS_TEXT,
	 .offset = offsetof(struct mysqlquery_params, query),
	 .arg = "SQL",
	 .help = "the first column of the first row is true"},
};
const struct options_table mysqlquery_table = {mysqlquery_rows, sizeof(mysqlquery_rows) / sizeof(mysqlquery_rows[0])};

int mysqlquery_check(const struct mysqlquery_params *params, bool has_database, struct error *err)
{
	const char *dot = params->table ? strchr(params->table, '.') : NULL;

	if (params->table && ((!dot && !has_database) || dot == params->table || (dot && !dot[1])))
		return errors_set(err, "a table is DATABASE.NAME, or NAME where the URL has a database; write "
				       "mysql://host:3306/DATABASE?table=NAME");
	return 0;
}

bool mysqlquery_next(struct mysqlquery *query, const struct mysqlquery_params *params)
{
	enum mysqlquery_question last = query->question;

	*query = (struct mysqlquery){.question = MYSQLQUERY_END};
	if (last == MYSQLQUERY_NONE && params->table)
		query->question = MYSQLQUERY_TABLE;
	else if (last < MYSQLQUERY_QUERY && params->query)
		query->question = MYSQLQUERY_QUERY;
	else if (last == MYSQLQUERY_NONE)
		query->question = MYSQLQUERY_PING;
	return query->question != MYSQLQUERY_END;
}

/* "shop.order" becomes `shop`.`order`. A '`' in a name is doubled (MySQL manual, "Schema Object Names"). */
static void mysqlquery_add_name(struct buf *sql, const char *name)
{
	const char *dot = strchr(name, '.');

	buf_add_text(sql, "`");
	for (; *name; name++) {
		if (name == dot) {
			buf_add_text(sql, "`.`");
			continue;
		}
		buf_add(sql, name, 1);
		if (*name == '`')
			buf_add(sql, name, 1);
	}
	buf_add_text(sql, "`");
}

void mysqlquery_add(const struct mysqlquery *query, const struct mysqlquery_params *params, struct buf *sql)
{
	if (query->question == MYSQLQUERY_QUERY) {
		buf_add_text(sql, params->query);
		return;
	}
	buf_add_text(sql, "SELECT 1");
	if (query->question == MYSQLQUERY_TABLE) {
		buf_add_text(sql, " FROM ");
		mysqlquery_add_name(sql, params->table);
		buf_add_text(sql, " LIMIT 0");
	}
}

/* Is the value at the beginning of the row true? It is a text, or a BIT with bytes of its own. 0.00 is not, nor is "". */
static bool mysqlquery_is_true(const unsigned char *row, size_t len)
{
	size_t size = row[0], head = 1, i = 0;
	const char *text;

	if (size == MYSQLQUERY_NULL)
		return false;
	if (size > MYSQLQUERY_NULL)
		return true; /* it is long */
	size = size < len - head ? size : len - head;
	text = (const char *)row + head;
	while (i < size && (!text[i] || strchr("+-.0", text[i])))
		i++;
	if (i == size)
		return false;
	return !(size == 1 && strncasecmp(text, "f", 1) == 0) && !(size == 5 && strncasecmp(text, "false", 5) == 0);
}

/* Reads the first packet: the number of columns, or OK from a statement that gives no rows. */
static bool mysqlquery_take_head(struct mysqlquery *query, const unsigned char *packet, size_t len,
				 struct outcome *outcome)
{
	query->columns = packet[0];
	if (packet[0] == MYSQLQUERY_LENGTH_2 && len == 3)
		query->columns = number_read_low(packet + 1, 2);
	else if (packet[0] && (packet[0] >= MYSQLQUERY_NULL || len != 1))
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no result of a query");
	else if (!packet[0])
		*outcome = query->question == MYSQLQUERY_QUERY
				   ? outcome_make(OUTCOME_UNSUITABLE, "the query gives no rows")
				   : outcome_make(OUTCOME_READY, NULL);
	query->stage = MYSQLQUERY_COLUMNS;
	return outcome->kind != OUTCOME_NONE;
}

/* A row, or the end of all. Of several rows the first one counts. */
static void mysqlquery_take_row(const struct mysqlquery *query, const unsigned char *packet, size_t len,
				struct outcome *outcome)
{
	bool end = packet[0] == MYSQLQUERY_EOF && len <= MYSQLQUERY_EOF_MAX,
	     asked = query->question == MYSQLQUERY_QUERY;

	if (asked && end)
		*outcome = outcome_make(OUTCOME_UNSUITABLE, "the query gives no rows");
	else if (asked && !mysqlquery_is_true(packet, len))
		*outcome = outcome_make(OUTCOME_UNSUITABLE, "the first column of the query's first row is not true");
	else
		*outcome = outcome_make(OUTCOME_READY, NULL);
}

bool mysqlquery_take(struct mysqlquery *query, const unsigned char *packet, size_t len, struct outcome *outcome)
{
	if (query->stage == MYSQLQUERY_HEAD)
		return mysqlquery_take_head(query, packet, len, outcome);
	if (query->stage == MYSQLQUERY_COLUMNS) {
		if (query->columns-- == 0) /* behind the columns is a packet that ends them */
			query->stage = MYSQLQUERY_ROWS;
		return false;
	}
	mysqlquery_take_row(query, packet, len, outcome);
	return true;
}
