#include "schema.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "system/textfile.h"

static bool schema_allows(const cJSON *root, const cJSON *schema, const cJSON *value);

static const cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const cJSON *first(const cJSON *list)
{
	return list ? list->child : NULL;
}

const cJSON *schema_load(const char *path)
{
	static const cJSON *schema; /* a fuzzer has one */
	size_t len = 0;
	char *text;

	if (schema)
		return schema;
	text = textfile_read(path, 1 << 20, &len);
	schema = text ? cJSON_ParseWithLength(text, len) : NULL;
	fuzz_check(schema != NULL, path);
	free(text);
	return schema;
}

const cJSON *schema_definition(const cJSON *root, const char *name)
{
	return get(get(root, "$defs"), name);
}

static bool is_of_type(const char *type, const cJSON *value)
{
	if (strcmp(type, "integer") == 0)
		return cJSON_IsNumber(value) && value->valuedouble >= -9e15 && value->valuedouble <= 9e15 &&
		       value->valuedouble == (double)(long long)value->valuedouble;
	return (strcmp(type, "number") == 0 && cJSON_IsNumber(value)) ||
	       (strcmp(type, "string") == 0 && cJSON_IsString(value)) ||
	       (strcmp(type, "boolean") == 0 && cJSON_IsBool(value)) ||
	       (strcmp(type, "object") == 0 && cJSON_IsObject(value)) ||
	       (strcmp(type, "array") == 0 && cJSON_IsArray(value)) ||
	       (strcmp(type, "null") == 0 && cJSON_IsNull(value));
}

static bool type_allows(const cJSON *type, const cJSON *value)
{
	const cJSON *one;

	if (!type || cJSON_IsString(type))
		return !type || is_of_type(type->valuestring, value);
	for (one = first(type); one; one = one->next)
		if (is_of_type(one->valuestring, value))
			return true;
	return false;
}

static bool enum_allows(const cJSON *list, const cJSON *value)
{
	const cJSON *one;

	for (one = first(list); one; one = one->next)
		if (cJSON_Compare(one, value, true))
			return true;
	return !list;
}

/* Numbers, and the lengths of texts. The patterns that name code points as \uXXXX are no POSIX expressions: left out. */
static bool text_allows(const cJSON *schema, const cJSON *value)
{
	const cJSON *pattern = get(schema, "pattern"), *least = get(schema, "minimum"), *most = get(schema, "maximum");
	regex_t expression;
	bool matches = true;

	if (cJSON_IsNumber(value))
		return (!least || value->valuedouble >= least->valuedouble) &&
		       (!most || value->valuedouble <= most->valuedouble);
	if (!cJSON_IsString(value))
		return true;
	least = get(schema, "minLength");
	most = get(schema, "maxLength");
	if (pattern && !strstr(pattern->valuestring, "\\u") &&
	    regcomp(&expression, pattern->valuestring, REG_EXTENDED | REG_NOSUB) == 0) {
		matches = regexec(&expression, value->valuestring, 0, NULL, 0) == 0;
		regfree(&expression);
	}
	return matches && (!least || strlen(value->valuestring) >= (size_t)least->valueint) &&
	       (!most || strlen(value->valuestring) <= (size_t)most->valueint);
}

static bool object_allows(const cJSON *root, const cJSON *schema, const cJSON *value)
{
	const cJSON *more = get(schema, "additionalProperties"), *one, *object = cJSON_IsObject(value) ? value : NULL;
	const cJSON *list = cJSON_IsArray(value) ? value : NULL;

	for (one = first(get(schema, "required")); one; one = one->next)
		if (object && !get(object, one->valuestring))
			return false;
	for (one = first(object); one; one = one->next) {
		const cJSON *property = get(get(schema, "properties"), one->string);

		property = property ? property : more;
		if (cJSON_IsFalse(property) || (property && !schema_allows(root, property, one)))
			return false;
	}
	for (one = first(list); one; one = one->next)
		if (get(schema, "items") && !schema_allows(root, get(schema, "items"), one))
			return false;
	return true;
}

/* One of several: oneOf is taken as anyOf. */
static bool choice_allows(const cJSON *root, const cJSON *list, const cJSON *value)
{
	const cJSON *one;

	for (one = first(list); one; one = one->next)
		if (schema_allows(root, one, value))
			return true;
	return !list;
}

static bool schema_allows(const cJSON *root, const cJSON *schema, const cJSON *value)
{
	const cJSON *reference = get(schema, "$ref"), *constant = get(schema, "const");

	if (reference && !schema_allows(root, schema_definition(root, strrchr(reference->valuestring, '/') + 1), value))
		return false;
	return type_allows(get(schema, "type"), value) && enum_allows(get(schema, "enum"), value) &&
	       (!constant || cJSON_Compare(constant, value, true)) && text_allows(schema, value) &&
	       object_allows(root, schema, value) && choice_allows(root, get(schema, "anyOf"), value) &&
	       choice_allows(root, get(schema, "oneOf"), value);
}

void schema_check(const cJSON *root, const cJSON *schema, const char *text)
{
	cJSON *value = cJSON_Parse(text);

	fuzz_check(value != NULL, text);
	fuzz_check(schema != NULL && schema_allows(root, schema, value), text);
	cJSON_Delete(value);
}
