#include "app/followstate.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"

bool followstate_is_ready(const struct followstate *state)
{
	for (size_t i = 0; i < state->count; i++)
		if (state->followers[i].lost)
			return false;
	return state->runs && state->pid;
}

static cJSON *followstate_target(const struct follower *follower)
{
	const struct progress *progress = follower->progress;
	const struct outcome *outcome = follower->lost ? &follower->last.outcome : &progress->outcome;
	const struct place *place = &progress->place;
	cJSON *target = alloc_check(cJSON_CreateObject());

	json_add_text(target, "target", progress->target->text);
	json_add_text(target, "name", progress->target->name);
	json_add_text(target, "state", follower->lost ? "lost" : "ready");
	json_add_text(target, "host", place->host);
	json_add_whole(target, "port", place->port);
	json_add_text(target, "address", place->address);
	json_add_text(target, "reason", outcome_info(outcome->kind)->name);
	return target;
}

char *followstate_text(const struct followstate *state)
{
	cJSON *root = alloc_check(cJSON_CreateObject()), *app, *targets;
	char time[CLOCK_UTC_MAX], *line, *text;

	json_add_whole(root, "version", FOLLOWSTATE_VERSION);
	json_add_text(root, "time", clock_utc(time, sizeof(time)));
	alloc_check(cJSON_AddBoolToObject(root, "ready", followstate_is_ready(state)));
	app = alloc_check(cJSON_AddObjectToObject(root, "app"));
	if (state->pid)
		json_add_whole(app, "pid", state->pid);
	else
		json_add_text(app, "pid", NULL);
	json_add_whole(app, "starts", state->starts);
	targets = alloc_check(cJSON_AddArrayToObject(root, "targets"));
	for (size_t i = 0; i < state->count; i++)
		alloc_check(cJSON_AddItemToArray(targets, followstate_target(&state->followers[i])) ? targets : NULL);
	line = json_line(root);
	text = alloc_format("%s\n", line);
	free(line);
	cJSON_Delete(root);
	return text;
}
