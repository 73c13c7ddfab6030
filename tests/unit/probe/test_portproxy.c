#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "probe/portproxy.h"

/* A folder that stands for /proc. */

static void add_folder(const struct unit_dir *proc, const char *name)
{
	char *path = unit_dir_path(proc, name);

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
}

/* Writes PID/name, of so many bytes. */
static void add_file(const struct unit_dir *proc, const char *pid, const char *name, const char *data, size_t len)
{
	char *file = alloc_format("%s/%s", pid, name), *path = unit_dir_path(proc, file);
	FILE *stream = fopen(path, "we");

	assert_non_null(stream);
	assert_int_equal(fwrite(data, 1, len, stream), len);
	assert_int_equal(fclose(stream), 0);
	free(path);
	free(file);
}

static void add_link(const struct unit_dir *proc, const char *name, const char *target)
{
	char *path = unit_dir_path(proc, name);

	assert_int_equal(symlink(target, path), 0);
	free(path);
}

/* A process of that name; the words of its command line stand one after the other, each with its NUL. */
static void add_process(const struct unit_dir *proc, const char *pid, const char *comm, const char *words, size_t len)
{
	char *line = alloc_format("%s\n", comm);

	add_folder(proc, pid);
	add_file(proc, pid, "comm", line, strlen(line));
	add_file(proc, pid, "cmdline", words, len);
	free(line);
}

#define PROXY_WORDS(port)                                  \
	"/usr/bin/docker-proxy\0-proto\0tcp\0-host-ip\0"   \
	"127.0.0.1\0-host-port\0" port "\0-container-ip\0" \
	"172.17.0.2\0-container-port\0"                    \
	"80"

#define add_proxy(proc, pid, comm, port) add_process(proc, pid, comm, PROXY_WORDS(port), sizeof(PROXY_WORDS(port)))

#define TABLE_HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

/* As the kernel writes it, with blanks up to the end. */
#define TABLE_LINE(local, state, uid, inode)                                                                     \
	"   0: " local " 00000000:0000 " state " 00000000:00000000 00:00000000 00000000 " uid "        0 " inode \
	" 1 00000000be399903 100 0 0 10 0                     \n"

static void add_tables(const struct unit_dir *proc, const char *tcp, const char *tcp6)
{
	add_folder(proc, "net");
	add_file(proc, "net", "tcp", tcp, strlen(tcp));
	if (tcp6)
		add_file(proc, "net", "tcp6", tcp6, strlen(tcp6));
}

static enum portproxy_kind kind_at(const struct unit_dir *proc, uint16_t port)
{
	struct portproxy known = {0};

	return portproxy_at(&known, proc->path, port, clock_now());
}

/* docker-proxy says on its command line which port it is for. */
static void test_what_the_command_line_tells(void **state)
{
	static const char cut[] = "docker-proxy\0-host-port";
	struct unit_dir proc;

	(void)state;
	unit_dir_open(&proc);
	add_proxy(&proc, "7", "docker-proxy", "8080");
	add_proxy(&proc, "8", "rootlesskit-doc", "8081");
	add_proxy(&proc, "9", "docker-proxy", "65535");
	add_proxy(&proc, "10", "another-proxy", "9090");
	add_proxy(&proc, "11", "docker-proxy-x", "9091");
	add_proxy(&proc, "12", "docker-proxy", "65616"); /* 80 in 16 bits */
	add_proxy(&proc, "self", "docker-proxy", "9092");
	add_process(&proc, "13", "docker-proxy", cut, sizeof(cut));
	add_process(&proc, "14", "docker-proxy", "", 0);
	add_folder(&proc, "15"); /* it has just ended */
	check_int("docker-proxy", kind_at(&proc, 8080), PORTPROXY_DOCKER);
	check_int("its wrapper", kind_at(&proc, 8081), PORTPROXY_DOCKER);
	check_int("the last port", kind_at(&proc, 65535), PORTPROXY_DOCKER);
	check_int("the container's port", kind_at(&proc, 80), PORTPROXY_NONE);
	check_int("another port", kind_at(&proc, 8082), PORTPROXY_NONE);
	check_int("another program", kind_at(&proc, 9090), PORTPROXY_NONE);
	check_int("a longer name", kind_at(&proc, 9091), PORTPROXY_NONE);
	check_int("no process", kind_at(&proc, 9092), PORTPROXY_NONE);
	unit_dir_close(&proc);
}

/* A rootless proxy tells no port, but it has the socket that listens there. */
static void test_whose_socket_listens(void **state)
{
	static const char tcp[] = TABLE_HEAD TABLE_LINE("0100007F:1FA3", "0A", " 1000", "4711") /* 8099 */
		TABLE_LINE("00000000:1FA4", "0A", " 1000", "4712")                              /* 8100 */
		TABLE_LINE("0100007F:1FA5", "0A", " 1000", "9999")                              /* 8101 */
		TABLE_LINE("0100007F:1FA6", "01", " 1000", "4713")                              /* 8102, connected */
		TABLE_LINE("0100007F:1FA7", "0A", " 1000", "4714");                             /* behind it */
	static const char tcp6[] =
		TABLE_HEAD TABLE_LINE("00000000000000000000000001000000:1FA8", "0A", " 1000", "4714");
	static const char *const names[] = {"rootlessport", "rootlesskit", "docker-rootless"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct unit_dir proc;

		unit_dir_open(&proc);
		add_process(&proc, "20", names[i], "x", 2);
		add_folder(&proc, "20/fd");
		add_link(&proc, "20/fd/0", "pipe:[4]");
		add_link(&proc, "20/fd/4", "socket:[4711]");
		add_link(&proc, "20/fd/5", "socket:[4712]");
		add_link(&proc, "20/fd/6", "socket:[4713]");
		add_link(&proc, "20/fd/7", "socket:[4714]");
		add_process(&proc, "21", "postgres", "x", 2);
		add_folder(&proc, "21/fd");
		add_link(&proc, "21/fd/3", "socket:[9999]");
		add_tables(&proc, tcp, tcp6);
		check_int("its port", kind_at(&proc, 8099), PORTPROXY_ROOTLESS);
		check_int("its other port", kind_at(&proc, 8100), PORTPROXY_ROOTLESS);
		check_int("somebody else's", kind_at(&proc, 8101), PORTPROXY_NONE);
		check_int("a connection", kind_at(&proc, 8102), PORTPROXY_NONE);
		check_int("on IPv6", kind_at(&proc, 8104), PORTPROXY_ROOTLESS);
		unit_dir_close(&proc);
	}
}

