/*
 * Documents of BSON. What is read of one stays within it, and what is written is read back.
 * Covers: src/probe/mongodb/bson.c
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "probe/mongodb/bson.h"

enum { DEPTH_MAX = 16 };

static bool is_within(const char *at, size_t len, const struct bson *doc)
{
	return at >= doc->at && len <= doc->left && at + len <= doc->at + doc->left;
}

static void walk(const char *data, size_t len, int depth)
{
	struct bson doc, all, list;
	struct bson_item item;

	if (!bson_open(&doc, data, len))
		return;
	all = doc;
	while (bson_next(&doc, &item)) {
		size_t size = 0;
		const char *text = bson_text(&item, &size);

		fuzz_check(is_within(item.name, strlen(item.name) + 1, &all) && is_within(item.value, item.len, &all),
			   item.name);
		fuzz_check(!text || is_within(text, size, &all), item.name);
		text = bson_bytes(&item, &size);
		fuzz_check(!text || is_within(text, size, &all), item.name);
		bson_is_true(&item);
		if (bson_open_list(&list, &item) && depth < DEPTH_MAX)
			walk(item.value, item.len, depth + 1);
	}
	bson_is_broken(&doc);
}

static void check_written(const char *name, const char *bytes, size_t len)
{
	struct buf out = {0};
	size_t begin = bson_begin(&out), inner, size = 0;
	struct bson doc;
	struct bson_item item;
	const char *found;

	bson_add_int32(&out, name, (int32_t)len);
	bson_add_bytes(&out, name, bytes, len);
	inner = bson_begin_item(&out, name);
	bson_add_text(&out, "t", name);
	bson_end(&out, inner);
	bson_end(&out, begin);
	fuzz_check(bson_open(&doc, out.data, out.len), name);
	fuzz_check(bson_next(&doc, &item) && bson_int32(item.value) == (int32_t)len, name);
	fuzz_check(bson_next(&doc, &item) && strcmp(item.name, name) == 0, name);
	found = bson_bytes(&item, &size);
	fuzz_check(found && size == len && memcmp(found, bytes, len) == 0, name);
	fuzz_check(bson_next(&doc, &item) && !bson_next(&doc, &item) && !bson_is_broken(&doc), name);
	buf_release(&out);
}

void fuzz_one(struct fuzz *in)
{
	struct fuzz all = *in;
	char *name = fuzz_line(&all);

	walk(in->at, in->left, 0);
	if (name)
		check_written(name, all.at, all.left);
	free(name);
}
