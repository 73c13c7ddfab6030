/* A JSON text that knows where its values stand: cJSON keeps no places. */
#ifndef OPTIONS_JSONTEXT_H
#define OPTIONS_JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/errors.h"

/*
 * Places are "NAME:LINE:COLUMN", counted from 1 in lines that '\n' ends and in characters. No error holds any piece of
 * a string, which may be a password, except of keys.
 */
struct jsontext {
	char *name; /* of the file, as it may be shown */
	char *text; /* not NUL-terminated */
	size_t len;
	cJSON *root;                   /* must stay as it was read: its items are known by their addresses */
	struct jsontext_place *places; /* of all of them, so that thousands can be asked for */
	size_t place_count;
};

/*
 * Reads a text of len bytes that came from `name`; takes text over, on failure too, when it frees it. Refuses what is
 * not JSON to the letter, what cJSON would change (see jsonscan.h), numbers beyond a double, and the same key twice in
 * one object. err then is one line: the place, what is wrong, and what would be right.
 */
int jsontext_parse(struct jsontext *out, const char *name, char *text, size_t len, struct error *err);

/* Sets err to the place of an item of out->root, or with at_key of its key where it has one, ": " and the text. Returns -1. */
int jsontext_error(const struct jsontext *text, const cJSON *item, bool at_key, struct error *err, const char *format,
		   ...) __attribute__((format(printf, 5, 6)));

/* The place of an item of text->root; the name alone when it is not in it. The caller's. */
char *jsontext_where(const struct jsontext *text, const cJSON *item);

/* A key in quotes as an error may show it, masked (it may be a target by mistake), cleaned and cut. The caller's. */
char *jsontext_quote(const char *key);

void jsontext_release(struct jsontext *text);

#endif
