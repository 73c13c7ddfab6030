/* The five steps: read the settings, bind each target to its probe, wait, tell the app what was found, start it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/compose.h"
#include "app/envprint.h"
#include "app/exports.h"
#include "app/follow.h"
#include "app/handoff.h"
#include "app/hold.h"
#include "app/lock.h"
#include "app/outlets.h"
#include "app/render.h"
#include "app/stay.h"
#include "attempt/probe.h"
#include "base/errors.h"
#include "cli/about.h"
#include "cli/explain.h"
#include "cli/front.h"
#include "cli/front/frontsink.h"
#include "cli/outputs.h"
#include "net/session.h"
#include "settings/config.h"
#include "settings/load.h"
#include "system/ending.h"
#include "system/env.h"
#include "system/log.h"
#include "system/process.h"
#include "wait/waiter.h"

/* Prints text on stdout and frees it. Only for runs without an app, whose stdout it is. Returns the exit code. */
static int main_print(char *text, struct error *err)
{
	bool failed = fputs(text, stdout) < 0 || fflush(stdout) != 0;

	free(text);
	if (!failed)
		return 0;
	errors_set(err, "cannot write to standard output: %s", strerror(errno));
	return EXIT_OWN_FAULT;
}

/* Returns the text of --help or --version. The caller's. */
static char *main_text(int action)
{
	switch (action) {
	case CONFIG_HELP_ALL:
		return about_help_all();
	case CONFIG_HELP_TARGETS:
		return about_help_targets();
	case CONFIG_HELP_JSON:
		return about_help_json();
	case CONFIG_VERSION:
		return about_version();
	default:
		return about_help();
	}
}

static int main_exit_code(const struct waiter_result *result)
{
	switch (result->verdict) {
	case VERDICT_READY:
		return 0;
	case VERDICT_NOT_READY:
		return EXIT_NOT_READY;
	case VERDICT_TIMED_OUT:
	case VERDICT_GAVE_UP:
		return EXIT_TIMED_OUT;
	case VERDICT_SIGNALLED:
		return ending_exit_code(result->signal);
	}
	return EXIT_OWN_FAULT;
}

/* The plan may be read on another machine than the one that it is for: a missing command is part of it, and no error. */
__attribute__((noinline)) static int main_explain(const struct config *config, const struct env *env, struct error *err)
{
	struct error problem = {0};
	int ignored, code;
	char *path = config->command ? handoff_find(config->command[0], env, &ignored, &problem) : NULL;
	const struct explain_command command = {
		.path = config->command && !path ? config->command[0] : path,
		.problem = problem.set ? problem.text : NULL,
	};

	code = main_print(config->explain == CONFIG_EXPLAIN_JSON ? explain_json(config, &command)
								 : explain_table(config, &command),
			  err);
	free(path);
	return code;
}

/* What is opened for a wait, and found out by it. */
struct main_state {
	struct outputs outputs;
	struct renders renders;
	struct waiter_result result;
	char *path;   /* of the command; NULL: none */
	bool is_apps; /* the exit code is that of the command, which has ended */
};

static struct stay_call main_stay_call(const struct config *config, const struct main_state *state,
				       const struct env *env, struct log *log)
{
	return (struct stay_call){
		.settings = &config->stay, .path = state->path, .command = config->command, .env = env, .log = log};
}

/* Composes what --export asks for, sets the variables, and writes the files of --render. Returns -1 with err. */
static int main_tell(const struct config *config, const struct main_state *state, struct exports *exports,
		     struct env *env, struct error *err)
{
	if (compose_add(exports, &config->exports, env, err))
		return -1;
	if (config->command || state->renders.count)
		exports_apply(exports, env);
	return render_write(&state->renders, env, err);
}

/* Collects what was found, and tells the app. Returns -1 with err. */
static int main_export(const struct config *config, const struct main_state *state, struct env *env, struct error *err)
{
	struct exports exports;
	int failed;

	exports_collect(&exports, &config->plan, state->result.progress);
	failed = main_tell(config, state, &exports, env, err);
	exports_release(&exports);
	return failed;
}

/* What --follow needs to tell the app again where its targets are. */
struct main_again {
	const struct config *config;
	const struct main_state *state;
	struct env *env;
};

static int main_tell_again(void *arg, struct error *err)
{
	const struct main_again *again = arg;

	return main_export(again->config, again->state, again->env, err);
}

static int main_follow(const struct config *config, struct main_state *state, struct env *env,
		       const struct stay_call *app, struct process *process, struct error *err)
{
	struct main_again again = {config, state, env};
	const struct follow_call call = {.config = config,
					 .result = &state->result,
					 .sinks = &state->outputs.report,
					 .app = app,
					 .lost_code = EXIT_TIMED_OUT,
					 .tell = main_tell_again,
					 .arg = &again};

	return follow_run(&call, process, err);
}

