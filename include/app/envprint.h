/* Variables as text for another program. */
#ifndef APP_ENVPRINT_H
#define APP_ENVPRINT_H

#include <stddef.h>

enum envprint_form { ENVPRINT_SH, ENVPRINT_DOTENV, ENVPRINT_JSON, ENVPRINT_GITHUB };

/* A name is of letters, digits and '_'. A value may hold any bytes. */
struct envprint_variable {
	char *name, *value;
};

/*
 * The variables as lines, each ended by '\n'; the caller's.
 *
 * ENVPRINT_SH: "export DB_HOST='db'", to be evaluated by a POSIX shell, bash or zsh. Every value is exact.
 *
 * ENVPRINT_DOTENV: "DB_HOST=db", a line that `docker run --env-file` reads too, where the value is only of
 * [A-Za-z0-9_.:/@%+,-]. Others are in single quotes, which every reader takes literally, or in double quotes, with \\,
 * \" and \r, where they hold what single quotes cannot. python-dotenv reads each of them back, except that
 * - it replaces ${NAME} in every kind of quotes, unless it is told interpolate=False; other readers replace $NAME and
 *   ${NAME} in double quotes only;
 * - it looks past the end of a quoted value that ends with '\'. Such a value has no quotes, unless it begins with white
 *   space or a quote or has a '#' or line break in it: then it is misread where more quotes follow;
 * - it reads no file that is not UTF-8, and bytes that are not are written as they are.
 *
 * ENVPRINT_JSON: one object on one line, all values as strings. Bytes that are not UTF-8 become U+FFFD.
 *
 * ENVPRINT_GITHUB: what a step of GitHub Actions appends to $GITHUB_ENV: "DB_HOST=db", or with line breaks in the
 * value "DB_HOST<<DELIMITER", the value and "DELIMITER", which is not in the value. Every value that is UTF-8 is exact.
 */
char *envprint_text(enum envprint_form form, const struct envprint_variable *variables, size_t count);

#endif