/* That of another user does not show its sockets: then all that this user has may be a proxy's. */
static void test_sockets_that_are_not_shown(void **state)
{
	struct unit_dir proc;
	char *tcp = alloc_format(TABLE_HEAD TABLE_LINE("0100007F:1FA3", "0A", "%5u", "4711")
					 TABLE_LINE("0100007F:1FA4", "0A", "%5u", "4712"),
				 (unsigned)geteuid(), (unsigned)geteuid() + 1);

	(void)state;
	unit_dir_open(&proc);
	add_process(&proc, "20", "rootlessport", "x", 2);
	add_tables(&proc, tcp, NULL);
	check_int("its user's", kind_at(&proc, 8099), PORTPROXY_ROOTLESS);
	check_int("another user's", kind_at(&proc, 8100), PORTPROXY_NONE);
	free(tcp);
	unit_dir_close(&proc);
}

/* Rootless Docker has both: rootlesskit listens, and docker-proxy in its namespace, for the same port. */
static void test_one_behind_the_other(void **state)
{
	static const char tcp[] = TABLE_HEAD TABLE_LINE("0100007F:1F90", "0A", " 1000", "4711");
	struct unit_dir proc;

	(void)state;
	unit_dir_open(&proc);
	add_proxy(&proc, "7", "docker-proxy", "8080");
	add_process(&proc, "8", "rootlesskit", "x", 2);
	add_folder(&proc, "8/fd");
	add_link(&proc, "8/fd/4", "socket:[4711]");
	add_tables(&proc, tcp, NULL);
	check_int("the more patient one", kind_at(&proc, 8080), PORTPROXY_ROOTLESS);
	unit_dir_close(&proc);
}

/* HOSTILE D24: read once for all whose port was open before the reading began, and again for one that opened later. */
static void test_what_is_known_is_not_read_again(void **state)
{
	struct portproxy known = {0};
	struct unit_dir proc;
	int64_t before = clock_now(), read_at;

	(void)state;
	unit_dir_open(&proc);
	check_int("nobody", portproxy_at(&known, proc.path, 8080, before), PORTPROXY_NONE);
	check("read", known.read_at >= before);
	read_at = known.read_at;
	add_proxy(&proc, "7", "docker-proxy", "8080");
	check_int("opened before", portproxy_at(&known, proc.path, 8080, before), PORTPROXY_NONE);
	check_int("opened just then", portproxy_at(&known, proc.path, 8080, read_at), PORTPROXY_NONE);
	check_int("not read again", known.read_at, read_at);
	check_int("opened later", portproxy_at(&known, proc.path, 8080, read_at + 1), PORTPROXY_DOCKER);
	check("read again", known.read_at > read_at);
	unit_dir_close(&proc);
	check_int("known", portproxy_at(&known, "/nonexistent", 8080, before), PORTPROXY_DOCKER);
	check_int("no /proc", portproxy_at(&known, "/nonexistent", 8080, clock_now()), PORTPROXY_NONE);
}

/* Reading takes a fifth of the time at most. */
static void test_when_it_is_due(void **state)
{
	static const struct {
		const char *name;
		int64_t read_at, took, since, now, due;
	} rows[] = {
		{"never read", 0, 0, 1000, 1000, 0},      {"known", 1000, 50, 1000, 1060, 0},
		{"just read", 1000, 50, 1001, 1060, 190}, {"almost", 1000, 50, 1001, 1249, 1},
		{"now", 1000, 50, 1001, 1250, 0},         {"long ago", 1000, 50, 9000, 9000, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct portproxy known = {.read_at = rows[i].read_at, .took = rows[i].took};

		check_int(rows[i].name, portproxy_due(&known, rows[i].since, rows[i].now), rows[i].due);
	}
}

/* The real one has at least this process, and what nobody knows stands at no port. */
static void test_the_real_one(void **state)
{
	struct portproxy known = {0};

	(void)state;
	check_int("port 0", portproxy_at(&known, "/proc", 0, clock_now()), PORTPROXY_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_command_line_tells),
		cmocka_unit_test(test_whose_socket_listens),
		cmocka_unit_test(test_sockets_that_are_not_shown),
		cmocka_unit_test(test_one_behind_the_other),
		cmocka_unit_test(test_what_is_known_is_not_read_again),
		cmocka_unit_test(test_the_real_one),
		cmocka_unit_test(test_when_it_is_due),
	};

	return unit_main(tests);
}
