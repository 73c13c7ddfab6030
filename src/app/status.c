#include "app/status.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"

static cJSON *status_add_target(const struct status_target *from)
{
	cJSON *target = alloc_check(cJSON_CreateObject());

	json_add_text(target, "target", from->target->text);
	json_add_text(target, "name", from->target->name);
	json_add_text(target, "state", from->state);
	json_add_text(target, "host", from->place->host[0] ? from->place->host : NULL);
	json_add_whole(target, "port", from->place->port);
	json_add_text(target, "address", from->place->address[0] ? from->place->address : NULL);
	json_add_text(target, "reason", outcome_info(from->reason)->name);
	return target;
}

static void status_add_app(cJSON *root, const struct status *status)
{
	cJSON *app;

	if (!status->has_app) {
		json_add_text(root, "app", NULL);
		return;
	}
	app = alloc_check(cJSON_AddObjectToObject(root, "app"));
	if (status->pid)
		json_add_whole(app, "pid", status->pid);
	else
		json_add_text(app, "pid", NULL);
	json_add_whole(app, "starts", status->starts);
}

char *status_text(const struct status *status)
{
	cJSON *root = alloc_check(cJSON_CreateObject()), *targets;
	char time[CLOCK_UTC_MAX], *line, *text;

	json_add_whole(root, "version", STATUS_VERSION);
	json_add_text(root, "time", clock_utc(time, sizeof(time)));
	alloc_check(cJSON_AddBoolToObject(root, "ready", status->is_ready));
	status_add_app(root, status);
	targets = alloc_check(cJSON_AddArrayToObject(root, "targets"));
	for (size_t i = 0; i < status->count; i++)
		alloc_check(cJSON_AddItemToArray(targets, status_add_target(&status->targets[i])) ? targets : NULL);
	line = json_line(root);
	text = alloc_format("%s\n", line);
	free(line);
	cJSON_Delete(root);
	return text;
}
