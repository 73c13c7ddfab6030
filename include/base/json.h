/* What every JSON output shares: texts that cannot break a line, whole numbers, one line. Over cJSON. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

/* Bytes of a text that json_add_text lets through: more is no reason that a person reads. */
enum { JSON_TEXT_MAX = 700 };

/*
 * The text as a line and a terminal may hold it: each byte that is not of a UTF-8 character is U+FFFD, each control
 * character (utf8.h) is '?', and it ends at the border of a character, after at most max bytes. The caller's.
 */
char *json_clean(const char *text, size_t max);

/* Adds the text, cleaned and cut at JSON_TEXT_MAX. NULL adds null. */
void json_add_text(cJSON *object, const char *key, const char *text);

/* Adds all of the text, control characters too, which cJSON escapes: only invalid UTF-8 is U+FFFD. NULL adds null. */
void json_add_exact(cJSON *object, const char *key, const char *text);

/* Adds the number as digits: as a number of cJSON's, which is a double, 10^15 would be 1e+15. */
void json_add_whole(cJSON *object, const char *key, int64_t value);

/* root on one line, without '\n'. The caller's, freed with free(). */
char *json_line(const cJSON *root);

#endif
