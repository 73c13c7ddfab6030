#include "probe/mongodb/bson.h"

#include <string.h>

#include "base/number.h"

/* The types that are looked at, or written. */
enum {
	BSON_DOUBLE = 0x01,
	BSON_STRING = 0x02,
	BSON_DOCUMENT = 0x03,
	BSON_LIST = 0x04,
	BSON_BYTES = 0x05,
	BSON_BOOL = 0x08,
	BSON_INT32 = 0x10,
	BSON_INT64 = 0x12
};

int32_t bson_int32(const char *data)
{
	return (int32_t)number_read_low(data, 4);
}

bool bson_open(struct bson *doc, const char *data, size_t len)
{
	*doc = (struct bson){0};
	/* A document is its length, items, and a zero byte. */
	if (len < 5 || bson_int32(data) < 0 || (size_t)bson_int32(data) != len || data[len - 1] != '\0')
		return false;
	*doc = (struct bson){data + 4, len - 4};
	return true;
}

/* Returns the length of two texts in a row that end with a zero byte, in at most left bytes; 0: they do not end. */
static size_t bson_regex_length(const char *at, size_t left)
{
	size_t pattern = strnlen(at, left) + 1, flags;

	if (pattern >= left)
		return 0;
	flags = strnlen(at + pattern, left - pattern) + 1;
	return pattern + flags <= left ? pattern + flags : 0;
}

/*
 * How long the value of a type is: so many bytes, and if `counts`, as many more as a number at the beginning says; if
 * `counts_itself`, that number has the four bytes of its own in it.
 */
static const struct bson_size {
	unsigned char type;
	unsigned char bytes;
	bool counts, counts_itself;
} bson_sizes[] = {
	{BSON_DOUBLE, 8, false, false}, {BSON_STRING, 4, true, false}, {BSON_DOCUMENT, 4, true, true},
	{BSON_LIST, 4, true, true},     {BSON_BYTES, 5, true, false}, /* bytes, and one that says of which kind */
	{0x06, 0, false, false},                                      /* undefined */
	{0x07, 12, false, false},       {BSON_BOOL, 1, false, false},  {0x09, 8, false, false}, /* a time */
	{0x0a, 0, false, false},                                                                /* null */
	{0x0c, 16, true, false},                                  /* a reference: a text, and 12 bytes */
	{0x0d, 4, true, false},                                   /* code */
	{0x0e, 4, true, false},                                   /* a symbol */
	{0x0f, 4, true, true},                                    /* code with its variables */
	{BSON_INT32, 4, false, false},  {0x11, 8, false, false},  /* a timestamp */
	{BSON_INT64, 8, false, false},  {0x13, 16, false, false}, /* a decimal number */
	{0x7f, 0, false, false},                                  /* after all keys */
	{0xff, 0, false, false},                                  /* before all keys */
};

/* Finds the length of a value of this type, which has at most left bytes. Returns false if it is broken. */
static bool bson_value_length(unsigned char type, const char *at, size_t left, size_t *len)
{
	const struct bson_size *size = NULL;
	int64_t counted;

	if (type == 0x0b) { /* a regular expression */
		*len = bson_regex_length(at, left);
		return *len > 0;
	}
	for (size_t i = 0; i < sizeof(bson_sizes) / sizeof(bson_sizes[0]); i++)
		if (bson_sizes[i].type == type)
			size = &bson_sizes[i];
	if (!size || size->bytes > left)
		return false;
	counted = size->counts ? (int64_t)bson_int32(at) - (size->counts_itself ? 4 : 0) : 0;
	if (counted < 0 || counted > (int64_t)(left - size->bytes))
		return false;
	*len = size->bytes + (size_t)counted;
	return true;
}

bool bson_next(struct bson *doc, struct bson_item *item)
{
	size_t name;

	if (doc->left <= 1) /* the zero byte at the end */
		return false;
	*item = (struct bson_item){.type = (unsigned char)doc->at[0], .name = doc->at + 1};
	name = strnlen(item->name, doc->left - 1) + 1;
	if (name + 1 >= doc->left)
		return false;
	item->value = item->name + name;
	if (!bson_value_length(item->type, item->value, doc->left - name - 2, &item->len))
		return false;
	doc->at = item->value + item->len;
	doc->left -= 1 + name + item->len;
	return true;
}

bool bson_is_broken(const struct bson *doc)
{
	return doc->left != 1;
}

bool bson_is_true(const struct bson_item *item)
{
	if (item->type != BSON_BOOL && item->type != BSON_INT32 && item->type != BSON_INT64 &&
	    item->type != BSON_DOUBLE)
		return false;
	for (size_t i = 0; i < item->len; i++)
		if (item->value[i])
			return true;
	return false;
}

const char *bson_text(const struct bson_item *item, size_t *len)
{
	if (item->type != BSON_STRING || item->len < 5 || item->value[item->len - 1] != '\0')
		return NULL;
	*len = item->len - 5;
	return item->value + 4;
}

const char *bson_bytes(const struct bson_item *item, size_t *len)
{
	if (item->type != BSON_BYTES)
		return NULL;
	*len = item->len - 5;
	return item->value + 5;
}

bool bson_open_list(struct bson *list, const struct bson_item *item)
{
	return item->type == BSON_LIST && bson_open(list, item->value, item->len);
}

size_t bson_begin(struct buf *out)
{
	number_add_low(out, 0, 4); /* bson_end writes the length there */
	return out->len - 4;
}

void bson_end(struct buf *out, size_t begin)
{
	buf_add(out, "", 1);
	for (size_t i = 0; i < 4; i++)
		out->data[begin + i] = (char)((out->len - begin) >> 8 * i);
}

static void bson_add_head(struct buf *out, char type, const char *name)
{
	buf_add(out, &type, 1);
	buf_add(out, name, strlen(name) + 1);
}

void bson_add_int32(struct buf *out, const char *name, int32_t number)
{
	bson_add_head(out, BSON_INT32, name);
	number_add_low(out, (uint32_t)number, 4);
}

void bson_add_true(struct buf *out, const char *name)
{
	bson_add_head(out, BSON_BOOL, name);
	buf_add(out, "\1", 1);
}

void bson_add_text(struct buf *out, const char *name, const char *text)
{
	size_t size = strlen(text) + 1;

	bson_add_head(out, BSON_STRING, name);
	number_add_low(out, (uint32_t)size, 4);
	buf_add(out, text, size);
}

void bson_add_bytes(struct buf *out, const char *name, const char *bytes, size_t len)
{
	bson_add_head(out, BSON_BYTES, name);
	number_add_low(out, (uint32_t)len, 4);
	buf_add(out, "", 1); /* of no kind */
	buf_add(out, bytes, len);
}

size_t bson_begin_item(struct buf *out, const char *name)
{
	bson_add_head(out, BSON_DOCUMENT, name);
	return bson_begin(out);
}
