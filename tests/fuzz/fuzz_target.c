/*
 * target_parse: what is printed of a target, parsed again, is the same target; every part of it is fit for what comes
 * later.
 * Covers: src/target/target.c src/target/text.c src/target/endpoint.c src/base/mask.c
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/mask.h"
#include "target/scheme.h"
#include "target/target.h"
#include "target/text.h"

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_same(const struct target *a, const struct target *b)
{
	fuzz_check(same(a->name, b->name) && a->named == b->named, a->text);
	fuzz_check(same(a->scheme_name, b->scheme_name) && a->by_srv == b->by_srv, a->text);
	fuzz_check(a->endpoint_count == b->endpoint_count, a->text);
	for (size_t i = 0; i < a->endpoint_count; i++)
		fuzz_check(same(a->endpoints[i].host, b->endpoints[i].host) &&
				   a->endpoints[i].port == b->endpoints[i].port,
			   a->text);
	fuzz_check(a->has_user == b->has_user, a->text);
}

static void check_parts(const struct target *target, const char *written)
{
	struct error err = {0};

	for (size_t i = 0; i < target->endpoint_count; i++)
		fuzz_check(endpoint_check_host(target->endpoints[i].host, &err) == 0, err.text);
	for (const char *c = target->name; c && *c; c++)
		fuzz_check(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c), target->name);
	fuzz_check(!target->name || !strchr("0123456789", target->name[0]), target->name);
	fuzz_check(!target->scheme_name || target_scheme_length(target->url + scheme_wrapper_length(target->url)) > 0,
		   target->url);
	fuzz_check(strstr(written, target->tail), target->tail);
}

/* What hides nothing is the target as it was written, and has nothing to hide. */
static void check_shown(const struct target *target)
{
	struct error err = {0};
	struct target other;
	char *again;

	if (strstr(target->text, "***"))
		return;
	again = mask_target(target->text, scheme_parameter);
	fuzz_check(strcmp(again, target->text) == 0, target->text);
	fuzz_check(target_parse(&other, target->text, &err) == 0, err.text);
	check_same(target, &other);
	target_release(&other);
	free(again);
}

static void check_text(const char *text)
{
	struct target target;
	struct error err = {0};

	if (target_parse(&target, text, &err)) {
		fuzz_check(err.set && strncmp(err.text, "target \"", 8) == 0, err.text);
		fuzz_check(!target.text && !target.endpoints, text);
		return;
	}
	fuzz_check(!err.set, err.text);
	check_parts(&target, text);
	check_shown(&target);
	target_release(&target);
}

void fuzz_one(struct fuzz *in)
{
	char *text = fuzz_rest(in), **list = text_split(text), *cut = text_cut_ports(text),
	     *again = text_cut_ports(cut);

	check_text(text);
	for (size_t i = 0; list[i]; i++) {
		check_text(list[i]);
		free(list[i]);
	}
	fuzz_check(strlen(cut) <= strlen(text) && strlen(again) <= strlen(cut), text);
	free(list);
	free(again);
	free(cut);
	free(text);
}
