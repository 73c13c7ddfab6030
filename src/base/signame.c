#include "base/signame.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* musl 1.2.5 has no sigabbrev_np. */
/* clang-format off */
static const char *const signame_names[] = {
	[SIGHUP]    = "HUP",     [SIGINT]    = "INT",     [SIGQUIT]   = "QUIT",    [SIGILL]    = "ILL",
	[SIGTRAP]   = "TRAP",    [SIGABRT]   = "ABRT",    [SIGBUS]    = "BUS",     [SIGFPE]    = "FPE",
	[SIGKILL]   = "KILL",    [SIGUSR1]   = "USR1",    [SIGSEGV]   = "SEGV",    [SIGUSR2]   = "USR2",
	[SIGPIPE]   = "PIPE",    [SIGALRM]   = "ALRM",    [SIGTERM]   = "TERM",    [SIGCHLD]   = "CHLD",
	[SIGCONT]   = "CONT",    [SIGSTOP]   = "STOP",    [SIGTSTP]   = "TSTP",    [SIGTTIN]   = "TTIN",
	[SIGTTOU]   = "TTOU",    [SIGURG]    = "URG",     [SIGXCPU]   = "XCPU",    [SIGXFSZ]   = "XFSZ",
	[SIGVTALRM] = "VTALRM",  [SIGPROF]   = "PROF",    [SIGWINCH]  = "WINCH",   [SIGPOLL]   = "POLL",
	[SIGPWR]    = "PWR",     [SIGSYS]    = "SYS",
#ifdef SIGSTKFLT /* MIPS does not have it */
	[SIGSTKFLT] = "STKFLT",
#endif
};
/* clang-format on */

enum { SIGNAME_COUNT = sizeof(signame_names) / sizeof(signame_names[0]) };

/* The highest number of a signal (signal(7), "Real-time signals"). */
enum { SIGNAME_MAX = 64 };

const char *signame_text(int signal, char *out, size_t size)
{
	bool named = signal > 0 && signal < SIGNAME_COUNT && signame_names[signal];

	if (named)
		snprintf(out, size, "SIG%s", signame_names[signal]);
	else
		snprintf(out, size, "signal %d", signal);
	return out;
}

int signame_number(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end != text && !*end)
		return number > 0 && number <= SIGNAME_MAX ? (int)number : 0;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int i = 1; i < SIGNAME_COUNT; i++)
		if (signame_names[i] && strcasecmp(text, signame_names[i]) == 0)
			return i;
	return 0;
}
