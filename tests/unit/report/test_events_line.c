#include "unit.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "report/events.h"

static const char *text_of(const cJSON *event, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, key));
}

static long long number_of(const cJSON *event, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(event, key);

	return cJSON_IsNumber(item) ? (long long)item->valuedouble : -1;
}

/* Returns the only line that was written, parsed. The caller frees it. */
static cJSON *take(struct unit_log *log)
{
	const char *line = unit_log_text(log);
	cJSON *event;

	check_int("one write", log->writes, 1);
	check("one line, that ends", strchr(line, '\n') == line + strlen(line) - 1);
	event = cJSON_Parse(line);
	check_text("JSON", event ? NULL : line, NULL);
	return event;
}

/* "2026-01-31T23:59:59.999Z", and it is now. */
static void test_time(void **state)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	char text[CLOCK_UTC_MAX];
	struct tm utc = {0};
	time_t now = time(NULL), said;

	(void)state;
	check_text("out", clock_utc(text, sizeof(text)), text);
	check_int("length", (long long)strlen(text), (long long)strlen(form));
	for (size_t i = 0; form[i]; i++)
		check(text, form[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i]);
	check("read back", strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) != NULL);
	said = timegm(&utc);
	check("now", said >= now - 1 && said <= now + 60);
}

static void test_what_every_event_has(void **state)
{
	struct unit_log log;
	cJSON *event;

	(void)state;
	unit_log_open(&log);
	log.log.level = LOG_LEVEL_ERROR; /* it suppresses lines for people, not events */
	events_send(&log.log, events_line("start", 1999 * CLOCK_MS + 999));
	event = take(&log);
	check_int("version", number_of(event, "version"), EVENTS_VERSION);
	check_text("event", text_of(event, "event"), "start");
	check("time", text_of(event, "time") != NULL);
	check_int("elapsed", number_of(event, "elapsed_ms"), 1999);
	check_int("nothing else", cJSON_GetArraySize(event), 4);
	cJSON_Delete(event);
	unit_log_close(&log);
}

struct message_row {
	const char *name;
	enum log_level level;
	const char *text, *told, *as;
};

static void test_messages(void **state)
{
	static const struct message_row rows[] = {
		{"an error", LOG_LEVEL_ERROR, "no", "no", "error"},
		{"a notice", LOG_LEVEL_NORMAL, "well", "well", "notice"},
		{"of -v", LOG_LEVEL_VERBOSE, "well", "well", "notice"},
		{"empty", LOG_LEVEL_ERROR, "", "", "error"},
		{"quotes", LOG_LEVEL_ERROR, "a\"b\\c", "a\"b\\c", "error"},
		{"line feed and escape", LOG_LEVEL_ERROR, "a\n\x1b[1m", "a??[1m", "error"},
		{"no UTF-8", LOG_LEVEL_ERROR, "\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd", "error"},
		{"UTF-8", LOG_LEVEL_ERROR, "d\xc3\xbc", "d\xc3\xbc", "error"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct unit_log log;
		cJSON *event;

		unit_log_open(&log);
		log.log.level = LOG_LEVEL_VERBOSE;
		events_set_log(&log.log);
		log_line(&log.log, rows[i].level, "%s", rows[i].text);
		event = take(&log);
		check_text(rows[i].name, text_of(event, "event"), "message");
		check_text(rows[i].name, text_of(event, "text"), rows[i].told);
		check_text(rows[i].name, text_of(event, "level"), rows[i].as);
		check_int(rows[i].name, cJSON_GetArraySize(event), 6);
		cJSON_Delete(event);
		unit_log_close(&log);
	}
}

static void test_messages_keep_to_the_level(void **state)
{
	struct unit_log log;

	(void)state;
	unit_log_open(&log);
	events_set_log(&log.log);
	log_line(&log.log, LOG_LEVEL_VERBOSE, "not asked for");
	check_text("nothing", unit_log_text(&log), "");
	unit_log_close(&log);
}

static void test_elapsed_counts_from_the_begin_of_the_wait(void **state)
{
	static const int64_t ago[] = {0, 90 * CLOCK_S};

	(void)state;
	for (size_t i = 0; i < COUNT(ago); i++) {
		struct unit_log log;
		long long elapsed;
		cJSON *event;

		unit_log_open(&log);
		events_set_log(&log.log);
		log.log.began = ago[i] ? clock_now() - ago[i] : 0;
		log_line(&log.log, LOG_LEVEL_ERROR, "no");
		event = take(&log);
		elapsed = number_of(event, "elapsed_ms");
		check("elapsed", elapsed >= ago[i] / CLOCK_MS && elapsed <= (ago[i] ? ago[i] / CLOCK_MS + 30000 : 0));
		cJSON_Delete(event);
		unit_log_close(&log);
	}
}

/* An error ends with what to write instead. An event has as much of it as a line does, and still fits into PIPE_BUF. */
static void test_a_long_message(void **state)
{
	static const char fillers[] = {'x', '"', '\\', '\x01', '\xff'};

	(void)state;
	for (size_t i = 0; i < COUNT(fillers); i++) {
		char text[9001], name[16];
		struct unit_log log;
		cJSON *event;

		snprintf(name, sizeof(name), "%02x", (unsigned char)fillers[i]);
		memset(text, fillers[i], sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		unit_log_open(&log);
		events_set_log(&log.log);
		log_line(&log.log, LOG_LEVEL_ERROR, "%s", text);
		event = take(&log);
		check(name, strlen(log.text) < PIPE_BUF);
		check(name, strlen(text_of(event, "text")) > 1300);
		cJSON_Delete(event);
		unit_log_close(&log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_what_every_event_has),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_messages_keep_to_the_level),
		cmocka_unit_test(test_elapsed_counts_from_the_begin_of_the_wait),
		cmocka_unit_test(test_a_long_message),
	};

	return unit_main(tests);
}
