#include "settings/url.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/percent.h"
#include "system/expand.h"
#include "target/scheme.h"

char *url_expand(const struct jsontext *file, const cJSON *item, const char *text, const struct env *env,
		 struct error *err)
{
	struct error inner = {0};
	char *expanded = NULL;

	if (expand_variables(env, text, &expanded, &inner))
		jsontext_error(file, item, false, err, "%s", inner.text);
	return expanded;
}

/* Checks the characters of a parameter's name. libpq would quote a wrong name in full, and it may hold a secret. */
static int url_check_parameter(const struct jsontext *file, const cJSON *item, struct error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	char *quoted;

	if (item->string[0] && item->string[strspn(item->string, allowed)] == '\0')
		return 0;
	quoted = jsontext_quote(item->string);
	jsontext_error(file, item, true, err, "%s is not the name of a URL parameter; write one such as \"sslmode\"",
		       quoted);
	free(quoted);
	return -1;
}

/* Returns the text of a parameter's value; NULL on failure. name is the parameter's. The caller's. */
static char *url_option_value(const struct jsontext *file, const cJSON *item, const char *name, const struct env *env,
			      struct error *err)
{
	if (cJSON_IsString(item) && strchr(item->valuestring, '\r') && !scheme_takes_lines(name)) {
		jsontext_error(file, item, false, err, "\"%s\" holds a carriage return; remove the \\r", name);
		return NULL;
	}
	if (cJSON_IsString(item))
		return url_expand(file, item, item->valuestring, env, err);
	if (cJSON_IsNumber(item))
		return alloc_format("%.15g", item->valuedouble);
	if (cJSON_IsBool(item))
		return alloc_text(cJSON_IsTrue(item) ? "true" : "false");
	jsontext_error(file, item, false, err, "\"%s\" must be a string, a number, true or false, or an array of these",
		       name);
	return NULL;
}

/* Appends "&name=value". item is the value. */
static int url_add_option(const struct jsontext *file, struct buf *url, const cJSON *item, const char *name,
			  const struct env *env, struct error *err)
{
	char *value = url_option_value(file, item, name, env, err);

	if (!value)
		return -1;
	buf_add_text(url, strchr(url->data, '?') ? "&" : "?");
	buf_add_text(url, name);
	buf_add_text(url, "=");
	percent_encode(url, value);
	free(value);
	return 0;
}

int url_add_options(const struct jsontext *file, struct buf *url, const cJSON *options, const struct env *env,
		    struct error *err)
{
	const cJSON *item, *each;

	if (!cJSON_IsObject(options) || !strstr(url->data, "://"))
		return jsontext_error(file, options, true, err,
				      "\"options\" must be an object, and needs a URL as target; write {\"target\": "
				      "\"postgres://db/shop\", \"options\": {\"sslmode\": \"require\"}}");
	cJSON_ArrayForEach(item, options)
	{
		if (url_check_parameter(file, item, err))
			return -1;
		if (!cJSON_IsArray(item)) {
			if (url_add_option(file, url, item, item->string, env, err))
				return -1;
			continue;
		}
		cJSON_ArrayForEach(each, item)
		{
			if (url_add_option(file, url, each, item->string, env, err))
				return -1;
		}
	}
	return 0;
}
