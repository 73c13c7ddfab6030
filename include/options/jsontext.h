/* A parsed JSON text that knows the line and column of each value; cJSON does not keep them. */
#ifndef OPTIONS_JSONTEXT_H
#define OPTIONS_JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/errors.h"

/*
 * A place is written "NAME:LINE:COLUMN". Lines and columns are counted from 1. '\n' ends a line; a column is one
 * character. Errors may quote keys, but no other strings, because one may be a password.
 */
struct jsontext {
	char *name; /* of the file, cleaned for a terminal */
	char *text; /* not NUL-terminated */
	size_t len;
	cJSON *root;                   /* must not be changed: places are found by the addresses of its items */
	struct jsontext_place *places; /* one for each item, sorted by address, so that a search is fast */
	size_t place_count;
};

/*
 * Parses a text of len bytes from the file `name`. Takes ownership of text, and frees it on failure. Fails on text that
 * is not strict JSON or that cJSON would change (see jsonscan.h), on numbers too large for a double, and on a key that
 * stands twice in one object. err is then one line: the place, what is wrong, and the fix.
 */
int jsontext_parse(struct jsontext *out, const char *name, char *text, size_t len, struct error *err);

/*
 * Sets err to "PLACE: MESSAGE" and returns -1. PLACE is that of the item of text->root, or with at_key that of its
 * key, if it has one.
 */
int jsontext_error(const struct jsontext *text, const cJSON *item, bool at_key, struct error *err, const char *format,
		   ...) __attribute__((format(printf, 5, 6)));

/* Returns the place of an item of text->root; only the name for any other item. The caller's. */
char *jsontext_where(const struct jsontext *text, const cJSON *item);

/*
 * Returns the key in quotes for an error: masked (a user may write a target there), cleaned and cut. The caller's.
 */
char *jsontext_quote(const char *key);

void jsontext_release(struct jsontext *text);

#endif
