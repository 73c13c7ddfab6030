/*
 * clock_parse reads every duration that clock_format writes, and both agree as far as the text is exact.
 * Covers: src/base/clock.c
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* The worth of the last digit that clock_format writes of a duration. */
static int64_t precision(int64_t duration)
{
	if (duration < 10 * CLOCK_MS)
		return CLOCK_MS / 10;
	if (duration < CLOCK_S)
		return CLOCK_MS;
	if (duration < 10 * CLOCK_S)
		return 10 * CLOCK_MS;
	return duration < 100 * CLOCK_S ? 100 * CLOCK_MS : CLOCK_S;
}

static void check_format(int64_t duration)
{
	struct error err = {0};
	int64_t back = -1, again = -1;
	char text[64];

	fuzz_check(clock_format(duration, text, sizeof(text)) == text, text);
	fuzz_check(clock_parse(text, &back, &err) == 0, text);
	fuzz_check(back <= duration && duration - back < precision(duration), text);
	clock_format(back, text, sizeof(text));
	fuzz_check(clock_parse(text, &again, &err) == 0 && again == back, text);
}

void fuzz_one(struct fuzz *in)
{
	static const int64_t century = INT64_C(36525) * 24 * 3600 * CLOCK_S;
	struct error err = {0};
	int64_t duration = -1;
	uint64_t number = 0;
	struct fuzz bytes = *in;
	char *text = fuzz_rest(in);

	if (clock_parse(text, &duration, &err)) {
		fuzz_check(err.set && strstr(err.text, "is not a duration"), err.text);
		fuzz_check(duration == -1, text);
	} else {
		fuzz_check(!err.set && duration >= 0 && duration <= century, text);
		fuzz_check(duration || !strpbrk(text, "123456789"), text);
		check_format(duration);
	}
	for (size_t i = 0; i < 8; i++)
		number = number << 8 | fuzz_byte(&bytes);
	check_format((int64_t)(number % (uint64_t)century));
	free(text);
}
