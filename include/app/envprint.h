/* Prints variables as text that another program reads. */
#ifndef APP_ENVPRINT_H
#define APP_ENVPRINT_H

#include <stddef.h>

#include "base/buf.h"
#include "system/env.h"

/* The characters without a special meaning for shells, readers of .env files and Docker. */
#define ENVPRINT_PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/@%+,-"

enum envprint_form { ENVPRINT_SH, ENVPRINT_DOTENV, ENVPRINT_JSON, ENVPRINT_GITHUB };

/*
 * Returns the variables as lines, each with '\n' at its end. The caller's.
 *
 * ENVPRINT_SH: "export DB_HOST='db'", for a POSIX shell, bash or zsh to evaluate. Every value is exact.
 *
 * ENVPRINT_DOTENV: "DB_HOST=db". A value that has only characters of [A-Za-z0-9_.:/@%+,-] has no quotes, so that
 * `docker run --env-file` can read it too. Other values are in single quotes, which every reader takes literally. A
 * value that cannot be in single quotes is in double quotes, with the escapes \\, \" and \r. python-dotenv reads each
 * value back, with these exceptions:
 * - It replaces ${NAME} in every kind of quotes, unless it is called with interpolate=False. Other readers replace
 *   $NAME and ${NAME} only in double quotes.
 * - It misses the closing quote of a value that ends with '\'. So such a value has no quotes, unless it begins with
 *   white space or a quote, or holds a '#' or a line break. Then it is misread if more quotes follow.
 * - It refuses a file that is not UTF-8. Bytes of a value that are not UTF-8 are written unchanged.
 *
 * ENVPRINT_JSON: one object on one line; all values are strings. Bytes that are not UTF-8 become U+FFFD.
 *
 * ENVPRINT_GITHUB: lines for $GITHUB_ENV in GitHub Actions: "DB_HOST=db", or for a value with line breaks
 * "DB_HOST<<DELIMITER", the value, and "DELIMITER", which is not in the value. Every value that is UTF-8 is exact.
 */
char *envprint_text(enum envprint_form form, const struct env_variable *variables, size_t count);

/* Adds the text in single quotes, as a shell reads it. */
void envprint_quote(struct buf *out, const char *text);

#endif
