#include "options/jsontext.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/utf8.h"
#include "options/jsonscan.h"

/* The maximum of bytes that an error shows of a name and of a key. Both leave room for the rest of the message. */
enum { JSONTEXT_NAME_MAX = 400, JSONTEXT_KEY_MAX = 40 };

/* The place of one value and of its key. If it has no key, both are the place of the value. */
struct jsontext_place {
	const cJSON *item;
	size_t key_line, key_column, line, column;
};

/* An offset, and its line and column. */
struct jsontext_cursor {
	size_t at, line, column;
};

static struct jsontext_cursor jsontext_begin(const struct jsontext *text)
{
	return (struct jsontext_cursor){.at = jsonscan_mark_length(text->text, text->len), .line = 1, .column = 1};
}

/* Moves the cursor forward to the offset. */
static void jsontext_advance(const struct jsontext *text, struct jsontext_cursor *cursor, size_t offset)
{
	while (cursor->at < offset) {
		size_t len = utf8_decode(text->text + cursor->at, text->len - cursor->at, NULL);

		cursor->column++;
		if (text->text[cursor->at] == '\n') {
			cursor->line++;
			cursor->column = 1;
		}
		cursor->at += len ? len : 1;
	}
}

static char *jsontext_place_text(const struct jsontext *text, size_t line, size_t column)
{
	return alloc_format("%s:%zu:%zu", text->name, line, column);
}

/* The state of a second scan, which fills text->places in the order of the text. */
struct jsontext_placing {
	struct jsontext *text;
	struct jsontext_cursor cursor;
	size_t filled;
};

static void jsontext_visit(void *arg, size_t key, size_t value)
{
	struct jsontext_placing *placing = arg;
	struct jsontext_place *place = &placing->text->places[placing->filled++];

	jsontext_advance(placing->text, &placing->cursor, key == JSONSCAN_NO_KEY ? value : key);
	place->key_line = placing->cursor.line;
	place->key_column = placing->cursor.column;
	jsontext_advance(placing->text, &placing->cursor, value);
	place->line = placing->cursor.line;
	place->column = placing->cursor.column;
}

static size_t jsontext_count(const cJSON *item)
{
	size_t count = 1;

	for (const cJSON *child = item->child; child; child = child->next)
		count += jsontext_count(child);
	return count;
}

/*
 * Sets the items of the places, which are both in the order of the text. Returns the place after the last that was set.
 */
static struct jsontext_place *jsontext_give_items(struct jsontext_place *place, const cJSON *item)
{
	place++->item = item;
	for (const cJSON *child = item->child; child; child = child->next)
		place = jsontext_give_items(place, child);
	return place;
}

static int jsontext_compare_places(const void *left, const void *right)
{
	const struct jsontext_place *a = left, *b = right;

	return ((uintptr_t)a->item > (uintptr_t)b->item) - ((uintptr_t)a->item < (uintptr_t)b->item);
}

static void jsontext_find_places(struct jsontext *text)
{
	struct jsontext_placing placing = {.text = text, .cursor = jsontext_begin(text)};
	struct error none;
	size_t at;

	text->place_count = jsontext_count(text->root);
	text->places = alloc_zero(text->place_count, sizeof(*text->places));
	jsonscan_run(text->text, text->len, jsontext_visit, &placing, &at, &none);
	jsontext_give_items(text->places, text->root);
	qsort(text->places, text->place_count, sizeof(*text->places), jsontext_compare_places);
}

/* Returns the place of an item or of its key. The caller's. */
static char *jsontext_place_of(const struct jsontext *text, const cJSON *item, bool at_key)
{
	const struct jsontext_place wanted = {.item = item}, *place;

	place = bsearch(&wanted, text->places, text->place_count, sizeof(wanted), jsontext_compare_places);
	if (!place)
		return alloc_text(text->name);
	return at_key ? jsontext_place_text(text, place->key_line, place->key_column)
		      : jsontext_place_text(text, place->line, place->column);
}

char *jsontext_where(const struct jsontext *text, const cJSON *item)
{
	return jsontext_place_of(text, item, false);
}

