#include "unit.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/resolvconf.h"
#include "rewrite.h"

/* Set by main: may this test give the machine a name of its own? */
static bool own_name;

struct rig {
	struct unit_dir dir;
	char *path;
	struct resolvconf conf;
	char text[1024];
};

/* There is no file yet. */
static void rig_open(struct rig *rig)
{
	*rig = (struct rig){.path = NULL};
	unit_dir_open(&rig->dir);
	rig->path = unit_dir_path(&rig->dir, "resolv.conf");
}

static void rig_close(struct rig *rig)
{
	resolvconf_release(&rig->conf);
	check("released", !rig->conf.text && !rig->conf.domains && !rig->conf.server_count && !rig->conf.domain_count);
	free(rig->path);
	unit_dir_close(&rig->dir);
}

static void add(struct rig *rig, const char *text)
{
	size_t len = strlen(rig->text);

	snprintf(rig->text + len, sizeof(rig->text) - len, "%s", text);
}

/* "10.0.0.1 10.0.0.2 / a.test . / 1 / tcp": the servers, the search list with "." for the root, ndots. */
static const char *describe(struct rig *rig)
{
	const struct resolvconf *conf = &rig->conf;
	char ndots[32];

	rig->text[0] = '\0';
	for (size_t i = 0; i < conf->server_count; i++) {
		add(rig, conf->servers[i]);
		add(rig, " ");
	}
	add(rig, "/");
	for (size_t i = 0; i < conf->domain_count; i++) {
		add(rig, " ");
		add(rig, conf->domains[i][0] ? conf->domains[i] : ".");
	}
	snprintf(ndots, sizeof(ndots), " / %zu", conf->ndots);
	add(rig, ndots);
	if (conf->use_tcp)
		add(rig, " / tcp");
	return rig->text;
}

struct read_row {
	const char *name, *content, *expected;
};

static void check_rows(const struct read_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct rig rig;

		rig_open(&rig);
		unit_dir_write(&rig.dir, "resolv.conf", rows[i].content, 0644);
		check(rows[i].name, resolvconf_refresh(&rig.conf, rig.path));
		check_text(rows[i].name, describe(&rig), rows[i].expected);
		rig_close(&rig);
	}
}

