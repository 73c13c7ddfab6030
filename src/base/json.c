#include "base/json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"

/* As json_clean; plain false keeps control characters. */
static char *json_repair(const char *text, size_t max, bool plain)
{
	size_t left = strlen(text);
	struct buf out = {0};

	while (left) {
		uint32_t code = 0;
		size_t len = utf8_decode(text, left, &code);
		const char *piece = len ? text : UTF8_REPLACEMENT;
		size_t size = len ? len : strlen(UTF8_REPLACEMENT);

		if (len && plain && utf8_is_control(code)) {
			piece = "?";
			size = 1;
		}
		if (out.len + size > max)
			break;
		buf_add(&out, piece, size);
		len = len ? len : 1;
		text += len;
		left -= len;
	}
	return buf_detach(&out);
}

char *json_clean(const char *text, size_t max)
{
	return json_repair(text, max, true);
}

/* Adds the text and frees it. NULL as text adds null. */
static void json_add_owned(cJSON *object, const char *key, char *text)
{
	alloc_check(text ? cJSON_AddStringToObject(object, key, text) : cJSON_AddNullToObject(object, key));
	free(text);
}

void json_add_text(cJSON *object, const char *key, const char *text)
{
	json_add_owned(object, key, text ? json_clean(text, JSON_TEXT_MAX) : NULL);
}

void json_add_exact(cJSON *object, const char *key, const char *text)
{
	json_add_owned(object, key, text ? json_repair(text, SIZE_MAX, false) : NULL);
}

void json_add_whole(cJSON *object, const char *key, int64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, value);
	alloc_check(cJSON_AddRawToObject(object, key, digits));
}

char *json_line(const cJSON *root)
{
	return alloc_check(cJSON_PrintUnformatted(root));
}
