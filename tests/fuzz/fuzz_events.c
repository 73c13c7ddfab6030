/*
 * What waitfor tells programs of a wait. The input is a target, what a service said, and numbers. Every line is JSON
 * that docs/events.schema.json allows, is short enough for a pipe, and holds no control character.
 * Covers: src/report/events.c src/report/facts.c src/report/junit.c src/report/words.c src/base/json.c
 */
#include "fuzz.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/utf8.h"
#include "report/events.h"
#include "report/junit.h"
#include "schema.h"

static void check_plain(const cJSON *event)
{
	for (const cJSON *item = event->child; item; item = item->next) {
		const char *text = cJSON_GetStringValue(item);
		uint32_t code;
		size_t len;

		for (; text && *text; text += len) {
			len = utf8_decode(text, strlen(text), &code);
			fuzz_check(len && !utf8_is_control(code), item->valuestring);
		}
	}
}

static void check_lines(char *lines)
{
	const cJSON *schema = schema_load("docs/events.schema.json");
	char *line;

	while ((line = strsep(&lines, "\n")) && *line) {
		cJSON *event;

		schema_check(schema, schema_definition(schema, "event"), line);
		event = cJSON_Parse(line);
		check_plain(event);
		fuzz_check(strlen(line) + 1 < PIPE_BUF, line);
		cJSON_Delete(event);
	}
}

/* A document of XML is text without control characters whose tags are closed. */
static void check_junit(const struct sinks_view *view, enum verdict verdict)
{
	const struct facts facts = {.view = view, .verdict = verdict, .started = "2026-01-31T23:59:59.999Z"};
	char *document = junit_document(&facts);
	bool in_tag = false;

	for (const char *c = document; *c; c++) {
		fuzz_check((unsigned char)*c >= ' ' || *c == '\n', document);
		fuzz_check(*c != '<' || !in_tag, document);
		fuzz_check(*c != '>' || in_tag, document);
		in_tag = *c == '<' || (in_tag && *c != '>');
	}
	fuzz_check(!in_tag, document);
	free(document);
}

static void tell(struct progress *progress, struct fuzz *in, struct log *log)
{
	static const enum progress_state ends[] = {PROGRESS_DONE, PROGRESS_MISSED, PROGRESS_EXPIRED, PROGRESS_SKIPPED};
	enum verdict verdict = (enum verdict)(fuzz_byte(in) % (VERDICT_SIGNALLED + 1));
	struct sinks_view view = {.list = progress, .count = 1, .down = fuzz_byte(in) % 2, .ended = 5000000};
	struct sink *sink = events_new(log);
	struct outcome outcome = outcome_make((enum outcome_kind)(1 + fuzz_byte(in) % (OUTCOME_KINDS - 1)), NULL);
	enum progress_state end = ends[fuzz_byte(in) % (sizeof(ends) / sizeof(ends[0]))];
	struct place place = {.port = (uint16_t)(fuzz_byte(in) << 8 | fuzz_byte(in))};
	char *rest = fuzz_rest(in);

	if (end == PROGRESS_DONE)
		outcome.kind = view.down ? OUTCOME_REFUSED : OUTCOME_READY;
	outcome = outcome_make(outcome.kind, "%s", rest);
	memcpy(place.address, rest, strnlen(rest, sizeof(place.address) - 1));
	place.others = strlen(rest) % 3;
	sink->begin(sink, &view, NULL);
	progress_record(progress, &outcome, &place, 1000000);
	sink->attempted(sink, progress, true);
	sink->attempted(sink, progress, false);
	progress_end(progress, end, 2000000);
	if (end == PROGRESS_DONE)
		sink->done(sink, progress);
	sink->end(sink, verdict, verdict == VERDICT_SIGNALLED ? 15 : 0);
	check_junit(&view, verdict);
	sink->exec(sink, *rest ? rest : "x");
	events_set_log(log);
	log_line(log, LOG_LEVEL_ERROR, "said: %s", rest);
	sink->free(sink);
	free(rest);
}

void fuzz_one(struct fuzz *in)
{
	char *text = fuzz_line(in), *variables[] = {NULL}, *lines;
	struct progress progress;
	struct target target;
	struct error err = {0};
	struct env env;
	struct log log;

	env_copy(&env, variables);
	log_init(&log, -1);
	if (text && target_parse(&target, text, &err) == 0) {
		if (probe_bind(&target, 1, &env, &log, &err) == 0) {
			fuzz_log_open(&log);
			progress_init(&progress, &target, 0);
			tell(&progress, in, &log);
			lines = fuzz_log_text();
			check_lines(lines);
			free(lines);
		}
		probe_unbind(&target, 1);
		target_release(&target);
	}
	env_release(&env);
	free(text);
}
