/* The grammar of JSON to the letter (RFC 8259), with the place of what is wrong: cJSON forgives much and tells no place. */
#ifndef OPTIONS_JSONSCAN_H
#define OPTIONS_JSONSCAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"

/* In place of the offset of a key: the value has none. */
#define JSONSCAN_NO_KEY SIZE_MAX

/*
 * Is this one JSON value that cJSON reads as it is written? What it would cut or change is refused too: zero
 * characters, halves of surrogate pairs, bytes that are not UTF-8, and more levels than it descends. A byte order mark
 * may stand at the start. On failure: -1, the offset of what is wrong in *at, and in err what it is and what would be
 * right, without a place and without any piece of a string.
 *
 * visit (may be NULL) is told of each value in the order of the text: the offsets of its key and of itself.
 */
int jsonscan_run(const char *text, size_t len, void (*visit)(void *arg, size_t key, size_t value), void *arg,
		 size_t *at, struct error *err);

/* The bytes of the mark at the start: 0 or 3. */
size_t jsonscan_mark_length(const char *text, size_t len);

#endif