/* Becomes the app, or stays as its parent. Returns the exit code. */
static int main_start(const struct config *config, struct main_state *state, struct env *env, struct process *process,
		      struct log *log, struct error *err)
{
	const struct stay_call call = main_stay_call(config, state, env, log);
	const struct target *lock = lock_target(&config->plan);
	int code;

	/* The command may call waitfor itself: it would wait for the lock that is held for it, or follow what is followed. */
	if (lock)
		env_remove(env, "WAITFOR_LOCK");
	if (config->follow.on) {
		env_remove(env, "WAITFOR_FOLLOW");
		code = main_follow(config, state, env, &call, process, err);
	} else if (lock || config->stay.on) {
		outputs_close_events(config);
		code = lock ? lock_run(lock, &call, process, err) : stay_run(&call, process, err);
	} else {
		return handoff_exec(state->path, config->command, env, process, err);
	}
	state->is_apps = code >= 0;
	return code < 0 ? EXIT_OWN_FAULT : code;
}

/*
 * After a successful wait, or with --run-anyway after any wait: writes the files of --render, and starts the command or
 * prints the variables. With a command it returns on failure, or with --stay when the command has ended. Returns the exit
 * code: `code`, that of the wait, if there is neither command nor --print-env; 0 if the command has run before, once for all.
 */
static int main_hand_over(const struct config *config, struct main_state *state, struct env *env,
			  struct process *process, struct log *log, int code, struct error *err)
{
	struct exports exports;

	if (lock_is_done(lock_target(&config->plan), log))
		return 0;
	exports_collect(&exports, &config->plan, state->result.progress);
	if (main_tell(config, state, &exports, env, err)) {
		code = EXIT_OWN_FAULT;
	} else if (config->command) {
		sinks_exec(&state->outputs.report, state->path);
		code = main_start(config, state, env, process, log, err);
	} else if (config->print_env) {
		code = main_print(
			envprint_text((enum envprint_form)(config->print_env - 1), exports.list, exports.count), err);
	}
	exports_release(&exports);
	return code;
}

static uint16_t main_held_port(const void *hold, size_t index)
{
	return hold_port(hold, index);
}

static void main_on_app_ended(void *hold)
{
	hold_finish(hold);
}

/* Tells the app where its connections are held, starts it if there is one, and holds them. Returns the exit code. */
static int main_run_held(const struct config *config, struct main_state *state, struct hold *hold,
			 struct session *session, const struct process *process, struct env *env, struct log *log,
			 struct error *err)
{
	const struct stay_call call = main_stay_call(config, state, env, log);
	struct exports exports;
	struct stay stay;
	int signal, code, failed;

	exports_collect_held(&exports, &config->plan, main_held_port, hold);
	failed = main_tell(config, state, &exports, env, err);
	exports_release(&exports);
	if (!failed && config->command)
		sinks_exec(&state->outputs.report, state->path);
	if (failed ||
	    (config->command && stay_open(&stay, &call, process, session->loop, main_on_app_ended, hold, err)))
		return EXIT_OWN_FAULT;
	failed = hold_run(hold, &signal, err);
	state->is_apps = !failed && config->command;
	code = failed ? EXIT_OWN_FAULT : state->is_apps ? stay_code(&stay) : ending_exit_code(signal);
	if (config->command)
		stay_close(&stay);
	return code;
}

/*
 * --hold: the app, if there is one, starts before its targets are ready. Returns the exit code. Not inlined, and so main_explain:
 * what the compiler makes of them in the middle of a wait would change the size by more than what `make size` looks for.
 */
__attribute__((noinline)) static int main_hold(const struct config *config, struct main_state *state, struct env *env,
					       struct process *process, struct log *log, struct error *err)
{
	struct session session;
	struct hold *hold;
	int code = EXIT_OWN_FAULT;

	if (config->command)
		process_become_parent(process);
	if (ending_noted())
		return ending_exit_code(ending_noted());
	if (session_open(&session, process, err))
		return EXIT_OWN_FAULT;
	hold = hold_open(config, &session, &state->outputs.report, log, err);
	if (hold) {
		code = main_run_held(config, state, hold, &session, process, env, log, err);
		hold_close(hold);
	}
	session_close(&session);
	return code;
}

/* Runs the wait. The event loop and the resolver exist only during this call. */
static int main_wait_for(struct waiter_result *result, const struct config *config, struct process *process,
			 const struct sinks *sinks, struct error *err)
{
	struct session session;
	int failed;

	if (session_open(&session, process, err))
		return -1;
	failed = waiter_run(result, &session, &config->plan, sinks, err);
	session_close(&session);
	return failed;
}

/* Without a way to stay with the app, --state and --health of the environment mean nothing. */
static bool main_shows_status(const struct config *config)
{
	return config->follow.on || config->hold.on;
}

