/*
 * The small functions on text: what is encoded is decoded again, what is cleaned is clean, what is cut is short
 * enough.
 * Covers: src/base/percent.c src/base/punycode.c src/base/cells.c src/base/utf8.c src/app/envprint.c
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "app/envprint.h"
#include "base/alloc.h"
#include "base/cells.h"
#include "base/json.h"
#include "base/percent.h"
#include "base/punycode.h"
#include "base/utf8.h"
#include "probe/base64.h"

static void check_percent(const char *text)
{
	struct buf encoded = {0};
	char *decoded, *any = percent_decode(text, strlen(text));

	percent_encode(&encoded, text);
	decoded = percent_decode(encoded.data ? encoded.data : "", encoded.len);
	fuzz_check(decoded && strcmp(decoded, text) == 0, text);
	fuzz_check(any || strstr(text, "%00"), text);
	buf_release(&encoded);
	free(decoded);
	free(any);
}

static void check_base64(const struct fuzz *in)
{
	unsigned char *bytes = alloc_zero(in->left + 3, 1);
	struct buf text = {0};
	size_t count = 0;

	base64_add(&text, (const unsigned char *)in->at, in->left);
	fuzz_check(base64_read(text.data ? text.data : "", text.len, bytes, in->left + 3, &count), text.data);
	fuzz_check(count == in->left && memcmp(bytes, in->at, count) == 0, text.data);
	base64_read(in->at, in->left, bytes, in->left, &count);
	fuzz_check(count <= in->left, NULL);
	buf_release(&text);
	free(bytes);
}

static void check_shown(const char *text, unsigned limit)
{
	char *clean = json_clean(text, limit), *copy = cells_copy(text),
	     *cut = cells_cut(copy, (int)limit, (int)limit / 3);
	uint32_t code;

	fuzz_check(strlen(clean) <= limit && strlen(copy) == strlen(text), text);
	fuzz_check(cells_count(cut) <= (int)limit, cut);
	fuzz_check(cells_wrap(copy, (int)limit + 2) <= strlen(copy), copy);
	for (const char *at = clean; *at; at += utf8_decode(at, strlen(at), NULL))
		fuzz_check(utf8_decode(at, strlen(at), &code) && !utf8_is_control(code), clean);
	free(clean);
	free(copy);
	free(cut);
}

/* Values for a program that reads JSON. */
static void check_variables(char *text)
{
	const struct env_variable variable = {(char *)"DB_HOST", text};
	char *json = envprint_text(ENVPRINT_JSON, &variable, 1), *clean = NULL;
	cJSON *object = cJSON_Parse(json);
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(object, "DB_HOST"));

	fuzz_check(value != NULL, json);
	fuzz_check(strstr(text, "\xef\xbf\xbd") || strstr(value, "\xef\xbf\xbd") || strcmp(value, text) == 0, json);
	for (int form = ENVPRINT_SH; form <= ENVPRINT_GITHUB; form++) {
		clean = envprint_text((enum envprint_form)form, &variable, 1);
		fuzz_check(clean[strlen(clean) - 1] == '\n', clean);
		free(clean);
	}
	cJSON_Delete(object);
	free(json);
}

void fuzz_one(struct fuzz *in)
{
	unsigned limit = fuzz_byte(in);
	struct fuzz bytes = *in;
	char *text = fuzz_rest(in), *host = punycode_host(text);

	for (const char *c = host; c && *c; c++)
		fuzz_check((unsigned char)*c < 0x80, host);
	check_percent(text);
	check_base64(&bytes);
	check_shown(text, limit);
	check_variables(text);
	free(host);
	free(text);
}
