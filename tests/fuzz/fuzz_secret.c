/*
 * A password in a target is in no text that is printed, wherever and however wrong it is written. The input is a byte
 * that chooses the place and one for the scheme, then lines: what stands before, within and behind the secret.
 * Covers: src/base/mask.c src/options/params.c src/attempt/probe.c
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/mask.h"
#include "target/scheme.h"
#include "target/target.h"

static const struct scheme *choose(unsigned number)
{
	size_t count = 0;

	while (scheme_at(count))
		count++;
	return scheme_at(number % count);
}

/* The target whose secret is FUZZ_SECRET with more around it. The caller's. */
static char *compose(unsigned place, const char *scheme, char *const lines[])
{
	const char *first = lines[0] ? lines[0] : "", *second = *first && lines[1] ? lines[1] : "";
	const char *third = *second && lines[2] ? lines[2] : "", *fourth = *third && lines[3] ? lines[3] : "";

	switch (place % 5) {
	case 0: /* a password; what stands before does not end the authority, and it holds no known parameter's value */
		return alloc_format("%s://%.*s:%.*s%s%.*s@%s", scheme, (int)strcspn(first, "/?#@"), first,
				    (int)strcspn(second, "="), second, FUZZ_SECRET,
				    (int)(strpbrk(third, "?&") ? strcspn(third, "=") : strlen(third)), third, fourth);
	case 1: /* a misspelt parameter, behind one that may be known */
		return alloc_format("%s://db/x?%s&pasword=%s%s", scheme, first, FUZZ_SECRET, second);
	case 2: /* libpq's words */
		return alloc_format("host=%s password=%s%s %s", first, FUZZ_SECRET, second, third);
	case 3: /* a token, which has no user, also behind what Java writes before a scheme */
		return alloc_format("%sredis://%s@%s",
				    place & 16   ? "jdbc:"
				    : place & 32 ? "r2dbc:x:srv+"
						 : "",
				    FUZZ_SECRET, first);
	default:
		return alloc_format("%.*sPASSWORD=%s%s", (int)strcspn(first, "=:/?&#[@"), first, FUZZ_SECRET, second);
	}
}

/* Each line of waitfor's about the target. */
static void check_target(const char *text)
{
	struct target target;
	struct error err = {0};
	struct env env;
	struct log log;
	char *said, *variables[] = {NULL};

	fuzz_log_open(&log);
	env_copy(&env, variables);
	if (target_parse(&target, text, &err) == 0) {
		fuzz_check_hidden(target.text);
		fuzz_check_hidden(target.name);
		if (probe_bind(&target, 1, &env, &log, &err) == 0) { /* else nobody is shown the login */
			fuzz_check_hidden(target.login.user);
			fuzz_check_hidden(target.login.database);
		}
		probe_unbind(&target, 1);
		target_release(&target);
	}
	fuzz_check_hidden(err.text);
	said = fuzz_log_text();
	fuzz_check_hidden(said);
	free(said);
	env_release(&env);
}

void fuzz_one(struct fuzz *in)
{
	unsigned place = fuzz_byte(in);
	const struct scheme *scheme = choose(fuzz_byte(in));
	char *lines[FUZZ_LINES + 1], *text, *shown;

	if (scheme->needs == SCHEME_NEEDS_WORD)
		scheme = scheme_at(0);
	fuzz_lines(in, lines);
	for (char **line = lines; *line; line++) /* the secret stands in one place only */
		(*line)[strstr(*line, FUZZ_SECRET) ? 0 : strlen(*line)] = '\0';
	text = compose(place, scheme->name, lines);
	shown = mask_target(text, NULL);
	fuzz_check_hidden(shown);
	free(shown);
	check_target(text);
	free(text);
	fuzz_free_lines(lines);
}
