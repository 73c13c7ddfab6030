/* Helpers over cJSON for every JSON output: safe texts, exact integers, one line for each document. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

/* The most bytes that json_add_text writes of a text. Nobody reads a longer reason. */
enum { JSON_TEXT_MAX = 700 };

/*
 * Returns a copy of text that is safe in a line and on a terminal: U+FFFD replaces each byte that is not valid UTF-8,
 * and '?' each control character (utf8.h). The copy has at most max bytes and ends with a whole character. The caller
 * frees it with free().
 */
char *json_clean(const char *text, size_t max);

/* Adds the text as json_clean makes it with JSON_TEXT_MAX. NULL as text adds null. */
void json_add_text(cJSON *object, const char *key, const char *text);

/* Adds the whole text. cJSON escapes control characters; U+FFFD replaces invalid UTF-8. NULL as text adds null. */
void json_add_exact(cJSON *object, const char *key, const char *text);

/* Adds the number as digits. cJSON's own numbers are doubles and would write 10^15 as 1e+15. */
void json_add_whole(cJSON *object, const char *key, int64_t value);

/* Returns root on one line, without '\n'. The caller frees it with free(). */
char *json_line(const cJSON *root);

#endif
