/* Monotonic time and durations. All times in the program are int64_t microseconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"

#define CLOCK_MS INT64_C(1000)
#define CLOCK_S  INT64_C(1000000)

/* Microseconds of CLOCK_MONOTONIC, which does not jump when somebody sets the wall clock (FACTS 42). */
int64_t clock_now(void);

/* Microseconds of processor time that this process has used. */
int64_t clock_spent(void);

/*
 * Reads "500ms", "10s", "1m30s", "2h" or "1.5s" into *duration (microseconds); a bare number is seconds. Signs, blanks,
 * unknown units, units out of order and more than a century are errors. The error text shows the right form. A duration
 * above 0 never becomes 0.
 */
int clock_parse(const char *text, int64_t *duration, struct error *err);

/* Writes microseconds for people: "0.8ms", "450ms", "3.21s", "59.1s", "60s", "1m42s", "2h03m00s". Returns out. */
char *clock_format(int64_t duration, char *out, size_t size);

/* Writes the time of day in UTC (RFC 3339), "2026-01-31T23:59:59.999Z". out: CLOCK_UTC_MAX bytes. Returns out. */
enum { CLOCK_UTC_MAX = 32 };
char *clock_utc(char *out, size_t size);

#endif
