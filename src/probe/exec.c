/*
 * exec://: ready when a program exits with 0, or with the status that ?exit= asks for.
 *
 * The end of an attempt, whatever ends it, ends the program and all that it has started (system/children.h). A failed check is
 * OUTCOME_NOISY: to start a program costs this machine more than any connection, and most checks then connect to a service.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/mask.h"
#include "probe/localfile.h"
#include "system/children.h"
#include "system/spawn.h"
#include "target/scheme.h"

/* How much of the output's end is kept, to find its last line, and how much is read in one turn of the loop. */
enum { EXEC_KEPT = 1024, EXEC_TURN = 64 * 1024, EXEC_CHUNK = 4096 };

enum { EXEC_EXIT_MAX = 255 };

struct exec_params {
	struct options_list arguments;
	int exit;
	enum { EXEC_PATH_IS_WHOLE, EXEC_SEARCH_PATH } search;
};

struct exec_plan {
	char *path;
	char **argv;
	struct env env; /* as the app gets it */
};

struct exec_state {
	struct children_child child;
	struct loop_watch watch;
	int output; /* the end of the pipe that is read; 0: not open */
	size_t kept;
	char end[EXEC_KEPT]; /* of the output */
};

/* clang-format off */
static const struct options_row exec_rows[] = {
	{ .key = "arg", .type = OPTIONS_LIST, .offset = offsetof(struct exec_params, arguments), .arg = "TEXT", .secret = true,
	  .may_be_empty = true, .help = "an argument; can be repeated" },
	{ .key = "exit", .type = OPTIONS_COUNT, .offset = offsetof(struct exec_params, exit), .initial = "0", .arg = "STATUS",
	  .help = "the exit status of a program that finds all well" },
	{ .key = "search", .type = OPTIONS_WORD, .value = EXEC_SEARCH_PATH, .choices = "path",
	  .offset = offsetof(struct exec_params, search), .help = "it is looked for in PATH, without the first slash" },
};
/* clang-format on */
static const struct options_table exec_table = {exec_rows, sizeof(exec_rows) / sizeof(exec_rows[0])};

static struct exec_params *exec_params(const struct target *target)
{
	return target->params.fields;
}

/* Makes argv. Its texts are the plan's path and the target's parameters. */
static void exec_make_argv(struct exec_plan *plan, const struct exec_params *params)
{
	size_t count = params->arguments.count;

	plan->argv = alloc_zero(count + 2, sizeof(*plan->argv));
	plan->argv[0] = plan->path + (params->search == EXEC_SEARCH_PATH);
	for (size_t i = 0; i < count; i++)
		plan->argv[i + 1] = (char *)params->arguments.items[i];
}

static int exec_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	const struct exec_params *params = exec_params(target);
	struct exec_plan *plan = alloc_zero(1, sizeof(*plan));

	(void)log;
	target->plan = plan;
	plan->path = localfile_path(target, err);
	if (!plan->path)
		return -1;
	if (params->exit > EXEC_EXIT_MAX)
		return errors_set(err, "an exit status is a number from 0 to %d; write exit=1", EXEC_EXIT_MAX);
	exec_make_argv(plan, params);
	env_copy(&plan->env, env->list);
	return 0;
}

static void exec_unbind(struct target *target)
{
	struct exec_plan *plan = target->plan;

	if (!plan)
		return;
	env_release(&plan->env);
	free(plan->argv);
	free(plan->path);
	free(plan);
	target->plan = NULL;
}

/* Keeps the end of what was kept and of the chunk. */
static void exec_keep(struct exec_state *state, const char *chunk, size_t len)
{
	size_t from = len > EXEC_KEPT ? len - EXEC_KEPT : 0, add = len - from;
	size_t drop = state->kept + add > EXEC_KEPT ? state->kept + add - EXEC_KEPT : 0;

	memmove(state->end, state->end + drop, state->kept - drop);
	state->kept -= drop;
	memcpy(state->end + state->kept, chunk + from, add);
	state->kept += add;
}

/* Reads what the program has written, however much it is, so that it need not wait. Returns false at the end. */
static bool exec_read(struct exec_state *state)
{
	char chunk[EXEC_CHUNK];

	for (size_t total = 0; total < EXEC_TURN;) {
		ssize_t got = read(state->output, chunk, sizeof(chunk));

		if (got < 0)
			return errno == EAGAIN || errno == EINTR;
		if (got == 0)
			return false;
		exec_keep(state, chunk, (size_t)got);
		total += (size_t)got;
	}
	return true;
}

static void exec_on_output(void *arg, bool readable, bool writable)
{
	struct exec_state *state = arg;

	(void)readable;
	(void)writable;
	if (!exec_read(state))
		loop_watch_clear(&state->watch);
}

/*
 * Returns the last line of the output that is not blank, with the passwords of the URLs in it masked; "" if there is none. The
 * caller's.
 */
