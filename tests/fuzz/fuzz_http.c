/*
 * Replies of HTTP and gRPC. The input is the parameters of a URL, then a byte each for status and more, the head, an
 * empty line, and the body. The judges are pure; and what a JSON pointer made for an item is asked for, is there.
 * Covers: src/probe/http/httpjudge.c src/probe/http/httpplan.c src/probe/grpc/grpcjudge.c
 */
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/percent.h"
#include "probe/grpc/grpcjudge.h"
#include "probe/http/httpjudge.h"

/* Judges the reply as one to a URL with these parameters. OUTCOME_NONE: the URL is refused. */
static struct outcome judge(const char *query, const struct fetch_reply *reply)
{
	struct outcome outcome = {0}, again;
	char *url = alloc_format("http://web/?%s", query), *none[] = {NULL};
	struct target target;
	struct error err = {0};
	struct env env;
	struct log log;

	env_copy(&env, none);
	log_init(&log, -1);
	if (target_parse(&target, url, &err) == 0) {
		if (probe_bind(&target, 1, &env, &log, &err) == 0) {
			outcome = httpjudge_reply(target.plan, reply, false);
			again = httpjudge_reply(target.plan, reply, false);
			fuzz_check(outcome.kind != OUTCOME_NONE && outcome.kind == again.kind, url);
			fuzz_check(strcmp(outcome.detail, again.detail) == 0, url);
		}
		probe_unbind(&target, 1);
		target_release(&target);
	}
	env_release(&env);
	free(url);
	return outcome;
}

/* Adds a step of a JSON pointer (RFC 6901). */
static void add_step(struct buf *pointer, const char *key)
{
	buf_add_text(pointer, "/");
	for (; *key; key++)
		if (*key == '~' || *key == '/')
			buf_add_text(pointer, *key == '~' ? "~0" : "~1");
		else
			buf_add(pointer, key, 1);
}

/* Walks to an item that the numbers choose. NULL: it cannot be named, since a key stands twice or holds a '='. */
static const cJSON *walk(const cJSON *item, size_t number, struct buf *pointer)
{
	while (item->child) {
		int size = cJSON_GetArraySize(item), index = (int)(number % (size_t)size);
		const cJSON *child = cJSON_GetArrayItem(item, index);
		char *digits = alloc_format("%d", index);

		if (child->string &&
		    (strpbrk(child->string, "=\r") || cJSON_GetObjectItemCaseSensitive(item, child->string) != child)) {
			free(digits);
			return NULL;
		}
		add_step(pointer, child->string ? child->string : digits);
		free(digits);
		number /= 2;
		item = child;
	}
	return item;
}

static void check_pointer(const struct fetch_reply *reply, size_t number)
{
	cJSON *root = cJSON_ParseWithLength(reply->body.data ? reply->body.data : "", reply->body.len);
	struct buf pointer = {0}, query = {0};
	const cJSON *item = root ? walk(root, number, &pointer) : NULL;
	char *value = item ? cJSON_IsString(item) ? alloc_text(item->valuestring) : cJSON_PrintUnformatted(item) : NULL;
	struct outcome outcome;

	if (value && pointer.len && !strchr(value, '\r') && !(cJSON_IsNumber(item) && !isfinite(item->valuedouble))) {
		buf_add_text(&pointer, "=");
		buf_add_text(&pointer, value);
		buf_add_text(&query, "expect-json=");
		percent_encode(&query, pointer.data);
		outcome = judge(query.data, reply);
		fuzz_check(outcome.kind == OUTCOME_READY, outcome.kind ? outcome.detail : query.data);
	}
	free(value);
	buf_release(&query);
	buf_release(&pointer);
	cJSON_Delete(root);
}

void fuzz_one(struct fuzz *in)
{
	char *query = fuzz_line(in), *line;
	struct fetch_reply reply = {.status = 200};
	unsigned how;

	reply.status = fuzz_byte(in) * 4 % 1000;
	how = fuzz_byte(in);
	reply.cut = how & 1;
	while ((line = fuzz_line(in)) && *line) {
		buf_add_text(&reply.head, line);
		buf_add_text(&reply.head, "\r\n");
		free(line);
	}
	free(line);
	buf_add(&reply.body, in->at, in->left);
	judge(query ? query : "", &reply);
	fuzz_check(grpcjudge_reply(&reply, how & 2).kind != OUTCOME_NONE, NULL);
	reply.status = 200;
	reply.cut = false;
	check_pointer(&reply, how);
	buf_release(&reply.head);
	buf_release(&reply.body);
	free(query);
}
