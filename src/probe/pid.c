/*
 * pid:// and pidfile://: ready when the process is alive, or with ?gone when it is not. See kill(2) for signal 0, and proc(5)
 * for /proc/PID/stat. The number of a process that has ended may be another's later; nobody can see that from outside.
 */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "probe/localfile.h"
#include "target/scheme.h"

/*
 * The largest number of a process (PID_MAX_LIMIT of Linux), and how many bytes are read of a file that holds one and of
 * /proc/PID/stat, of which the first twenty fields are wanted.
 */
enum { PID_MAX = 1 << 22, PID_FILE_MAX = 128, PID_STAT_MAX = 1024 };

struct pid_params {
	int gone;
};

struct pid_state {
	char none;
};

struct pid_plan {
	pid_t pid;  /* of pid:// */
	char *path; /* of pidfile:// */
};

static const struct options_row pid_row = {
	.key = "gone",
	.type = OPTIONS_FLAG,
	.value = 1,
	.offset = offsetof(struct pid_params, gone),
	.help = "the process is not alive",
};
static const struct options_table pid_table = {&pid_row, 1};

/* Reads the number of a process at the beginning of text. Returns its length, or 0 if there is none. */
static size_t pid_parse(const char *text, pid_t *pid)
{
	size_t len = strspn(text, "0123456789");
	unsigned long number = len && len < 10 ? strtoul(text, NULL, 10) : 0;

	*pid = (pid_t)number;
	return number > 0 && number <= PID_MAX ? len : 0;
}

static int pid_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	struct pid_plan *plan = alloc_zero(1, sizeof(*plan));
	size_t len = pid_parse(target->tail, &plan->pid);

	(void)env;
	(void)log;
	target->plan = plan;
	if (!len || (target->tail[len] && target->tail[len] != '?'))
		return errors_set(err, "a process is a number from 1 to %d; write %s", PID_MAX,
				  target->scheme->example);
	return 0;
}

static int pid_bind_file(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	struct pid_plan *plan = alloc_zero(1, sizeof(*plan));

	(void)env;
	(void)log;
	target->plan = plan;
	plan->path = localfile_path(target, err);
	return plan->path ? 0 : -1;
}

static void pid_unbind(struct target *target)
{
	struct pid_plan *plan = target->plan;

	if (plan)
		free(plan->path);
	free(plan);
	target->plan = NULL;
}

/* Returns field number `number` of /proc/PID/stat, from 3 on; "" if there is none. */
static const char *pid_field(const char *stat, int number)
{
	const char *at = strrchr(stat, ')'); /* the end of field 2, the name, which may hold blanks and parentheses */

	for (int field = 2; at && field < number; field++)
		at = strchr(at + 1, ' ');
	return at ? at + 1 : "";
}

/*
 * Has the process ended, and only its parent has not asked for its status? If its first thread has ended and others run on,
 * its state is the same, but it has several threads. Without /proc the answer is no.
 */
static bool pid_is_zombie(pid_t pid)
{
	enum { STATE = 3, THREADS = 20 };
	char *path = alloc_format("/proc/%d/stat", (int)pid), *text;
	struct outcome ignored;
	bool cut, zombie = false;
	size_t len;

	if (localfile_read(path, PID_STAT_MAX, true, &text, &len, &cut, &ignored)) {
		const char *state = pid_field(text, STATE), *threads = pid_field(text, THREADS);

		zombie = (*state == 'Z' || *state == 'X') && threads[0] <= '1' && threads[1] == ' ';
		free(text);
	}
	free(path);
	return zombie;
}

/* detail: what else is told of a process that is not there, or "". */
static struct outcome pid_judge(pid_t pid, const char *detail)
{
	if (kill(pid, 0) && errno == ESRCH)
		return outcome_make(OUTCOME_NO_PROCESS, "%s", detail);
	/* EPERM: it is somebody else's. */
	if (pid_is_zombie(pid))
		return outcome_make(OUTCOME_NO_PROCESS, "%s%sit has ended, but its parent has not noticed", detail,
				    *detail ? ": " : "");
	return outcome_make(OUTCOME_READY, NULL);
}

/* Judges the process whose number stands at the beginning of the file. */
static struct outcome pid_judge_file(const char *path)
{
	struct outcome outcome;
	char *text, detail[16];
	size_t len, begin, digits;
	pid_t pid = 0;
	bool cut;

	if (!localfile_read(path, PID_FILE_MAX, true, &text, &len, &cut, &outcome))
		return outcome;
	begin = strspn(text, " \t\r\n");
	digits = pid_parse(text + begin, &pid);
	if (begin == len)
		outcome = outcome_make(OUTCOME_UNMET, "the file is empty");
	else if (!digits || (text[begin + digits] && !isspace((unsigned char)text[begin + digits])))
		outcome = outcome_make(OUTCOME_UNMET, "the file does not begin with the number of a process");
	else
		outcome.kind = OUTCOME_READY;
	free(text);
	snprintf(detail, sizeof(detail), "%d", (int)pid);
	return outcome.kind == OUTCOME_READY ? pid_judge(pid, detail) : outcome;
}

static void pid_start(struct probe *probe)
{
	const struct pid_plan *plan = probe->target->plan;
	const struct pid_params *params = probe->target->params.fields;
	struct outcome outcome = plan->path ? pid_judge_file(plan->path) : pid_judge(plan->pid, "");

	if (params->gone && outcome.kind == OUTCOME_READY)
		outcome = outcome_make(OUTCOME_UNMET, "it is alive");
	else if (params->gone && (outcome.kind == OUTCOME_NO_PROCESS || outcome.kind == OUTCOME_NO_FILE))
		outcome = outcome_make(OUTCOME_READY, NULL);
	probe_finish(probe, &outcome);
}

static void pid_stop(struct probe *probe)
{
	(void)probe;
}

static const struct protocol pid_protocol = {
	.state_size = sizeof(struct pid_state),
	.bind = pid_bind,
	.unbind = pid_unbind,
	.start = pid_start,
	.stop = pid_stop,
};

static const struct protocol pid_file_protocol = {
	.state_size = sizeof(struct pid_state),
	.bind = pid_bind_file,
	.unbind = pid_unbind,
	.start = pid_start,
	.stop = pid_stop,
};

const struct scheme scheme_pid = {
	.name = "pid",
	.summary = "the process with that number is alive; with ?gone, it is not",
	.example = "pid://123",
	.needs = SCHEME_NEEDS_WORD,
	.params = &pid_table,
	.params_size = sizeof(struct pid_params),
	.protocol = &pid_protocol,
};

const struct scheme scheme_pidfile = {
	.name = "pidfile",
	.summary = "the process whose number is in the file is alive; with ?gone, it is not",
	.example = "pidfile:///path",
	.needs = SCHEME_NEEDS_NOTHING,
	.params = &pid_table,
	.params_size = sizeof(struct pid_params),
	.protocol = &pid_file_protocol,
};
