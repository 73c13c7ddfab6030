#include "jsontext.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "json.h"
#include "jsonscan.h"
#include "utf8.h"

/* Bytes of what an error shows: both together leave room for its words. */
enum { JSONTEXT_NAME_MAX = 400, JSONTEXT_KEY_MAX = 40 };

/* "NAME:LINE:COLUMN" of an offset. The caller's. */
static char *jsontext_place(const struct jsontext *text, size_t offset)
{
	size_t line = 1, column = 1, len;

	for (size_t at = jsonscan_mark_length(text->text, text->len); at < offset; at += len) {
		len = utf8_decode(text->text + at, text->len - at, NULL);
		len = len ? len : 1;
		column++;
		if (text->text[at] == '\n') {
			line++;
			column = 1;
		}
	}
	return alloc_format("%s:%zu:%zu", text->name, line, column);
}

/* Counts in *before the items before `wanted`, in the order of the text. Returns whether it is there. */
static bool jsontext_count(const cJSON *item, const cJSON *wanted, size_t *before)
{
	if (item == wanted)
		return true;
	(*before)++;
	for (const cJSON *child = item->child; child; child = child->next)
		if (jsontext_count(child, wanted, before))
			return true;
	return false;
}

/* The value that `left` others stand before. */
struct jsontext_search {
	size_t left;
	bool found;
	size_t key, value; /* offsets */
};

static void jsontext_visit(void *arg, size_t key, size_t value)
{
	struct jsontext_search *search = arg;

	if (search->found)
		return;
	search->found = search->left-- == 0;
	search->key = key == JSONSCAN_NO_KEY ? value : key;
	search->value = value;
}

/* The place of an item or of its key. The caller's. */
static char *jsontext_place_of(const struct jsontext *text, const cJSON *item, bool at_key)
{
	struct jsontext_search search = {0};
	struct error err;
	size_t at;

	if (!jsontext_count(text->root, item, &search.left) ||
	    jsonscan_run(text->text, text->len, jsontext_visit, &search, &at, &err))
		return alloc_text(text->name);
	return jsontext_place(text, at_key ? search.key : search.value);
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
	char *clean = json_clean(key, JSONTEXT_KEY_MAX);
	char *quoted = alloc_format("\"%s%s\"", clean, strlen(key) > JSONTEXT_KEY_MAX ? "..." : "");

	free(clean);
	return quoted;
}

/* A member of an object, and how many stand before it. */
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

	jsontext_error(text, again, true, err, "the key %s is there already, at %s; remove one of the two", key,
		       place + strlen(text->name) + 1);
	free(key);
	free(place);
	return -1;
}

/* Sorted, since somebody may send a million keys. */
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

/* What the grammar allows and nobody means. */
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
	struct error wrong;
	char *place;

	if (jsonscan_run(text->text, text->len, NULL, NULL, &at, &wrong)) {
		place = jsontext_place(text, at);
		errors_set(err, "%s: %s", place, wrong.text);
		free(place);
		return -1;
	}
	/* The scan refused all that cJSON refuses: what is left is memory. */
	text->root = alloc_check(cJSON_ParseWithLength(text->text + mark, text->len - mark));
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
	free(text->text);
	free(text->name);
	*text = (struct jsontext){0};
}
