/* Monotonic time and durations. All times in the program are int64_t microseconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"

#define CLOCK_MS INT64_C(1000)
#define CLOCK_S  INT64_C(1000000)

/* Microseconds of CLOCK_MONOTONIC: never jumps when somebody sets the wall clock (FACTS 42). */
int64_t clock_now(void);

/* Microseconds that this process has run on a processor. */
int64_t clock_spent(void);

/*
 * "500ms", "10s", "1m30s", "2h", "1.5s"; a bare number is seconds. Refuses signs, blanks, unknown
 * units, units out of order and anything beyond a century, and says what would be right.
 */
int clock_parse(const char *text, int64_t *duration, struct error *err);

/* For people: "0.8ms", "450ms", "3.21s", "59.1s", "60s", "1m42s", "2h03m00s". Returns out. */
char *clock_format(int64_t duration, char *out, size_t size);

#endif
