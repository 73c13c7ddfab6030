#include "app/compose.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "system/expand.h"
#include "target/groups.h"

/* Returns the length of the name before the '='; 0 if there is no '=' or if no variable can have that name. */
static size_t compose_name_length(const char *item)
{
	size_t len = 0;

	if (isdigit((unsigned char)*item))
		return 0;
	while (isalnum((unsigned char)item[len]) || item[len] == '_')
		len++;
	return item[len] == '=' ? len : 0;
}

/* Checks the name of item number index. Quotes none that is wrong: a forgotten NAME= leaves a text with a password. */
static int compose_check_name(const struct options_list *texts, size_t index, struct error *err)
{
	const char *item = texts->items[index];
	size_t len = compose_name_length(item);

	if (!len) {
		errors_set(err, "a variable's name (letters, digits and '_', first no digit) and '=' must come first; "
				"write --export 'NAME=TEXT'");
		return texts->count > 1 ? errors_prefix(err, "--export number %zu", index + 1)
					: errors_prefix(err, "--export");
	}
	for (size_t i = 0; i < index; i++)
		if (strncmp(texts->items[i], item, len + 1) == 0)
			return errors_set(err, "--export: the variable %.*s is given twice; leave out one", (int)len,
					  item);
	return 0;
}

/* Does the target set the variables of the owner's name? */
static bool compose_sets(const struct plan *plan, size_t owner, size_t target)
{
	return plan->targets[target].owner == owner && exports_may_set(plan, target);
}

/* Does each target that sets the owner's variables have a port, whichever of its endpoints answers? Or at least one? */
static bool compose_has_port(const struct plan *plan, size_t owner, bool each)
{
	for (size_t i = 0; i < plan->target_count; i++)
		for (size_t j = 0; compose_sets(plan, owner, i) && j < plan->targets[i].endpoint_count; j++)
			if ((plan->targets[i].endpoints[j].port || plan->targets[i].is_elsewhere) != each)
				return !each;
	return each;
}

/* Can the wait succeed while none of the targets that set the owner's variables is ready? */
static bool compose_may_lack(const struct plan *plan, size_t owner)
{
	struct groups_tally *tallies = alloc_zero(plan->group_count, sizeof(*tallies));
	bool lacks;

	for (size_t i = 0; i < plan->target_count; i++)
		groups_count(&tallies[plan->targets[i].group], compose_sets(plan, owner, i) ? GROUPS_LOST : GROUPS_WON);
	groups_judge(plan->groups, tallies, plan->group_count);
	lacks = tallies[0].standing == GROUPS_WON;
	free(tallies);
	return lacks;
}

/* Will the variable be set after the wait? surely: in every case; else: in one at least. */
static bool compose_foresees(const struct plan *plan, size_t owner, enum target_variable variable, bool run_anyway,
			     bool surely)
{
	if (plan->targets[owner].kept[variable])
		return false;
	if (variable == TARGET_PORT && !compose_has_port(plan, owner, surely))
		return false;
	if ((variable == TARGET_ADDR || plan->targets[owner].is_elsewhere) && surely)
		return !run_anyway && !plan->down && !compose_may_lack(plan, owner);
	return true;
}

/* Puts a variable into the list, which owns name and value from now on. */
static void compose_put(struct exports *exports, char *name, char *value)
{
	for (size_t i = 0; i < exports->count; i++)
		if (strcmp(exports->list[i].name, name) == 0) {
			free(exports->list[i].name);
			free(exports->list[i].value);
			exports->list[i] = (struct env_variable){.name = name, .value = value};
			return;
		}
	exports->list = alloc_resize(exports->list, exports->count + 1, sizeof(*exports->list));
	exports->list[exports->count++] = (struct env_variable){.name = name, .value = value};
}

int compose_add(struct exports *exports, const struct options_list *texts, const struct env *env, struct error *err)
{
	struct env known;
	int failed = 0;

	if (!texts->count) /* two copies of the environment for nothing */
		return 0;
	env_copy(&known, env->list);
	exports_apply(exports, &known);
	for (size_t i = 0; i < texts->count && !failed; i++) {
		size_t len = compose_name_length(texts->items[i]);
		struct env_variable made = {.name = alloc_slice(texts->items[i], len)};

		if (expand_variables(&known, texts->items[i] + len + 1, &made.value, err)) {
			failed = errors_prefix(err, "--export %s", made.name);
			free(made.name);
			continue;
		}
		env_set_all(&known, &made, 1);
		compose_put(exports, made.name, made.value);
	}
	env_release(&known);
	return failed;
}

/* Fills exports with the variables that the targets will set. What stands for a value is only not empty. */
static void compose_foresee_targets(struct exports *exports, const struct plan *plan, bool run_anyway, bool surely)
{
	*exports = (struct exports){0};
	for (size_t i = 0; i < plan->target_count; i++)
		for (int j = 0; j < TARGET_VARIABLES && plan->targets[i].exports && exports_may_set(plan, i); j++)
			if (compose_foresees(plan, i, (enum target_variable)j, run_anyway, surely))
				compose_put(exports, exports_variable(&plan->targets[i], (enum target_variable)j),
					    alloc_text("1"));
}

int compose_foresee(struct exports *exports, const struct options_list *texts, const struct plan *plan, bool run_anyway,
		    bool surely, const struct env *env, struct error *err)
{
	compose_foresee_targets(exports, plan, run_anyway, surely);
	if (compose_add(exports, texts, env, err) == 0)
		return 0;
	exports_release(exports);
	return surely ? errors_prefix(err, COMPOSE_NOT_READY) : -1;
}

/* Expands all with what will be known after the wait, and forgets the values. */
static int compose_try(const struct options_list *texts, const struct plan *plan, bool run_anyway, bool surely,
		       const struct env *env, struct error *err)
{
	struct exports exports;

	if (compose_foresee(&exports, texts, plan, run_anyway, surely, env, err))
		return -1;
	exports_release(&exports);
	return 0;
}

int compose_check(const struct options_list *texts, const struct plan *plan, bool run_anyway, const struct env *env,
		  struct error *err)
{
	if (!texts->count)
		return 0;
	for (size_t i = 0; i < texts->count; i++)
		if (compose_check_name(texts, i, err))
			return -1;
	if (compose_try(texts, plan, run_anyway, false, env, err))
		return -1;
	return compose_try(texts, plan, run_anyway, true, env, err);
}