/* The rows that have no search list are for a machine whose name has no domain. */
static void test_servers(void **state)
{
	static const struct read_row rows[] = {
		{"one", "nameserver 10.0.0.1\n", "10.0.0.1 / / 1"},
		{"as Docker writes it", "# by Docker\nnameserver 127.0.0.11\noptions ndots:0\n", "127.0.0.11 / / 0"},
		{"three", "nameserver 10.0.0.3\nnameserver 10.0.0.1\nnameserver 10.0.0.2\n",
		 "10.0.0.3 10.0.0.1 10.0.0.2 / / 1"},
		{"three at most", "nameserver 1::\nnameserver 2::\nnameserver 3::\nnameserver 4::\n",
		 "1:: 2:: 3:: / / 1"},
		{"one twice", "nameserver 10.0.0.1\nnameserver 10.0.0.1\n", "10.0.0.1 10.0.0.1 / / 1"},
		{"IPv6, with an interface", "nameserver fe80::1%eth0\n", "fe80::1%eth0 / / 1"},
		{"only the first of a line", "nameserver 10.0.0.1 10.0.0.2\n", "10.0.0.1 / / 1"},
		{"none", "search a.test\n", "127.0.0.1 / a.test / 1"},
		{"empty", "", "127.0.0.1 / / 1"},
		{"a line without an address", "nameserver\nnameserver \nnameserver 10.0.0.1\n", "10.0.0.1 / / 1"},
		{"what is no address", "nameserver x\nnameserver [::1\nnameserver y.test\nnameserver 10.0.0.1\n",
		 "10.0.0.1 / / 1"},
		{"with ports", "nameserver 127.0.0.1:5353\nnameserver [::1]:5353\n", "127.0.0.1:5353 [::1]:5353 / / 1"},
		{"an empty search list changes nothing", "search a.test\nsearch\ndomain \nnameserver 10.0.0.1\n",
		 "10.0.0.1 / a.test / 1"},
		{"tabs", "nameserver\t10.0.0.1\t\nsearch\ta.test\tb.test\n", "10.0.0.1 / a.test b.test / 1"},
		{"many blanks", "nameserver   10.0.0.1  \n\n\noptions   ndots:2   use-vc  \n", "10.0.0.1 / / 2 / tcp"},
		{"CRLF", "nameserver 10.0.0.1\r\nsearch a.test\r\noptions ndots:2\r\n", "10.0.0.1 / a.test / 2"},
		{"CRLF and an empty line", "\r\nnameserver 10.0.0.1\r\n\r\n", "10.0.0.1 / / 1"},
		{"no last newline", "search a.test\nnameserver 10.0.0.1", "10.0.0.1 / a.test / 1"},
		{"comments",
		 "# nameserver 10.0.0.9\n; nameserver 10.0.0.8\n#nameserver 10.0.0.7\nnameserver 10.0.0.1\n",
		 "10.0.0.1 / / 1"},
		{"a comment behind it", "nameserver 10.0.0.1 # mine\n", "10.0.0.1 / / 1"},
		/* glibc wants the keyword in the first column, in small letters. */
		{"a blank before it", " nameserver 10.0.0.1\n", "127.0.0.1 / / 1"},
		{"capitals", "NAMESERVER 10.0.0.1\n", "127.0.0.1 / / 1"},
		{"a longer word", "nameservers 10.0.0.1\n", "127.0.0.1 / / 1"},
		{"a shorter word", "name 10.0.0.1\n", "127.0.0.1 / / 1"},
		{"lines of others", "sortlist 10.0.0.0\nlookup file bind\nnameserver 10.0.0.1\n", "10.0.0.1 / / 1"},
	};

	(void)state;
	if (!own_name)
		skip();
	check_rows(rows, COUNT(rows));
}

