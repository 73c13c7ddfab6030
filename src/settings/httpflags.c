#include "settings/httpflags.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/percent.h"
#include "target/scheme.h"

/* Has the scheme of this target the parameter? */
static bool httpflags_fits(const struct target *target, const char *key)
{
	const struct scheme *scheme = target->scheme_name ? scheme_of_name(target->scheme_name) : NULL;

	for (size_t i = 0; scheme && scheme->params && i < scheme->params->count; i++)
		if (strcmp(scheme->params->rows[i].key, key) == 0)
			return true;
	return false;
}

/* Returns the only target with this parameter; NULL, with err that names the flag, if there is not exactly one. */
static struct target *httpflags_target(struct config *config, const char *key, const char *flag, struct error *err)
{
	struct target *found = NULL;

	for (size_t i = 0; i < config->plan.target_count; i++) {
		struct target *target = &config->plan.targets[i];

		if (!httpflags_fits(target, key))
			continue;
		if (found) {
			errors_set(err,
				   "--%s is for one target of HTTP, and there are more; write it into each URL: ?%s=",
				   flag, key);
			return NULL;
		}
		found = target;
	}
	if (!found)
		errors_set(err, "--%s needs a target of HTTP; write one such as http://api:8080/health", flag);
	return found;
}

static int httpflags_add(struct config *config, const char *key, const char *flag, const char *value, struct error *err)
{
	struct target *target = httpflags_target(config, key, flag, err);
	struct buf tail = {0};

	if (!target)
		return -1;
	buf_add_text(&tail, target->tail);
	buf_add_text(&tail, strchr(target->tail, '?') ? "&" : "?");
	buf_add_text(&tail, key);
	buf_add_text(&tail, "=");
	percent_encode(&tail, value);
	free(target->tail);
	target->tail = buf_detach(&tail);
	return 0;
}

int httpflags_apply(struct config *config, struct error *err)
{
	int failed = 0;

	if (config->expect_status)
		failed = httpflags_add(config, "status", "expect-status", config->expect_status, err);
	if (!failed && config->expect_body)
		failed = httpflags_add(config, "expect-body", "expect-body", config->expect_body, err);
	for (size_t i = 0; !failed && i < config->expect_json.count; i++)
		failed = httpflags_add(config, "expect-json", "expect-json", config->expect_json.items[i], err);
	for (size_t i = 0; !failed && i < config->http_headers.count; i++)
		failed = httpflags_add(config, "header", "http-header", config->http_headers.items[i], err);
	return failed;
}
