#include "settings/targets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/mask.h"
#include "base/names.h"
#include "system/expand.h"
#include "target/links.h"
#include "target/scheme.h"
#include "target/text.h"

/* Adds the target as the user wrote it to the error, if the error does not quote it so already. */
static void targets_name_origin(const char *text, const char *expanded, struct error *err)
{
	char *written = mask_target(text, scheme_parameter), *named = mask_target(expanded, scheme_parameter);

	if (strcmp(written, named) != 0)
		errors_prefix(err, "\"%s\"", written);
	free(written);
	free(named);
}

/* Adds one target. Variables and commas in its text have no meaning any more. */
static int targets_add_one(struct config *config, const char *text, const struct env *env, struct error *err)
{
	struct target made, *target;

	if (target_parse(&made, text, err))
		return -1;
	target = plan_add_target(&config->plan, &made);
	target->settings = config->settings;
	/*
	 * Only for a target without a scheme: probe_bind completes the others, because their scheme may have a
	 * default port.
	 */
	for (size_t i = 0; i < target->endpoint_count && !target->scheme_name; i++)
		links_complete(&target->endpoints[i], env, 0);
	return 0;
}

int targets_add_expanded(struct config *config, const char *text, const struct env *env, struct error *err)
{
	char *cut = text_cut_ports(text), **targets = text_split(cut);
	int failed = 0;

	for (size_t i = 0; targets[i]; i++) {
		failed = failed ? failed : targets_add_one(config, targets[i], env, err);
		free(targets[i]);
	}
	free(targets);
	free(cut);
	return failed;
}

int targets_add(struct config *config, const char *text, const struct env *env, struct error *err)
{
	char *expanded, *shown;
	int failed;

	if (expand_variables(env, text, &expanded, err)) {
		shown = mask_target(text, scheme_parameter);
		errors_prefix(err, "target \"%s\"", shown);
		free(shown);
		return -1;
	}
	failed = targets_add_expanded(config, expanded, env, err);
	if (failed)
		targets_name_origin(text, expanded, err);
	free(expanded);
	return failed;
}

/* Does the word end with a secret? If so, the secret may hold white space, and the next word may be the rest of it. */
static bool targets_ends_in_secret(const char *word)
{
	char *shown = mask_target(word, scheme_parameter);
	size_t len = strlen(shown);
	bool ends = len >= 3 && strcmp(shown + len - 3, "***") == 0;

	free(shown);
	return ends;
}

/*
 * Adds a word of WAITFOR_TARGETS. after_secret: the word before ended with a secret. If this word is not a target, it
 * may be the rest of that secret, and the error does not quote it.
 */
static int targets_add_word(struct config *config, const char *word, bool after_secret, const struct env *env,
			    struct error *err)
{
	size_t first = config->plan.target_count;
	int failed = targets_add(config, word, env, err);

	if (!after_secret || strstr(word, "://"))
		return failed;
	while (!failed && first < config->plan.target_count && config->plan.targets[first].endpoints[0].port)
		first++;
	if (!failed && first == config->plan.target_count)
		return 0;
	return errors_set(err, "the text after a password is not a target; write white space in a password as %%20, "
			       "and targets as host:port");
}

int targets_add_words(struct config *config, const char *text, const struct env *env, struct error *err)
{
	bool after_secret = false;

	while (*text) {
		size_t len;
		char *word;
		int failed;

		while (isspace((unsigned char)*text))
			text++;
		len = strcspn(text, " \t\r\n\v\f");
		if (!len)
			break;
		word = alloc_slice(text, len);
		failed = targets_add_word(config, word, after_secret, env, err);
		after_secret = targets_ends_in_secret(word);
		free(word);
		if (failed)
			return errors_prefix(err, "WAITFOR_TARGETS");
		text += len;
	}
	return 0;
}

/* Fills hosts with the hosts of all targets, whose texts stay theirs. The caller releases it. */
static void targets_note_hosts(const struct config *config, struct names *hosts)
{
	*hosts = (struct names){.any_case = true};
	for (size_t i = 0; i < config->plan.target_count; i++)
		for (size_t j = 0; j < config->plan.targets[i].endpoint_count; j++) {
			const char *host = config->plan.targets[i].endpoints[j].host;

			names_add(hosts, host, strlen(host), i);
		}
	names_sort(hosts);
}

/* Adds the peer `host`. If it has several ports, it is a group of which one target is enough. */
static int targets_add_peer(struct config *config, const char *host, const struct env *env, struct error *err)
{
	uint16_t *ports = links_ports(env, host);
	size_t group = ports ? plan_add_group(&config->plan, 0, true) : 0;
	int failed = ports ? 0 : targets_add_one(config, host, env, err);

	for (size_t i = 0; ports && ports[i] && !failed; i++) {
		char *text = alloc_format("%s:%u", host, (unsigned)ports[i]);

		failed = targets_add_one(config, text, env, err);
		if (!failed)
			config->plan.targets[config->plan.target_count - 1].group = group;
		free(text);
	}
	free(ports);
	return failed;
}

int targets_add_links(struct config *config, const struct env *env, struct error *err)
{
	char **hosts = links_discover(env); /* each once, so only the targets of the user are searched for one */
	struct names known;
	int failed = 0;

	targets_note_hosts(config, &known);
	for (size_t i = 0; hosts[i]; i++) {
		if (!failed && names_find(&known, hosts[i], strlen(hosts[i])) == NAMES_NONE &&
		    !links_lists(config->links_without, hosts[i]))
			failed = targets_add_peer(config, hosts[i], env, err);
		free(hosts[i]);
	}
	names_release(&known);
	free(hosts);
	return failed;
}
