#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "probe/mongodb/bson.h"

/* { a: true, b: "xy", c: { d: null }, e: /p/i, f: 1.0 } */
static const char document[] = "\x30\0\0\0\x08"
			       "a\0\1\x02"
			       "b\0\3\0\0\0xy\0\x03"
			       "c\0\x08\0\0\0\x0a"
			       "d\0\0\x0b"
			       "e\0p\0i\0\x01"
			       "f\0\0\0\0\0\0\0\xf0\x3f";

/* Reads data in a block of exactly its size, so that the sanitizer notices a read beyond its end. Returns how many items. */
static int count_items(const char *data, size_t len, bool *broken)
{
	char *copy = alloc_zero(len ? len : 1, 1);
	struct bson doc;
	struct bson_item item;
	int count = 0;

	memcpy(copy, data, len);
	bson_open(&doc, copy, len);
	for (; bson_next(&doc, &item); count++) {
		size_t text;

		check("a name", strlen(item.name) < len);
		(void)bson_is_true(&item);
		if (bson_text(&item, &text))
			check("a text in the document", text < len);
	}
	*broken = bson_is_broken(&doc);
	free(copy);
	return count;
}

static void test_items(void **state)
{
	struct bson doc;
	struct bson_item item;
	size_t len = 0;
	const char *text;

	(void)state;
	check("a document", bson_open(&doc, document, sizeof(document)));
	check("a",
	      bson_next(&doc, &item) && strcmp(item.name, "a") == 0 && bson_is_true(&item) && !bson_text(&item, &len));
	check("b", bson_next(&doc, &item) && !bson_is_true(&item) && (text = bson_text(&item, &len)));
	check("b", len == 2 && memcmp(text, "xy", 2) == 0);
	check("c", bson_next(&doc, &item) && item.len == 8);
	check("e", bson_next(&doc, &item) && strcmp(item.name, "e") == 0 && item.len == 4);
	check("f", bson_next(&doc, &item) && bson_is_true(&item));
	check("the end", !bson_next(&doc, &item) && !bson_is_broken(&doc));
}

/* Each beginning is broken, whether its length says so or not; and no byte makes the reader leave the document. */
static void test_broken(void **state)
{
	char changed[sizeof(document)];
	bool broken;

	(void)state;
	check_int("whole", count_items(document, sizeof(document), &broken), 5);
	check("whole", !broken);
	for (size_t len = 0; len < sizeof(document); len++) {
		count_items(document, len, &broken);
		check("cut off", broken);
		memcpy(changed, document, sizeof(document));
		changed[0] = (char)len;
		count_items(changed, len, &broken); /* it may end by chance where an item does */
	}
	for (size_t at = 0; at < sizeof(document); at++)
		for (int byte = 0; byte < 256; byte++) {
			memcpy(changed, document, sizeof(document));
			changed[at] = (char)byte;
			count_items(changed, sizeof(changed), &broken);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_broken),
	};

	return unit_main(tests);
}
