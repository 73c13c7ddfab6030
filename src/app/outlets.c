#include "app/outlets.h"

#include <stdlib.h>
#include <string.h>

int outlets_check(const struct config_outlets *config, struct error *err)
{
	return config->health && responder_check(config->health, err) ? errors_prefix(err, "--health") : 0;
}

int outlets_rehearse(const struct config_outlets *config, struct error *err)
{
	struct outfile file = {0};
	int failed = config->state && outfile_open(&file, config->state, err) ? errors_prefix(err, "--state") : 0;

	outfile_release(&file);
	if (!failed && config->health && responder_rehearse(config->health, err))
		failed = errors_prefix(err, "--health");
	return failed;
}

int outlets_open(struct outlets *outlets, const struct config_outlets *config, struct loop *loop, struct log *log,
		 bool (*answer)(void *arg, char **text), void *arg, struct error *err)
{
	outlets->log = log;
	outlets->answer = answer;
	outlets->arg = arg;
	if (config->state && outfile_open(&outlets->file, config->state, err))
		return errors_prefix(err, "--state");
	if (config->health && responder_open(&outlets->responder, loop, config->health, answer, arg, err))
		return errors_prefix(err, "--health");
	return 0;
}

void outlets_write(struct outlets *outlets)
{
	struct error err = {0};
	char *text;

	if (!outlets->file.name)
		return;
	outlets->answer(outlets->arg, &text);
	if (outfile_write(&outlets->file, text, strlen(text), &err))
		log_line(outlets->log, LOG_LEVEL_ERROR, "--state: %s", err.text);
	free(text);
}

void outlets_close(struct outlets *outlets)
{
	responder_close(&outlets->responder);
	outfile_release(&outlets->file);
}
