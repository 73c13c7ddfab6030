/* Prints all that a process is started with: what a wrapper may have changed. Usage: show_state FILE [ARG]... ("-" is stdout). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Descriptors above this are not looked at; the tests open none there. */
#define HIGHEST_FD 1100
/* The kernel's signals; the C library hides some of the real-time ones. */
#define HIGHEST_SIGNAL 64

extern char **environ;

static FILE *out;

/* One line per string, whatever bytes are in it. */
static void print_string(const char *what, int number, const char *text)
{
	fprintf(out, "%s %d ", what, number);
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '\n')
			fprintf(out, "\\x%02x", (unsigned char)*text);
		else
			fputc(*text, out);
	}
	fputc('\n', out);
}

static void print_strings(char **argv)
{
	for (int i = 0; argv[i] != NULL; i++)
		print_string("argv", i, argv[i]);
	for (int i = 0; environ[i] != NULL; i++)
		print_string("env", i, environ[i]);
}

static void print_signals(const sigset_t *mask, const sigset_t *pending)
{
	unsigned long kernel_mask = 0;

	/* The C library hides two signals of its own: ask the kernel. */
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &kernel_mask, sizeof(kernel_mask));
	fprintf(out, "signal-mask %lx\n", kernel_mask);
	for (int i = 1; i <= HIGHEST_SIGNAL; i++) {
		struct sigaction action;

		if (sigaction(i, NULL, &action) != 0)
			continue;
		fprintf(out, "signal %d%s%s%s\n", i, sigismember(mask, i) == 1 ? " blocked" : "",
			sigismember(pending, i) == 1 ? " pending" : "",
			action.sa_handler == SIG_IGN ? " ignored" : " default");
	}
}

static void print_descriptors(int own)
{
	for (int fd = 0; fd <= HIGHEST_FD; fd++) {
		struct stat st;
		int status = fcntl(fd, F_GETFL);

		if (fd == own || status == -1 || fstat(fd, &st) != 0)
			continue;
		fprintf(out, "fd %d mode %o dev %lx ino %lu status %o close-on-exec %d\n", fd, (unsigned)st.st_mode,
			(unsigned long)st.st_dev, (unsigned long)st.st_ino, (unsigned)status,
			fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
}

static void print_limits(void)
{
	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
			fprintf(out, "limit %d %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
				(unsigned long long)limit.rlim_max);
	}
}

static void print_timers(void)
{
	for (int i = ITIMER_REAL; i <= ITIMER_PROF; i++) {
		struct itimerval timer;

		if (getitimer((__itimer_which_t)i, &timer) == 0)
			fprintf(out, "timer %d %s interval %ld\n", i,
				timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0 ? "running" : "stopped",
				(long)timer.it_interval.tv_sec);
	}
}

static void print_process(void)
{
	char cwd[4096];
	mode_t mask = umask(0);
	int subreaper = -1;

	fprintf(out, "cwd %s\n", getcwd(cwd, sizeof(cwd)) != NULL ? cwd : strerror(errno));
	fprintf(out, "umask %o\n", (unsigned)mask);
	fprintf(out, "nice %d\n", getpriority(PRIO_PROCESS, 0));
	fprintf(out, "leads-group %d leads-session %d\n", getpgrp() == getpid(), getsid(0) == getpid());
	fprintf(out, "ids %d %d %d %d\n", (int)getuid(), (int)geteuid(), (int)getgid(), (int)getegid());
	fprintf(out, "dumpable %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	fprintf(out, "no-new-privileges %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	fprintf(out, "subreaper %d\n", subreaper);
	fprintf(out, "timer-slack %d\n", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
	fprintf(out, "child %s\n", waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? "none" : "some");
}

int main(int argc, char **argv)
{
	sigset_t mask, pending;

	if (argc < 2)
		return 2;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigpending(&pending);
	out = strcmp(argv[1], "-") == 0 ? stdout : fopen(argv[1], "we");
	if (out == NULL)
		return 3;
	print_strings(argv);
	print_signals(&mask, &pending);
	print_descriptors(out == stdout ? -1 : fileno(out));
	print_limits();
	print_timers();
	print_process();
	return fclose(out) == 0 ? 0 : 4;
}
