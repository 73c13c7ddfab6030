/* A call of another tool, and what cli/front makes of it. */
#ifndef FRONTING_H
#define FRONTING_H

#include "cli/front.h"

enum { FRONTING_ENTRIES = 10 };

/* A call that waits has a code of -1; expected is waitfor's command line then, else the beginning of what is said. */
struct fronting_case {
	const char *call; /* words with one blank between them; the first is the tool's name */
	const char *environ[FRONTING_ENTRIES];
	int code, stream; /* stream: only of a call that ends */
	const char *expected;
};

/* Checks each of the cases. */
void fronting_check(const struct fronting_case *cases, size_t count);

/* What the tool says at that moment of a wait for one target. The caller's. */
struct fronting_moment {
	enum frontline_moment moment;
	enum verdict verdict;
	struct outcome outcome; /* of the last attempt */
	enum progress_state state;
	bool changed;
	int64_t after; /* microseconds from the beginning */
};
char *fronting_say(const char *call, const char *target, const struct fronting_moment *moment, int *late);

/* As fronting_say, in that environment, a NULL-terminated list. What is said before the wait is left out. */
char *fronting_say_in(const char *call, const char *const *environ_found, const char *target,
		      const struct fronting_moment *moment, int *late);

#endif