/* Opens what a wait needs. All that can fail before the wait does. Returns the exit code; 0 on success. */
static int main_open(struct main_state *state, const struct config *config, struct frontline *line,
		     const struct env *env, struct log *log, struct error *err)
{
	int code = EXIT_OWN_FAULT;

	if (config->command && !(state->path = handoff_find(config->command[0], env, &code, err)))
		return code;
	if ((main_shows_status(config) && outlets_rehearse(&config->outlets, err)) ||
	    outputs_open(&state->outputs, config, line, env, log, err) ||
	    render_open(&state->renders, &config->renders, config->print_env, err) ||
	    render_check(&state->renders, &config->exports, &config->plan, config->run_anyway, env, err))
		return EXIT_OWN_FAULT;
	return 0;
}

static void main_close(struct main_state *state)
{
	free(state->path);
	render_release(&state->renders);
	outputs_release(&state->outputs);
	waiter_release(&state->result);
}

/* Runs all steps after the targets were bound. Returns the exit code; does not return if it becomes the command. */
static int main_wait(const struct config *config, struct frontline *line, struct env *env, struct process *process,
		     struct log *log, struct error *err)
{
	struct main_state state = {0};
	int code = main_open(&state, config, line, env, log, err);

	if (code == 0 && config->hold.on) {
		code = main_hold(config, &state, env, process, log, err);
		line->is_apps = state.is_apps;
		main_close(&state);
		return code;
	}
	if (code == 0)
		code = frontsink_rest_before(line, process, err);
	if (code == 0 && main_wait_for(&state.result, config, process, &state.outputs.report, err))
		code = EXIT_OWN_FAULT;
	if (code == 0) {
		code = main_exit_code(&state.result);
		if (code == 0)
			code = frontsink_rest_after(line, process, err);
		if (code == 0 || (config->run_anyway && state.result.verdict != VERDICT_SIGNALLED))
			code = main_hand_over(config, &state, env, process, log, code, err);
		if (code == 0 && ending_noted()) /* it came too late for the loop; who runs this must learn of it */
			code = ending_exit_code(ending_noted());
	}
	line->is_apps = state.is_apps;
	main_close(&state);
	return code;
}

/* Binds the targets, and waits or explains. Returns the exit code; does not return if it becomes the command. */
static int main_run(struct config *config, struct frontline *line, struct env *env, struct process *process,
		    struct log *log, struct error *err)
{
	bool used = config->command || config->print_env || config->renders.count;
	int code = EXIT_OWN_FAULT;

	if (probe_bind(config->plan.targets, config->plan.target_count, env, log, err) == 0 &&
	    exports_assign(&config->plan, env, used, log, err) == 0 &&
	    (!config->hold.on || hold_settle(config, err) == 0) &&
	    lock_check(&config->plan, config->command != NULL, err) == 0 && follow_check(config, env, err) == 0 &&
	    (!main_shows_status(config) || outlets_check(&config->outlets, err) == 0) &&
	    compose_check(&config->exports, &config->plan, config->run_anyway, env, err) == 0 &&
	    render_check_form(&config->renders, err) == 0)
		code = config->explain ? main_explain(config, env, err)
				       : main_wait(config, line, env, process, log, err);
	probe_unbind(config->plan.targets, config->plan.target_count);
	return code;
}

/* Runs all steps of a command line of waitfor's. line is the tool that it stands for. Returns the exit code. */
static int main_call(int argc, char **argv, struct frontline *line, struct env *env, struct process *process,
		     struct log *log, struct error *err)
{
	struct config config = {0};
	int code = EXIT_OWN_FAULT, failed = load_settings(&config, argc, argv, env, err);

	outputs_set_log(&config, log);
	if (!failed && config.action != CONFIG_WAIT)
		code = main_print(main_text(config.action), err);
	else if (!failed && load_targets(&config, env, log, err) == 0)
		code = main_run(&config, line, env, process, log, err);
	if (err->set)
		log_line(log, LOG_LEVEL_ERROR, "%s", err->text);
	config_release(&config);
	return code;
}

int main(int argc, char **argv)
{
	struct process process;
	struct frontline line = {0};
	struct error err = {0};
	struct env env;
	struct log log;
	int code = EXIT_OWN_FAULT;

	log_init(&log, STDERR_FILENO);
	process_take(&process);
	env_copy(&env, environ);
	if (front_open(&line, &argc, &argv, &env, &err))
		log_line(&log, LOG_LEVEL_ERROR, "%s", err.text);
	else if (line.ends)
		code = frontsink_end_call(&line);
	else
		code = main_call(argc, argv, &line, &env, &process, &log, &err);
	code = front_code(&line, code);
	front_close(&line);
	env_release(&env);
	return code;
}
