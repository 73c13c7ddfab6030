#include "probe/http/httpjudge.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/alloc.h"
#include "base/buf.h"

/* The service's own phrase may repeat what was sent, and HTTP/2 has none (RFC 9110, 15). */
static const char *httpjudge_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{200, " OK"},
		{204, " No Content"},
		{301, " Moved Permanently"},
		{302, " Found"},
		{400, " Bad Request"},
		{401, " Unauthorized"},
		{403, " Forbidden"},
		{404, " Not Found"},
		{405, " Method Not Allowed"},
		{429, " Too Many Requests"},
		{500, " Internal Server Error"},
		{502, " Bad Gateway"},
		{503, " Service Unavailable"},
		{504, " Gateway Timeout"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "";
}

static struct outcome httpjudge_status(const struct httpplan *plan, const struct fetch_reply *reply, bool login)
{
	const char *wanted = plan->params->status ? plan->params->status : "200-399";
	/* Waiting does not change a password. Without one, the service may not know yet who may come in. */
	enum outcome_kind kind =
		login && (reply->status == 401 || reply->status == 403) ? OUTCOME_DENIED : OUTCOME_STARTING;

	return outcome_make(kind, "status %d%s, not %.60s", reply->status, httpjudge_phrase(reply->status), wanted);
}

/* Returns the item at a JSON pointer (RFC 6901), len bytes long; NULL if there is none. */
static const cJSON *httpjudge_find(const cJSON *item, const char *pointer, size_t len)
{
	const char *end = pointer + len;

	while (item && pointer < end && *pointer == '/') {
		struct buf token = {0};
		char *name;

		for (pointer++; pointer < end && *pointer != '/'; pointer++) {
			bool escaped = *pointer == '~' && pointer + 1 < end && (pointer[1] == '0' || pointer[1] == '1');

			buf_add(&token, escaped ? pointer[1] == '0' ? "~" : "/" : pointer, 1);
			pointer += escaped;
		}
		name = buf_detach(&token);
		if (cJSON_IsArray(item))
			item = *name && !name[strspn(name, "0123456789")] && strlen(name) < 9
				       ? cJSON_GetArrayItem(item, (int)strtol(name, NULL, 10))
				       : NULL;
		else
			item = cJSON_GetObjectItemCaseSensitive(item, name);
		free(name);
	}
	return item;
}

/* Is the item this value? A text is compared as it is, a number by what it is worth, anything else as JSON. */
static bool httpjudge_is(const cJSON *item, const char *value)
{
	char *end, *printed;
	double number;
	bool same;

	if (cJSON_IsString(item))
		return strcmp(item->valuestring, value) == 0;
	number = strtod(value, &end);
	if (cJSON_IsNumber(item))
		return (*value == '-' || isdigit((unsigned char)*value)) && !*end && !(number < item->valuedouble) &&
		       !(number > item->valuedouble);
	printed = alloc_check(cJSON_PrintUnformatted(item));
	same = strcmp(printed, value) == 0;
	cJSON_free(printed);
	return same;
}

/* Checks "/pointer=value" or "/pointer". The value that was found may be a secret, so it is not told. */
static struct outcome httpjudge_json(const cJSON *root, const char *expected)
{
	size_t len = strcspn(expected, "=");
	const cJSON *item = httpjudge_find(root, expected, len);

	if (!item)
		return outcome_make(OUTCOME_STARTING, "the JSON has nothing at %.*s", (int)(len < 100 ? len : 100),
				    expected);
	if (expected[len] && !httpjudge_is(item, expected + len + 1))
		return outcome_make(OUTCOME_STARTING, "the JSON is not %.120s", expected);
	return outcome_make(OUTCOME_READY, NULL);
}

static struct outcome httpjudge_body(const struct httpplan *plan, const struct fetch_reply *reply)
{
	const struct options_list *expected = &plan->params->expect_json;
	const char *body = reply->body.data ? reply->body.data : "";
	struct outcome outcome = outcome_make(OUTCOME_READY, NULL);
	cJSON *root;

	if (reply->cut)
		return outcome_make(OUTCOME_GARBLED, "its body is longer than %d kB",
				    (int)(httpplan_body_max(plan) / 1024));
	if (plan->body && !pattern_finds(plan->body, body, reply->body.len, true))
		return outcome_make(OUTCOME_STARTING, "the body does not match expect-body");
	if (!expected->count)
		return outcome;
	root = cJSON_ParseWithLength(body, reply->body.len);
	if (!root)
		return outcome_make(OUTCOME_STARTING, "the body is not JSON");
	for (size_t i = 0; i < expected->count && outcome.kind == OUTCOME_READY; i++)
		outcome = httpjudge_json(root, expected->items[i]);
	cJSON_Delete(root);
	return outcome;
}

/* Is there such a header? One that is given several times may match any time. */
static bool httpjudge_has_header(const struct fetch_reply *reply, const struct httpplan_header *header)
{
	const char *value = NULL;
	size_t len = 0;

	while ((value = fetch_header(reply, header->name, header->name_len, value ? value + len : NULL, &len)))
		if (!header->value || pattern_finds(header->value, value, len, true))
			return true;
	return false;
}

struct outcome httpjudge_reply(const struct httpplan *plan, const struct fetch_reply *reply, bool login)
{
	if (reply->status < HTTPPLAN_STATUS_MIN || reply->status > HTTPPLAN_STATUS_MAX || !plan->wanted[reply->status])
		return httpjudge_status(plan, reply, login);
	for (size_t i = 0; i < plan->header_count; i++)
		if (!httpjudge_has_header(reply, &plan->headers[i]))
			return outcome_make(OUTCOME_STARTING, "the reply lacks the header %.*s, or it does not match",
					    (int)(plan->headers[i].name_len < 60 ? plan->headers[i].name_len : 60),
					    plan->headers[i].name);
	return httpplan_reads_body(plan) ? httpjudge_body(plan, reply) : outcome_make(OUTCOME_READY, NULL);
}