static char *exec_last_line(const struct exec_state *state)
{
	static const char blanks[] = " \t\r\n\v\f";
	size_t end = state->kept, begin;
	struct buf out = {0};
	char *line;

	while (end && (!state->end[end - 1] || strchr(blanks, state->end[end - 1])))
		end--;
	for (begin = end; begin && state->end[begin - 1] != '\n'; begin--)
		;
	line = alloc_slice(state->end + begin, end - begin);
	for (const char *word = line; *word;) {
		size_t len = strcspn(word, blanks), gap = strspn(word + len, blanks);
		char *plain = alloc_slice(word, len);
		char *shown = strstr(plain, "://") || mask_is_password(plain) ? mask_target(plain, NULL) : NULL;

		buf_add_text(&out, shown ? shown : plain);
		buf_add(&out, word + len, gap);
		free(shown);
		free(plain);
		word += len + gap;
	}
	free(line);
	return buf_detach(&out);
}

/* Returns the outcome for a program that could not be started. It may be there later, on a volume that is mounted late. */
static struct outcome exec_judge_trouble(int reason)
{
	switch (reason) {
	case ENOENT:
	case ENOTDIR:
		return outcome_make(OUTCOME_LOCAL,
				    "the program, or the interpreter or loader that it needs, does not exist");
	case EACCES:
		return outcome_make(OUTCOME_LOCAL, "the program cannot be run: no permission, or not executable");
	case ENOEXEC:
		return outcome_make(OUTCOME_LOCAL,
				    "it is not a program; a script needs a first line such as #!/bin/sh");
	default:
		return outcome_make(OUTCOME_LOCAL, "the program cannot be run: %s", strerror(reason));
	}
}

static struct outcome exec_judge(const struct exec_state *state, int status, int wanted)
{
	char *line = exec_last_line(state);
	const char *colon = *line ? ": " : "";
	struct outcome outcome;

	if (WIFEXITED(status) && WEXITSTATUS(status) == wanted)
		outcome = outcome_make(OUTCOME_READY, NULL);
	else if (WIFEXITED(status))
		outcome = outcome_make(OUTCOME_CHECK_FAILED, "exit status %d%s%s", WEXITSTATUS(status), colon, line);
	else
		outcome = outcome_make(OUTCOME_CHECK_FAILED, "ended by signal %d%s%s", WTERMSIG(status), colon, line);
	free(line);
	return outcome;
}

/* The program has ended, and so has all that it has started. The output may be at its end, or not read yet. */
static void exec_on_end(void *arg, int status)
{
	struct probe *probe = arg;
	struct exec_state *state = probe->state;
	struct outcome outcome;
	int reason;

	exec_read(state);
	reason = spawn_trouble(state->end, state->kept);
	outcome = reason ? exec_judge_trouble(reason) : exec_judge(state, status, exec_params(probe->target)->exit);
	probe_finish(probe, &outcome);
}

/* Starts the program. Returns its PID; -1 with errno. Only the end of the pipe that is read does not block. */
static pid_t exec_spawn(struct exec_state *state, const struct exec_plan *plan)
{
	int ends[2], reason;
	pid_t pid = -1;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	state->output = ends[0];
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
		pid = spawn_start(&(struct spawn){.argv = plan->argv, .env = &plan->env, .output = ends[1]});
	reason = errno;
	close(ends[1]);
	errno = reason;
	return pid;
}

static void exec_start(struct probe *probe)
{
	struct exec_state *state = probe->state;
	pid_t pid = loop_expect_children(probe->loop) ? -1 : exec_spawn(state, probe->target->plan);
	struct outcome outcome;

	if (pid < 0) {
		outcome = outcome_make(OUTCOME_LOCAL, "%s", strerror(errno));
		probe_finish(probe, &outcome);
		return;
	}
	children_add(loop_children(probe->loop), &state->child, pid, exec_on_end, probe);
	probe_expire_as(probe, OUTCOME_UNMET, "the check takes longer than --attempt-timeout allows");
	state->watch = (struct loop_watch){.ready = exec_on_output, .arg = state};
	loop_watch_set(probe->loop, &state->watch, state->output, true, false);
}

static void exec_stop(struct probe *probe)
{
	struct exec_state *state = probe->state;

	children_leave(loop_children(probe->loop), &state->child);
	loop_watch_clear(&state->watch);
	if (state->output)
		close(state->output);
}

static const struct protocol exec_protocol = {
	.state_size = sizeof(struct exec_state),
	.bind = exec_bind,
	.unbind = exec_unbind,
	.start = exec_start,
	.stop = exec_stop,
};

const struct scheme scheme_exec = {
	.name = "exec",
	.summary = "the program exits with 0; ?arg=TEXT gives it arguments",
	.example = "exec:///path",
	.needs = SCHEME_NEEDS_NOTHING,
	.params = &exec_table,
	.params_size = sizeof(struct exec_params),
	.protocol = &exec_protocol,
};
