#include "system/children.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"

/* How long others than children may take to end after they were killed. */
#define CHILDREN_OTHERS (100 * CLOCK_MS)

void children_add(struct children *children, struct children_child *child, pid_t pid,
		  void (*on_end)(void *arg, int status), void *arg)
{
	*child = (struct children_child){.pid = pid, .on_end = on_end, .arg = arg, .next = children->list};
	children->list = child;
}

void children_add_app(struct children *children, struct children_child *child, pid_t pid,
		      void (*on_end)(void *arg, int status), void (*on_stop)(void *arg, int signal), void *arg)
{
	children_add(children, child, pid, on_end, arg);
	child->on_stop = on_stop;
}

/* The group does not exist before the child has made it. So the child is named as well. */
static void children_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	kill(-pid, SIGKILL);
}

/*
 * Collects all that there is to collect of a group that was killed. Returns whether it is gone. As PID 1, this program also gets
 * those that the child has started. Otherwise they are another's to collect, and who knows when: they are dead soon, and it is
 * not waited for more.
 */
static bool children_settle(const struct children_group *group)
{
	pid_t found = waitpid(group->pid, NULL, WNOHANG);

	if (found != 0)
		while ((found = waitpid(-group->pid, NULL, WNOHANG)) > 0)
			;
	return found < 0 && (kill(-group->pid, 0) || clock_now() - group->killed > CHILDREN_OTHERS);
}

static void children_note_left(struct children *children, pid_t pid)
{
	const struct children_group group = {pid, clock_now()};

	if (children_settle(&group))
		return;
	children->left = alloc_resize(children->left, children->left_count + 1, sizeof(*children->left));
	children->left[children->left_count++] = group;
}

void children_leave(struct children *children, struct children_child *child)
{
	struct children_child **link = &children->list;

	while (*link && *link != child)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = child->next;
	if (child->ended || child->on_stop)
		return;
	children_kill(child->pid);
	children_note_left(children, child->pid);
}

static struct children_child *children_find(const struct children *children, pid_t pid)
{
	struct children_child *child = children->list;

	while (child && (child->pid != pid || child->ended))
		child = child->next;
	return child;
}

/*
 * Collects a process that has ended. The number of a child is also that of its group, and becomes free when both are gone. So
 * the group is killed first.
 */
static void children_collect(struct children *children, pid_t pid)
{
	struct children_child *child = children_find(children, pid);
	int status = SIGKILL;

	if (child && !child->on_stop)
		children_kill(pid);
	waitpid(pid, &status, WNOHANG);
	if (!child)
		return;
	child->status = status;
	child->ended = true;
	if (!child->on_stop)
		children_note_left(children, pid);
}

/* Returns a process that has ended and is not collected yet; 0 if there is none. id as for waitid(2). */
static pid_t children_ended(idtype_t type, pid_t id)
{
	siginfo_t info = {0};

	return waitid(type, (id_t)id, &info, WEXITED | WNOHANG | WNOWAIT) ? 0 : info.si_pid;
}

static void children_settle_all(struct children *children)
{
	size_t kept = 0;

	for (size_t i = 0; i < children->left_count; i++)
		if (!children_settle(&children->left[i]))
			children->left[kept++] = children->left[i];
	children->left_count = kept;
}

/* Was the child stopped since the last time? */
static void children_note_stop(struct children_child *child)
{
	siginfo_t info = {0};

	if (child->on_stop && !child->ended && waitid(P_PID, (id_t)child->pid, &info, WSTOPPED | WNOHANG) == 0 &&
	    info.si_pid)
		child->stopped = info.si_status;
}

void children_reap(struct children *children, bool all)
{
	pid_t pid;

	for (struct children_child *child = children->list; child; child = child->next)
		children_note_stop(child);
	while (all && (pid = children_ended(P_ALL, 0)) > 0)
		children_collect(children, pid);
	for (struct children_child *child = children->list; child && !all; child = child->next)
		if (!child->ended && children_ended(P_PID, child->pid) > 0)
			children_collect(children, child->pid);
	children_settle_all(children);
}

void children_tell(struct children *children)
{
	struct children_child *child = children->list;

	while (child) {
		int stopped = child->stopped;

		child->stopped = 0;
		if (stopped && !child->ended)
			child->on_stop(child->arg, stopped);
		if (!child->ended || child->told) {
			child = child->next;
			continue;
		}
		child->told = true;
		child->on_end(child->arg, child->status);
		child = children->list; /* the list may have changed */
	}
}

void children_close(struct children *children)
{
	enum { TURNS = 500 };
	const struct timespec turn = {.tv_nsec = 2000000};
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	children_settle_all(children);
	for (int i = 0; i < TURNS && children->left_count; i++) {
		sigtimedwait(&ends, NULL, &turn);
		children_settle_all(children);
	}
	free(children->left);
	children->left = NULL;
	children->left_count = 0;
}
