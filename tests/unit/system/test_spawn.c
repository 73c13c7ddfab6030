#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "system/spawn.h"

static struct env environment;

/* Starts it, waits for its end, and returns what it said; *status as from waitpid, *len the length. The caller's. */
static char *run(char *const *argv, int *status, size_t *len)
{
	int ends[2];
	char *said = alloc_zero(65536, 1);
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = spawn_start(&(struct spawn){.argv = argv, .env = &environment, .output = ends[1]});
	check("started", pid > 0);
	close(ends[1]);
	*len = 0;
	while ((got = read(ends[0], said + *len, 65535 - *len)) > 0)
		*len += (size_t)got;
	close(ends[0]);
	assert_int_equal(waitpid(pid, status, 0), pid);
	return said;
}

static void check_said(const char *script, const char *expected)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	int status;
	size_t len;
	char *said = run(argv, &status, &len);

	check_text(script, said, expected);
	check_int(script, spawn_trouble(said, len), 0);
	free(said);
}

static void test_what_a_program_gets(void **state)
{
	int other = open("/", O_RDONLY), high = fcntl(other, F_DUPFD, 500); /* neither is close-on-exec */

	(void)state;
	check_said("echo out; echo err >&2; exit 3", "out\nerr\n");
	check_said("cat; echo $?", "0\n");
	check_said("readlink /proc/$$/fd/0", "/dev/null\n");
	check_said("ls /proc/$$/fd", "0\n1\n2\n");
	check_said("env | sort | grep -v '^PWD=\\|^_=\\|^SHLVL=\\|^OLDPWD='", "A=b\nPATH=/bin:/usr/bin\n");
	check_said("set -- $(cut -d' ' -f1,5,6,7 /proc/$$/stat); test $1 = $2 && test $1 = $3; echo $? $4", "0 0\n");
	close(other);
	close(high);
}

/* No signal is blocked, ignored or handled, whatever this process does with it. */
static void test_signals(void **state)
{
	sigset_t all, found;

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &found);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	check_said("grep '^Sig[BI]' /proc/self/status", "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &found, NULL);
}

static void test_trouble(void **state)
{
	struct unit_dir dir;
	char *text, *folder, *empty, *interpreter;

	(void)state;
	unit_dir_open(&dir);
	unit_dir_write(&dir, "text", "x", 0600);
	unit_dir_write(&dir, "empty",
		       "\x7f"
		       "ELF",
		       0700);
	unit_dir_write(&dir, "script", "#!/no/such/shell\n", 0700);
	text = unit_dir_path(&dir, "text");
	empty = unit_dir_path(&dir, "empty");
	interpreter = unit_dir_path(&dir, "script");
	folder = alloc_format("%s/x", text);
	{
		const struct {
			char *program;
			int reason;
		} rows[] = {{(char *)"no-such-program", ENOENT},
			    {(char *)"/no/such", ENOENT},
			    {(char *)"", ENOENT},
			    {text, EACCES},
			    {dir.path, EACCES},
			    {folder, ENOTDIR},
			    {empty, ENOEXEC},
			    {interpreter, ENOENT}};

		for (size_t i = 0; i < COUNT(rows); i++) {
			char *argv[] = {rows[i].program, NULL};
			int status;
			size_t len;
			char *said = run(argv, &status, &len);

			check_text(rows[i].program, strerror(spawn_trouble(said, len)), strerror(rows[i].reason));
			check_int(rows[i].program, spawn_trouble(said, len - 1), 0);
			check_int(rows[i].program, WIFEXITED(status) ? WEXITSTATUS(status) : -1, 127);
			free(said);
		}
	}
	free(folder);
	free(interpreter);
	free(empty);
	free(text);
	unit_dir_close(&dir);
}

/* The child must not outlive this program, not even if it is killed. */
static void start_and_be_killed(void *arg)
{
	char *argv[] = {(char *)"sleep", (char *)"1000", NULL};
	int output = *(const int *)arg;

	spawn_start(&(struct spawn){.argv = argv, .env = &environment, .output = output});
	poll(NULL, 0, 50);
	raise(SIGKILL);
}

static void test_it_does_not_outlive_its_parent(void **state)
{
	struct unit_child child;
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	unit_child_run(&child, start_and_be_killed, &ends[1]);
	close(ends[1]);
	check_int("its end of the pipe is closed", read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

int main(void)
{
	static char *const variables[] = {(char *)"PATH=/bin:/usr/bin", (char *)"A=b", NULL};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_program_gets),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_it_does_not_outlive_its_parent),
	};

	int failed;

	env_copy(&environment, variables);
	failed = unit_main(tests);
	env_release(&environment);
	return failed;
}
