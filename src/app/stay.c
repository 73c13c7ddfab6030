#include "app/stay.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/handoff.h"
#include "base/clock.h"
#include "net/loop.h"
#include "system/ending.h"
#include "system/terminal.h"

bool stay_send(struct stay *stay, int number)
{
	const struct stay_call *call = stay->call;

	if (stay->child.ended) /* its number may be another process's by now */
		return false;
	if (kill(call->settings->group ? -stay->child.pid : stay->child.pid, number) == 0)
		return true;
	if (!stay->refused)
		log_line(call->log, LOG_LEVEL_ERROR, "cannot send signal %d to %s: %s", number, call->command[0],
			 strerror(errno));
	stay->refused = true;
	return false;
}

static void stay_on_kill(void *arg)
{
	struct stay *stay = arg;
	char took[32];

	if (stay_send(stay, SIGKILL))
		log_line(stay->call->log, LOG_LEVEL_ERROR, "killed %s, which still ran %s after SIGTERM",
			 stay->call->command[0], clock_format(stay->patience, took, sizeof(took)));
}

/* The app was sent SIGTERM: kills it if it still runs after this time (microseconds; 0: never). */
static void stay_count_down(struct stay *stay, int64_t patience)
{
	if (!patience || loop_timer_is_set(&stay->kill))
		return;
	stay->patience = patience;
	loop_timer_set(&stay->kill, patience);
}

static void stay_give(struct stay *stay)
{
	terminal_give(stay->terminal, stay->child.pid);
	stay->has_given = true;
}

/* We are continued, perhaps in the foreground. What stopped the app has stopped all of its group. */
static void stay_continue(struct stay *stay)
{
	if (stay->child.ended)
		return;
	if (stay->has_given && terminal_has_foreground(stay->terminal))
		stay_give(stay);
	if (stay->is_stopped)
		kill(-stay->child.pid, SIGCONT);
	stay->is_stopped = false;
}

static void stay_on_signal(void *arg, int number)
{
	struct stay *stay = arg;

	if (stay->child.ended) {
		loop_stop(stay->loop); /* nobody is left to pass it on to: only last words are waited for */
		return;
	}
	if (number == SIGCONT)
		stay_continue(stay);
	stay_send(stay, number);
	stay->is_to_end |= number == SIGTERM || number == SIGINT || number == SIGQUIT;
	if (number == SIGTERM)
		stay_count_down(stay, stay->call->settings->kill_after);
}

void stay_stop(struct stay *stay, int64_t patience)
{
	if (stay->child.ended)
		return;
	stay_send(stay, SIGTERM);
	stay_count_down(stay, patience);
}

/*
 * Stops this process with all others of its job, as ^Z would. Returns whether it was stopped: the kernel stops nobody whom no
 * shell watches (an orphaned process group). SIGCONT is blocked, so it is pending after a stop.
 */
static bool stay_stop_job(void)
{
	sigset_t stop, pending;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	kill(0, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	return sigpending(&pending) == 0 && sigismember(&pending, SIGCONT);
}

/* The app was stopped. It may only want the terminal. Else its job is stopped; if that cannot be, nobody would continue the app. */
static void stay_on_stop(void *arg, int number)
{
	struct stay *stay = arg;

	if (stay->child.ended)
		return;
	if ((number == SIGTTIN || number == SIGTTOU) && terminal_has_foreground(stay->terminal)) {
		stay_give(stay);
		kill(-stay->child.pid, SIGCONT);
		return;
	}
	stay->is_stopped = true;
	if (stay_stop_job())
		return; /* stay_continue follows */
	stay->is_stopped = false;
	if (number == SIGTSTP)
		kill(-stay->child.pid, SIGCONT);
}

static void stay_on_end(void *arg, int status)
{
	struct stay *stay = arg;

	stay->status = status;
	stay->ended(stay->arg);
}

/* The child becomes the app, or says why it cannot. All signals are blocked. */
static void stay_become_app(const struct stay *stay, const struct process *process, pid_t parent)
{
	const struct stay_call *call = stay->call;
	struct error err = {0};
	int code;

	setpgid(0, 0);
	if (stay->has_given)
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
	if (stay->has_given && tcgetpgrp(stay->terminal) == stay->child.pid)
		terminal_give(stay->terminal, getpgrp());
	if (stay->terminal > STDERR_FILENO)
		close(stay->terminal);
}

int stay_code(const struct stay *stay)
{
	return WIFEXITED(stay->status) ? WEXITSTATUS(stay->status) : ending_exit_code(WTERMSIG(stay->status));
}

int stay_open(struct stay *stay, const struct stay_call *call, const struct process *process, struct loop *loop,
	      void (*ended)(void *arg), void *arg, struct error *err)
{
	*stay = (struct stay){.call = call,
			      .loop = loop,
			      .ended = ended,
			      .arg = arg,
			      .terminal = terminal_own(),
			      .has_given = terminal_has_foreground(STDIN_FILENO)};
	loop_timer_init(loop, &stay->kill, stay_on_kill, stay);
	loop_pass_signals(loop, stay_on_signal, stay);
	if (stay_start(stay, process, err) == 0)
		return 0;
	loop_pass_signals(loop, NULL, NULL);
	stay_take_back(stay);
	return -1;
}

void stay_close(struct stay *stay)
{
	loop_timer_clear(&stay->kill);
	children_leave(loop_children(stay->loop), &stay->child);
	stay_take_back(stay);
}

static void stay_on_run_ended(void *arg)
{
	loop_stop(arg);
}

/* Returns the app's exit code; -1 with err. */
static int stay_watch(const struct stay_call *call, struct loop *loop, const struct process *process, struct error *err)
{
	int ignored, code = -1;
	struct stay stay;

	if (stay_open(&stay, call, process, loop, stay_on_run_ended, loop, err))
		return -1;
	if (call->opened)
		call->opened(call->arg, &stay);
	if (loop_run(loop, &ignored, err) == 0)
		code = stay_code(&stay);
	if (call->closes)
		call->closes(call->arg);
	stay_close(&stay);
	return code;
}

int stay_run(const struct stay_call *call, struct process *process, struct error *err)
{
	struct loop *loop;
	int code;

	process_become_parent(process);
	if (ending_noted())
		return ending_exit_code(ending_noted());
	loop = loop_new(process, err);
	if (!loop)
		return -1;
	code = stay_watch(call, loop, process, err);
	loop_free(loop);
	return code;
}
