#include "app/stay.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "app/handoff.h"
#include "base/clock.h"
#include "net/loop.h"
#include "system/ending.h"
#include "system/terminal.h"

struct stay {
	const struct stay_call *call;
	struct loop *loop;
	struct children_child child;
	struct loop_timer kill;
	int terminal;    /* whose foreground the app has; -1: none */
	bool is_job;     /* a shell can stop and continue us */
	bool is_stopped; /* the app was stopped, and we with it */
	int status;      /* the app's, as from waitpid */
};

static void stay_send(const struct stay *stay, int number)
{
	kill(stay->call->settings->group ? -stay->child.pid : stay->child.pid, number);
}

static void stay_on_kill(void *arg)
{
	struct stay *stay = arg;
	char took[32];

	log_line(stay->call->log, LOG_LEVEL_ERROR, "killing %s, which still runs %s after SIGTERM",
		 stay->call->command[0], clock_format(stay->call->settings->kill_after, took, sizeof(took)));
	stay_send(stay, SIGKILL);
}

/* We are continued, perhaps in the foreground. What stopped the app has stopped all of its group. */
static void stay_continue(struct stay *stay)
{
	int terminal = terminal_of_foreground();

	if (terminal >= 0) {
		stay->terminal = terminal;
		terminal_give(terminal, stay->child.pid);
	}
	if (stay->is_stopped)
		kill(-stay->child.pid, SIGCONT);
	stay->is_stopped = false;
}

static void stay_on_signal(void *arg, int number)
{
	struct stay *stay = arg;
	int64_t patience = stay->call->settings->kill_after;

	if (number == SIGCONT)
		stay_continue(stay);
	stay_send(stay, number);
	if (number == SIGTERM && patience && !loop_timer_is_set(&stay->kill))
		loop_timer_set(&stay->kill, patience);
}

/*
 * The app was stopped. Where a shell watches, it must see us stopped, with all others of the job. Where none does, nobody could
 * continue an app that ^Z has stopped: the kernel does not let it stop a process that nobody watches, and so does this.
 */
static void stay_on_stop(void *arg, int number)
{
	struct stay *stay = arg;

	if (stay->is_job) {
		stay->is_stopped = true;
		kill(0, SIGSTOP);
	} else if (number == SIGTSTP) {
		kill(-stay->child.pid, SIGCONT);
	}
}

static void stay_on_end(void *arg, int status)
{
	struct stay *stay = arg;

	stay->status = status;
	loop_stop(stay->loop);
}

/* Does a shell that we are a job of have our terminal? */
static bool stay_is_job(void)
{
	pid_t session = getsid(0);

	if (session == getpid())
		return false;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (tcgetsid(fd) == session)
			return true;
	return false;
}

/* The child becomes the app, or says why it cannot. All signals are blocked. */
static void stay_become_app(const struct stay *stay, const struct process *process, pid_t parent)
{
	const struct stay_call *call = stay->call;
	struct error err = {0};
	int code;

	setpgid(0, 0);
	terminal_give(stay->terminal, getpid());
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(ending_exit_code(SIGTERM)); /* it ended before the line above */
	code = handoff_exec_child(call->path, call->command, call->env, process, &err);
	log_line(call->log, LOG_LEVEL_ERROR, "%s", err.text);
	_exit(code);
}

/* Starts the app. Returns -1 with err. */
static int stay_start(struct stay *stay, const struct process *process, struct error *err)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return errors_set(err, "cannot run \"%s\": no new process: %s (see ulimit -u, or pids.max)",
				  stay->call->path, strerror(errno));
	if (pid == 0)
		stay_become_app(stay, process, parent);
	setpgid(pid, pid); /* who comes first; a signal to the group must find it */
	children_add_app(loop_children(stay->loop), &stay->child, pid, stay_on_end, stay_on_stop, stay);
	return 0;
}

/* The app has ended. The foreground of its terminal would belong to nobody. */
static void stay_take_back(const struct stay *stay)
{
	if (stay->terminal >= 0 && tcgetpgrp(stay->terminal) == stay->child.pid)
		terminal_give(stay->terminal, getpgrp());
}

static int stay_exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : ending_exit_code(WTERMSIG(status));
}

/* Returns the app's exit code; -1 with err. */
static int stay_watch(struct stay *stay, const struct process *process, struct error *err)
{
	int ignored, code = -1;

	loop_timer_init(stay->loop, &stay->kill, stay_on_kill, stay);
	loop_pass_signals(stay->loop, stay_on_signal, stay);
	if (stay_start(stay, process, err))
		return -1;
	if (loop_run(stay->loop, &ignored, err) == 0)
		code = stay_exit_code(stay->status);
	loop_timer_clear(&stay->kill);
	children_leave(loop_children(stay->loop), &stay->child);
	stay_take_back(stay);
	return code;
}

int stay_run(const struct stay_call *call, struct process *process, struct error *err)
{
	struct stay stay = {.call = call, .terminal = terminal_of_foreground(), .is_job = stay_is_job()};
	int code;

	process_become_parent(process);
	if (ending_noted())
		return ending_exit_code(ending_noted());
	stay.loop = loop_new(process, err);
	if (!stay.loop)
		return -1;
	code = stay_watch(&stay, process, err);
	loop_free(stay.loop);
	return code;
}