static void test_search(void **state)
{
	static const struct read_row rows[] = {
		{"one", "search a.test\n", "127.0.0.1 / a.test / 1"},
		{"as in Kubernetes", "search ns.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n",
		 "127.0.0.1 / ns.svc.cluster.local svc.cluster.local cluster.local / 5"},
		{"more than six", "search a b c d e f g h i\n", "127.0.0.1 / a b c d e f g h i / 1"},
		{"the last line", "search a b\nsearch c\n", "127.0.0.1 / c / 1"},
		{"a domain", "domain a.test\n", "127.0.0.1 / a.test / 1"},
		{"a domain has one word", "domain a.test b.test\n", "127.0.0.1 / a.test / 1"},
		{"the last line, a domain", "search a b\ndomain c\n", "127.0.0.1 / c / 1"},
		{"the last line, no domain", "domain c\nsearch a b\n", "127.0.0.1 / a b / 1"},
		{"the root", "search .\n", "127.0.0.1 / . / 1"}, /* systemd-resolved writes it */
		{"the root among others", "search a . b\n", "127.0.0.1 / a . b / 1"},
		{"a leading dot", "search .a.test b.test\n", "127.0.0.1 / a.test b.test / 1"},
		{"a leading dot of a domain", "domain .a.test\n", "127.0.0.1 / a.test / 1"},
		{"a blank before it", "search a\n search b\n", "127.0.0.1 / a / 1"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void test_options(void **state)
{
	static const struct read_row rows[] = {
		{"none", "search a\n", "127.0.0.1 / a / 1"},
		{"ndots", "search a\noptions ndots:3\n", "127.0.0.1 / a / 3"},
		{"0", "search a\noptions ndots:0\n", "127.0.0.1 / a / 0"},
		{"the most", "search a\noptions ndots:15\n", "127.0.0.1 / a / 15"},
		{"more than that", "search a\noptions ndots:16\n", "127.0.0.1 / a / 15"},
		{"much more", "search a\noptions ndots:99999999999999999999999\n", "127.0.0.1 / a / 15"},
		{"zeros before it", "search a\noptions ndots:00000000000002\n", "127.0.0.1 / a / 2"},
		/* As atoi does it, which glibc uses. */
		{"no number", "search a\noptions ndots:\n", "127.0.0.1 / a / 0"},
		{"a word", "search a\noptions ndots:many\n", "127.0.0.1 / a / 0"},
		{"a number and more", "search a\noptions ndots:2x\n", "127.0.0.1 / a / 2"},
		{"no colon", "search a\noptions ndots 5\n", "127.0.0.1 / a / 1"},
		{"the last one", "search a\noptions ndots:2 ndots:4\n", "127.0.0.1 / a / 4"},
		{"the last line", "search a\noptions ndots:2\noptions ndots:3\n", "127.0.0.1 / a / 3"},
		{"TCP", "search a\noptions use-vc\n", "127.0.0.1 / a / 1 / tcp"},
		{"among others", "search a\noptions timeout:1 edns0 use-vc attempts:2 ndots:2 rotate\n",
		 "127.0.0.1 / a / 2 / tcp"},
		{"two lines", "search a\noptions use-vc\noptions ndots:2\n", "127.0.0.1 / a / 2 / tcp"},
		{"a longer word", "search a\noptions use-vcr\n", "127.0.0.1 / a / 1"},
		{"a shorter word", "search a\noptions use\n", "127.0.0.1 / a / 1"},
		{"nothing", "search a\noptions\noptions \n", "127.0.0.1 / a / 1"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

/* Both variables come before the file (resolv.conf(5)). */
static void test_variables(void **state)
{
	static const struct {
		const char *local_domain, *options;
		struct read_row row;
	} rows[] = {
		{"x y", NULL, {"another list", "search a b\n", "127.0.0.1 / x y / 1"}},
		{"x", NULL, {"and no list in the file", "options ndots:2\n", "127.0.0.1 / x / 2"}},
		{"", NULL, {"no list at all", "search a b\n", "127.0.0.1 / / 1"}},
		{".", NULL, {"the root", "domain a\n", "127.0.0.1 / . / 1"}},
		{NULL, "ndots:3", {"ndots", "search a\noptions ndots:2 use-vc\n", "127.0.0.1 / a / 3 / tcp"}},
		{NULL, "use-vc", {"TCP", "search a\noptions ndots:2\n", "127.0.0.1 / a / 2 / tcp"}},
		{NULL, "ndots:30 rotate", {"too many", "search a\n", "127.0.0.1 / a / 15"}},
		{NULL, "", {"nothing", "search a\noptions ndots:2\n", "127.0.0.1 / a / 2"}},
		{"x", "ndots:0", {"both", "search a\n", "127.0.0.1 / x / 0"}},
		{NULL, NULL, {"none", "search a\n", "127.0.0.1 / a / 1"}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].local_domain)
			setenv("LOCALDOMAIN", rows[i].local_domain, 1);
		if (rows[i].options)
			setenv("RES_OPTIONS", rows[i].options, 1);
		check_rows(&rows[i].row, 1);
		unsetenv("LOCALDOMAIN");
		unsetenv("RES_OPTIONS");
	}
}

/* Without a search list, the domain of the machine's own name. */
static void test_own_domain(void **state)
{
	static const struct {
		const char *name;
		struct read_row row;
	} rows[] = {
		{"box.corp.test", {"a domain", "nameserver 10.0.0.1\n", "10.0.0.1 / corp.test / 1"}},
		{"box.corp.test", {"a list in the file", "search a\n", "127.0.0.1 / a / 1"}},
		{"box.", {"a dot and no domain", "nameserver 10.0.0.1\n", "10.0.0.1 / / 1"}},
		{"box", {"no domain", "nameserver 10.0.0.1\n", "10.0.0.1 / / 1"}},
	};

	(void)state;
	if (!own_name)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(sethostname(rows[i].name, strlen(rows[i].name)), 0);
		check_rows(&rows[i].row, 1);
	}
	setenv("LOCALDOMAIN", "", 1);
	assert_int_equal(sethostname("box.corp.test", 13), 0);
	check_rows(&(const struct read_row){"none was asked for", "nameserver 10.0.0.1\n", "10.0.0.1 / / 1"}, 1);
	unsetenv("LOCALDOMAIN");
	assert_int_equal(sethostname("box", 3), 0);
}

/* What counts is the content. A file that is empty or gone is being rewritten (FACTS 8, 9). */
static void test_changes(void **state)
{
	static const struct {
		const char *name, *content; /* NULL: no file */
		bool changed;
		const char *server;
	} steps[] = {
		{"missing", NULL, true, "127.0.0.1"},
		{"still missing", NULL, false, "127.0.0.1"},
		{"comes to exist, empty", "", false, "127.0.0.1"},
		{"is filled", "nameserver 10.0.0.1\n", true, "10.0.0.1"},
		{"touched", "nameserver 10.0.0.1\n", false, "10.0.0.1"},
		{"another of the same length", "nameserver 10.0.0.2\n", true, "10.0.0.2"},
		{"empty", "", false, "10.0.0.2"},
		{"the same again", "nameserver 10.0.0.2\n", false, "10.0.0.2"},
		{"gone", NULL, false, "10.0.0.2"},
		{"the same again", "nameserver 10.0.0.2\n", false, "10.0.0.2"},
		{"gone", NULL, false, "10.0.0.2"},
		{"another", "nameserver 10.0.0.3\n", true, "10.0.0.3"},
		{"a comment more", "nameserver 10.0.0.3\n# x\n", true, "10.0.0.3"},
		{"no server any more", "search a\n", true, "127.0.0.1"},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig);
	for (size_t i = 0; i < COUNT(steps); i++) {
		if (steps[i].content)
			rewrite_file(rig.path, steps[i].content);
		else
			unlink(rig.path);
		check_int(steps[i].name, resolvconf_refresh(&rig.conf, rig.path), steps[i].changed);
		check_int(steps[i].name, (long long)rig.conf.server_count, 1);
		check_text(steps[i].name, rig.conf.servers[0], steps[i].server);
		check_int("once", resolvconf_refresh(&rig.conf, rig.path), false);
	}
	rig_close(&rig);
}

/* Nothing of the old content stays, and nothing hangs on a pipe. */
static void test_is_read_anew(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rewrite_file(rig.path, "nameserver 10.0.0.1\nnameserver 10.0.0.2\nsearch a b\noptions ndots:4 use-vc\n");
	check("first", resolvconf_refresh(&rig.conf, rig.path));
	check_text("first", describe(&rig), "10.0.0.1 10.0.0.2 / a b / 4 / tcp");
	rewrite_file(rig.path, "nameserver 10.0.0.3\nsearch c\n");
	check("second", resolvconf_refresh(&rig.conf, rig.path));
	check_text("second", describe(&rig), "10.0.0.3 / c / 1");
	/* A file system may show the new length before the new bytes. */
	assert_int_equal(truncate(rig.path, 0), 0);
	assert_int_equal(truncate(rig.path, 40), 0);
	check("zero bytes", !resolvconf_refresh(&rig.conf, rig.path));
	check_text("as before", describe(&rig), "10.0.0.3 / c / 1");
	unlink(rig.path);
	assert_int_equal(mkfifo(rig.path, 0600), 0);
	check("a pipe", !resolvconf_refresh(&rig.conf, rig.path));
	check_text("as before", describe(&rig), "10.0.0.3 / c / 1");
	resolvconf_release(&rig.conf);
	check("a pipe is as good as no file", resolvconf_refresh(&rig.conf, rig.path));
	check_text("a pipe is as good as no file", rig.conf.servers[0], "127.0.0.1");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers),      cmocka_unit_test(test_search),     cmocka_unit_test(test_options),
		cmocka_unit_test(test_variables),    cmocka_unit_test(test_own_domain), cmocka_unit_test(test_changes),
		cmocka_unit_test(test_is_read_anew),
	};

	unsetenv("LOCALDOMAIN");
	unsetenv("RES_OPTIONS");
	own_name = unshare(CLONE_NEWUTS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWUTS) == 0;
	own_name = own_name && sethostname("box", 3) == 0;
	return unit_main(tests);
}