int jsontext_error(const struct jsontext *text, const cJSON *item, bool at_key, struct error *err, const char *format,
		   ...)
{
	char *place = jsontext_place_of(text, item, at_key), *clean;
	char message[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	clean = json_clean(message, sizeof(message));
	errors_set(err, "%s: %s", place, clean);
	free(clean);
	free(place);
	return -1;
}

char *jsontext_quote(const char *key)
{
	char *shown = mask_target(key, NULL), *clean = json_clean(shown, JSONTEXT_KEY_MAX);
	char *quoted = alloc_format("\"%s%s\"", clean, strlen(shown) > JSONTEXT_KEY_MAX ? "..." : "");

	free(clean);
	free(shown);
	return quoted;
}

/* A member of an object, and the number of members before it. */
struct jsontext_member {
	const cJSON *item;
	size_t before;
};

static int jsontext_compare(const void *left, const void *right)
{
	const struct jsontext_member *a = left, *b = right;
	int order = strcmp(a->item->string, b->item->string);

	return order ? order : (a->before > b->before) - (a->before < b->before);
}

static int jsontext_refuse_key(const struct jsontext *text, const cJSON *first, const cJSON *again, struct error *err)
{
	char *place = jsontext_place_of(text, first, true), *key = jsontext_quote(again->string);

	jsontext_error(text, again, true, err, "the key %s is already used at %s; remove one of the two", key,
		       place + strlen(text->name) + 1);
	free(key);
	free(place);
	return -1;
}

/* Finds the first key that stands twice. Sorts the keys, so that a million of them do not take long. */
static int jsontext_check_keys(const struct jsontext *text, const cJSON *object, struct error *err)
{
	size_t count = (size_t)cJSON_GetArraySize(object), used = 0;
	struct jsontext_member *members = alloc_zero(count, sizeof(*members)), *first = NULL;

	for (const cJSON *item = object->child; item; item = item->next, used++)
		members[used] = (struct jsontext_member){.item = item, .before = used};
	qsort(members, count, sizeof(*members), jsontext_compare);
	for (size_t i = 1; i < count; i++)
		if (strcmp(members[i - 1].item->string, members[i].item->string) == 0 &&
		    (!first || members[i].before < first[1].before))
			first = &members[i - 1];
	if (first)
		jsontext_refuse_key(text, first[0].item, first[1].item, err);
	free(members);
	return first ? -1 : 0;
}

/* Checks what the grammar of JSON allows but is a mistake. */
static int jsontext_check(const struct jsontext *text, const cJSON *item, struct error *err)
{
	if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
		return jsontext_error(text, item, false, err, "the number is too large; write one below 1e308");
	if (cJSON_IsObject(item) && jsontext_check_keys(text, item, err))
		return -1;
	for (const cJSON *child = item->child; child; child = child->next)
		if (jsontext_check(text, child, err))
			return -1;
	return 0;
}

static int jsontext_read(struct jsontext *text, struct error *err)
{
	size_t mark = jsonscan_mark_length(text->text, text->len), at;
	struct jsontext_cursor cursor = jsontext_begin(text);
	struct error wrong;
	char *place;

	if (jsonscan_run(text->text, text->len, NULL, NULL, &at, &wrong)) {
		jsontext_advance(text, &cursor, at);
		place = jsontext_place_text(text, cursor.line, cursor.column);
		errors_set(err, "%s: %s", place, wrong.text);
		free(place);
		return -1;
	}
	/* The scan accepts nothing that cJSON refuses, so cJSON can fail only for lack of memory. */
	text->root = alloc_check(cJSON_ParseWithLength(text->text + mark, text->len - mark));
	jsontext_find_places(text);
	return jsontext_check(text, text->root, err);
}

int jsontext_parse(struct jsontext *out, const char *name, char *text, size_t len, struct error *err)
{
	*out = (struct jsontext){.name = json_clean(name, JSONTEXT_NAME_MAX), .text = text, .len = len};
	if (!jsontext_read(out, err))
		return 0;
	jsontext_release(out);
	return -1;
}

void jsontext_release(struct jsontext *text)
{
	cJSON_Delete(text->root);
	free(text->places);
	free(text->text);
	free(text->name);
	*text = (struct jsontext){0};
}
