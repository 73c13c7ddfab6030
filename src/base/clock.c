#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CLOCK_CENTURY (INT64_C(36525) * 86400 * CLOCK_S)

struct clock_unit {
	const char *name;
	int64_t length;
};

/* Largest first. The units of "1m30s" follow this order; those of "30s1m" do not, which is an error. */
static const struct clock_unit clock_units[] = {
	{"d", 86400 * CLOCK_S}, {"h", 3600 * CLOCK_S}, {"m", 60 * CLOCK_S}, {"s", CLOCK_S}, {"ms", CLOCK_MS}, {"us", 1},
};

enum { CLOCK_UNITS = sizeof(clock_units) / sizeof(clock_units[0]) };

static int64_t clock_read(clockid_t id)
{
	struct timespec now = {0};

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * CLOCK_S + now.tv_nsec / 1000;
}

int64_t clock_now(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_spent(void)
{
	return clock_read(CLOCK_PROCESS_CPUTIME_ID);
}

/*
 * Returns the number at *text in millionths and moves *text past it. Returns -1 for no number or one that is too large.
 */
static int64_t clock_number(const char **text)
{
	const char *at = *text;
	int64_t number = 0, digit_worth = CLOCK_S;
	bool any = false;

	for (; isdigit((unsigned char)*at); at++, any = true) {
		number = number * 10 + (*at - '0') * CLOCK_S;
		if (number > CLOCK_CENTURY)
			return -1;
	}
	if (any && *at == '.' && isdigit((unsigned char)at[1]))
		for (at++; isdigit((unsigned char)*at); at++) {
			digit_worth /= 10;
			number += (*at - '0') * digit_worth;
		}
	*text = at;
	return any ? number : -1;
}

/*
 * Returns the row, from `from` on, of the unit at *text, and moves *text past it. Returns CLOCK_UNITS for any other
 * text.
 */
static size_t clock_unit(const char **text, size_t from)
{
	size_t len = strcspn(*text, "0123456789.");

	for (size_t i = from; i < CLOCK_UNITS; i++)
		if (strlen(clock_units[i].name) == len && strncmp(*text, clock_units[i].name, len) == 0) {
			*text += len;
			return i;
		}
	return CLOCK_UNITS;
}

/* Returns the duration in microseconds, or -1 for a text that is not a duration. */
static int64_t clock_sum(const char *text)
{
	int64_t total = 0;
	size_t row = 0;

	do {
		int64_t number = clock_number(&text), length;

		if (number < 0)
			return -1;
		if (*text == '\0' && total == 0 && row == 0)
			return number; /* a bare number: seconds */
		row = clock_unit(&text, row);
		if (row == CLOCK_UNITS)
			return -1;
		length = clock_units[row++].length;
		if (number / CLOCK_S > CLOCK_CENTURY / length)
			return -1;
		total += number / CLOCK_S * length + number % CLOCK_S * length / CLOCK_S;
	} while (*text);
	return total <= CLOCK_CENTURY ? total : -1;
}

/* "0.0000001" is not zero: clock_parse rounds it up, because some settings take 0 as "for ever". */
static bool clock_is_zero(const char *text)
{
	return text[strcspn(text, "123456789")] == '\0';
}

int clock_parse(const char *text, int64_t *duration, struct error *err)
{
	int64_t value = clock_sum(text);

	if (value < 0)
		return errors_set(err, "\"%s\" is not a duration; write 500ms, 10s, 1m30s or a number of seconds",
				  text);
	*duration = value || clock_is_zero(text) ? value : 1;
	return 0;
}

char *clock_format(int64_t duration, char *out, size_t size)
{
	long long seconds = (long long)(duration / CLOCK_S), ms = (long long)(duration / CLOCK_MS);

	if (duration > 0 && duration < 10 * CLOCK_MS)
		snprintf(out, size, "%lld.%lldms", ms, (long long)(duration % CLOCK_MS / 100));
	else if (duration < 100 * CLOCK_S && duration % CLOCK_S == 0)
		snprintf(out, size, "%llds", seconds);
	else if (duration < CLOCK_S)
		snprintf(out, size, "%lldms", ms);
	else if (duration < 10 * CLOCK_S)
		snprintf(out, size, "%lld.%02llds", seconds, ms % 1000 / 10);
	else if (duration < 100 * CLOCK_S)
		snprintf(out, size, "%lld.%llds", seconds, ms % 1000 / 100);
	else if (duration < 3600 * CLOCK_S)
		snprintf(out, size, "%lldm%02llds", seconds / 60, seconds % 60);
	else
		snprintf(out, size, "%lldh%02lldm%02llds", seconds / 3600, seconds / 60 % 60, seconds % 60);
	return out;
}

char *clock_utc(char *out, size_t size)
{
	struct timespec now = {0};
	struct tm utc = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
		 utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now.tv_nsec / 1000000));
	return out;
}
