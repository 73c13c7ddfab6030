/*
 * Checks that a text is strict JSON (RFC 8259) and finds the place of an error. cJSON accepts more and reports no
 * place.
 */
#ifndef OPTIONS_JSONSCAN_H
#define OPTIONS_JSONSCAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"

/* Given as the offset of a key if the value has no key. */
#define JSONSCAN_NO_KEY SIZE_MAX

/*
 * Checks that the text is one JSON value that cJSON reads without changing it. So it also refuses what cJSON would cut
 * or change: zero characters, halves of surrogate pairs, bytes that are not UTF-8, too many levels. A byte order mark
 * at the start is allowed. On failure returns -1 and sets *at to the offset of the error. err then says what is wrong
 * and how to fix it, without a place, and quotes no part of a string.
 *
 * visit, if not NULL, is called for each value in the order of the text, with the offsets of its key (or
 * JSONSCAN_NO_KEY) and of the value.
 */
int jsonscan_run(const char *text, size_t len, void (*visit)(void *arg, size_t key, size_t value), void *arg,
		 size_t *at, struct error *err);

/* Returns the length of the byte order mark at the start: 0 or 3 bytes. */
size_t jsonscan_mark_length(const char *text, size_t len);

#endif
