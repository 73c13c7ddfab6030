#include "system/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"

/* If PATH is not set, musl, glibc and dash search in these. */
#define SPAWN_PATH "/usr/local/bin:/bin:/usr/bin"

enum { SPAWN_SIGNALS = 64, SPAWN_SET_SIZE = 8, SPAWN_FILES = 65536 };

/* What the child says in place of a program. No program says this by chance. */
struct spawn_words {
	char mark[24];
	int reason; /* errno */
};

static const char spawn_mark[24] = "\0waitfor: not started\0";

/* Calls the kernel directly, because the C library keeps some signals to itself. NULL as set: all signals. */
static void spawn_mask(const sigset_t *set, sigset_t *found)
{
	sigset_t all;

	memset(&all, 0xff, sizeof(all));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, set ? set : &all, found, (size_t)SPAWN_SET_SIZE);
}

/* The default action for all signals: a handler of this program must not run in the child. */
static void spawn_reset_signals(void)
{
	const unsigned long action[4] = {(unsigned long)SIG_DFL}; /* the kernel's form: see process_ignores */
	sigset_t none;

	for (int i = 1; i <= SPAWN_SIGNALS; i++)
		syscall(SYS_rt_sigaction, i, action, NULL, (size_t)SPAWN_SET_SIZE);
	sigemptyset(&none);
	spawn_mask(&none, NULL);
}

/* A descriptor that is always at its end. An empty root may lack /dev/null. */
static int spawn_open_nothing(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), ends[2];

	if (fd >= 0 || pipe2(ends, O_CLOEXEC))
		return fd;
	close(ends[1]);
	return ends[0];
}

/* Closes all descriptors from first on. */
static void spawn_close_from(int first)
{
	struct rlimit limit;
	int count = SPAWN_FILES;

	/* Linux 5.9 has it, and a seccomp profile may forbid it. */
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < SPAWN_FILES)
		count = (int)limit.rlim_cur;
	for (int fd = first; fd < count; fd++)
		close(fd);
}

/* Ends the child, which could not become the program. */
static void spawn_fail(int output)
{
	struct spawn_words words = {.reason = errno};

	memcpy(words.mark, spawn_mark, sizeof(words.mark));
	(void)!write(output, &words, sizeof(words));
	_exit(127);
}

/* Becomes the program, or returns with errno. Not by execvp, which may try a shell for a file that is no program. */
static void spawn_exec(const struct spawn *spawn)
{
	const char *path = env_get(spawn->env, "PATH"), *name = spawn->argv[0];
	int reason = ENOENT;

	if (strchr(name, '/')) {
		execve(name, spawn->argv, spawn->env->list);
		return;
	}
	for (path = path ? path : SPAWN_PATH; *name; path++) {
		size_t len = strcspn(path, ":");

		/* An empty entry is the current directory (POSIX, 8.3). */
		execve(alloc_format("%.*s%s%s", (int)len, path, len ? "/" : "", name), spawn->argv, spawn->env->list);
		reason = errno == ENOENT || errno == ENOTDIR ? reason : errno;
		path += len;
		if (!*path)
			break;
	}
	errno = reason;
}

/* What the child does. parent is the process that started it. Does not return. */
static void spawn_run(const struct spawn *spawn, pid_t parent)
{
	int nothing = spawn_open_nothing();

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127); /* it ended before the line above */
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(spawn->output, STDOUT_FILENO) < 0 ||
	    dup2(spawn->output, STDERR_FILENO) < 0)
		spawn_fail(spawn->output);
	spawn_close_from(STDERR_FILENO + 1);
	spawn_reset_signals();
	spawn_exec(spawn);
	spawn_fail(STDOUT_FILENO);
}

int spawn_trouble(const char *said, size_t len)
{
	struct spawn_words words;

	if (len != sizeof(words) || memcmp(said, spawn_mark, sizeof(spawn_mark)) != 0)
		return 0;
	memcpy(&words, said, sizeof(words));
	return words.reason;
}

pid_t spawn_start(const struct spawn *spawn)
{
	pid_t parent = getpid(), pid;
	sigset_t found;
	int reason;

	spawn_mask(NULL, &found); /* until the child has the default actions */
	pid = fork();
	reason = errno;
	if (pid == 0)
		spawn_run(spawn, parent);
	spawn_mask(&found, NULL);
	errno = reason;
	return pid;
}
