/* Reads and writes documents of BSON 1.1, item by item. https://bsonspec.org/spec.html */
#ifndef PROBE_MONGODB_BSON_H
#define PROBE_MONGODB_BSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* What is left of a document. It points into the caller's bytes. */
struct bson {
	const char *at;
	size_t left;
};

/* One item. name ends with a zero byte; value has len bytes. */
struct bson_item {
	unsigned char type;
	const char *name;
	const char *value;
	size_t len;
};

/* Reads four bytes, the lowest first. A length of BSON and of MongoDB's messages is such a number. */
int32_t bson_int32(const char *data);

/* Begins to read the document in data. Returns false if data, len bytes, is not one document. */
bool bson_open(struct bson *doc, const char *data, size_t len);

/* Reads the next item. False: there is none, or the document is broken; only then bson_is_broken says true. */
bool bson_next(struct bson *doc, struct bson_item *item);
bool bson_is_broken(const struct bson *doc);

/* Is the value true, or a number that is not 0? */
bool bson_is_true(const struct bson_item *item);

/* Returns the value as a text of *len bytes, without the zero byte at its end; NULL if it is none. */
const char *bson_text(const struct bson_item *item, size_t *len);

/* Returns the value as bytes, *len of them; NULL if it is none. */
const char *bson_bytes(const struct bson_item *item, size_t *len);

/* Begins to read the value, a list, as a document whose items are the list's. False: it is none. */
bool bson_open_list(struct bson *list, const struct bson_item *item);

/* Begins a document at the end of out, to which items are added then. Returns what bson_end wants. */
size_t bson_begin(struct buf *out);
void bson_end(struct buf *out, size_t begin);

void bson_add_int32(struct buf *out, const char *name, int32_t number);
void bson_add_true(struct buf *out, const char *name);
void bson_add_text(struct buf *out, const char *name, const char *text);
void bson_add_bytes(struct buf *out, const char *name, const char *bytes, size_t len);

/* Begins an item that is a document of its own; the result is as of bson_begin. */
size_t bson_begin_item(struct buf *out, const char *name);

#endif
