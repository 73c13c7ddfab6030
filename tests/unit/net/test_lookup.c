#include "unit.h"

#include <string.h>

#include "own_files.h"
#include "seeker.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

#define LOCALHOST "127.0.0.1 localhost\n"

/* The outcome of a look-up, and what the server was asked for. */
struct seek_row {
	const char *name, *wanted, *v6, *v4, *log;
};

static void check_seek(struct seeker_rig *rig, const struct seek_row *row)
{
	struct seeker seeker;

	rig->server.log[0] = '\0';
	seeker_open(&seeker, rig, row->wanted);
	seeker_check("not started", &seeker, "open", "open");
	seeker_start(&seeker);
	if (row->log[0])
		check_text("only later", seeker.told, "");
	seeker_wait(&seeker, row->name);
	unit_loop_settle(&rig->unit);
	seeker_check(row->name, &seeker, row->v6, row->v4);
	check_text(row->name, rig->server.log, row->log);
	/* What is known when the look-up starts is not told besides. */
	check_int(row->name, (long long)strlen(seeker.told), row->log[0] ? 2 : 0);
	seeker_close(&seeker);
}

static void check_seeks(const struct seek_row *rows, size_t count, const struct name_server_row *answers,
			size_t answer_count, const char *more, const char *hosts)
{
	struct seeker_rig rig;

	seeker_rig_open(&rig, answers, answer_count, more, hosts);
	for (size_t i = 0; i < count; i++)
		check_seek(&rig, &rows[i]);
	seeker_rig_close(&rig);
}

static const struct name_server_row server_rows[] = {
	{.name = "db", .a = {"10.0.0.2"}, .aaaa = {"fd00::99"}},
	{.name = "one.test", .a = {"10.0.0.3"}, .aaaa = {"fd00::99"}},
	{.name = "peer.localhost", .a = {"10.0.0.4"}},
	{.name = "localhost", .a = {"10.0.0.4"}},
	{.name = "alocalhost", .a = {"10.0.0.5"}},
	{.name = "service.onion", .a = {"10.0.0.6"}},
	{.name = "aonion", .a = {"10.0.0.7"}},
	{.name = "onion.test", .a = {"10.0.0.8"}},
	{.name = "onion", .a = {"10.0.0.9"}},
};

/* /etc/hosts comes before the server, which gives other answers here. */
static void test_hosts(void **state)
{
	static const char hosts[] =
		LOCALHOST "10.1.0.1 one.test alias\n10.1.0.2 both.test\n10.1.0.3 both.test\nfd00::2 both.test\n"
			  "10.1.0.4 under_score\n10.1.0.5 db\nfd00::6 six.test\n10.1.0.7 known.onion\n";
	static const struct seek_row rows[] = {
		/* A name with one family only has no address in the other, and nobody is asked. */
		{"one family", "one.test", "no_address", "10.1.0.1", ""},
		{"capitals", "ONE.test", "no_address", "10.1.0.1", ""},
		{"an alias", "alias", "no_address", "10.1.0.1", ""},
		{"IPv6 only", "six.test", "fd00::6", "no_address", ""},
		{"both families", "both.test", "fd00::2", "10.1.0.2 10.1.0.3", ""},
		{"an underscore", "under_score", "no_address", "10.1.0.4", ""}, /* FACTS 16 */
		{"a single word", "db", "no_address", "10.1.0.5", ""},
		{"localhost", "localhost", "no_address", "127.0.0.1", ""},
		{"an onion", "known.onion", "no_address", "10.1.0.7", ""},
		/* With a dot it is a name for DNS, as in glibc. */
		{"a dot at the end", "db.", "fd00::99", "10.0.0.2", "6:db 4:db"},
	};

	(void)state;
	if (!own_files)
		skip();
	check_seeks(rows, COUNT(rows), server_rows, COUNT(server_rows), "options ndots:0\n", hosts);
}

/* Names that no server may be asked for: RFC 6761, 6.3, and RFC 7686. */
static void test_special_names(void **state)
{
	static const struct seek_row rows[] = {
		{"localhost", "localhost", "::1", "127.0.0.1", ""},
		{"capitals", "LocalHost", "::1", "127.0.0.1", ""},
		{"below it", "peer.localhost", "::1", "127.0.0.1", ""},
		{"a dot at the end", "peer.localhost.", "::1", "127.0.0.1", ""},
		{"like it", "alocalhost", "no_address", "10.0.0.5", "6:alocalhost 4:alocalhost"},
		{"an onion", "service.onion", "no_name", "no_name", ""},
		{"capitals", "service.ONION", "no_name", "no_name", ""},
		{"with a dot at the end", "service.onion.", "no_name", "no_name", ""},
		{"the word", "onion", "no_address", "10.0.0.9", "6:onion 4:onion"},
		{"like it", "aonion", "no_address", "10.0.0.7", "6:aonion 4:aonion"},
		{"at the beginning", "onion.test", "no_address", "10.0.0.8", "6:onion.test 4:onion.test"},
	};

	(void)state;
	if (!own_files)
		skip();
	check_seeks(rows, COUNT(rows), server_rows, COUNT(server_rows), "options ndots:0\n", "");
}

static const struct name_server_row search_rows[] = {
	{.name = "four.a", .a = {"10.0.0.4"}},
	{.name = "four.b", .a = {"10.6.6.6"}, .aaaa = {"fd00::6"}},
	{.name = "six.a", .aaaa = {"fd00::4"}},
	{.name = "six.b", .a = {"10.6.6.6"}, .aaaa = {"fd00::6"}},
	{.name = "second.b", .a = {"10.0.0.5"}},
	{.name = "empty.a"},
	{.name = "empty.b", .a = {"10.0.0.6"}},
	{.name = "broken.a", .rcode_a = NAME_SERVER_SERVFAIL, .rcode_aaaa = NAME_SERVER_SERVFAIL},
	{.name = "broken.b", .a = {"10.0.0.7"}},
	{.name = "refused.a", .rcode_a = NAME_SERVER_REFUSED, .rcode_aaaa = NAME_SERVER_REFUSED},
	{.name = "refused.b", .a = {"10.0.0.8"}},
	{.name = "half-broken.a", .rcode_a = NAME_SERVER_SERVFAIL},
	{.name = "half-broken.b", .a = {"10.0.0.9"}},
	{.name = "half-good.a", .rcode_a = NAME_SERVER_SERVFAIL, .aaaa = {"fd00::9"}},
	{.name = "half-good.b", .a = {"10.6.6.6"}},
	{.name = "last", .a = {"10.0.0.10"}},
	{.name = "nothing.b"},
	{.name = "bad-list.a", .rcode_a = NAME_SERVER_SERVFAIL, .rcode_aaaa = NAME_SERVER_SERVFAIL},
	{.name = "bad-list.b", .rcode_a = NAME_SERVER_REFUSED, .rcode_aaaa = NAME_SERVER_REFUSED},
	{.name = "bad-empty.a", .rcode_a = NAME_SERVER_SERVFAIL, .rcode_aaaa = NAME_SERVER_SERVFAIL},
	{.name = "bad-empty.b"},
	{.name = "bad", .rcode_a = NAME_SERVER_SERVFAIL, .rcode_aaaa = NAME_SERVER_SERVFAIL},
	{.name = "bad4", .rcode_a = NAME_SERVER_SERVFAIL},
	{.name = "bad.x.a", .rcode_a = NAME_SERVER_SERVFAIL, .rcode_aaaa = NAME_SERVER_SERVFAIL},
	{.name = "first.x", .a = {"10.0.0.11"}},
	{.name = "first.x.a", .a = {"10.6.6.6"}},
	{.name = "later.x.b", .a = {"10.0.0.12"}},
};

#define WALK(name)       "6:" name ".a 4:" name ".a"
#define WALK_TO_B(name)  WALK(name) " 6:" name ".b 4:" name ".b"
#define WALK_TO_IT(name) WALK_TO_B(name) " 6:" name " 4:" name

/* The first name of the list with an address of any family ends the walk for both; whatever else goes on. */
static void test_search(void **state)
{
	static const struct seek_row rows[] = {
		{"IPv4 only", "four", "no_address", "10.0.0.4", WALK("four")},
		{"IPv6 only", "six", "fd00::4", "no_address", WALK("six")},
		{"no such name", "second", "no_address", "10.0.0.5", WALK_TO_B("second")},
		{"no address", "empty", "no_address", "10.0.0.6", WALK_TO_B("empty")},
		{"SERVFAIL", "broken", "no_address", "10.0.0.7", WALK_TO_B("broken")},
		{"REFUSED", "refused", "no_address", "10.0.0.8", WALK_TO_B("refused")},
		{"SERVFAIL and no address", "half-broken", "no_address", "10.0.0.9", WALK_TO_B("half-broken")},
		{"SERVFAIL and an address", "half-good", "fd00::9", "dns_failed", WALK("half-good")},
		{"as it stands", "last", "no_address", "10.0.0.10", WALK_TO_IT("last")},
		{"a dot at the end", "last.", "no_address", "10.0.0.10", "6:last 4:last"},
		{"a dot, and not in the list", "four.", "no_name", "no_name", "6:four 4:four"},
		{"a dotted name", "first.x", "no_address", "10.0.0.11", "6:first.x 4:first.x"},
		{"a dotted name in the list", "later.x", "no_address", "10.0.0.12",
		 "6:later.x 4:later.x " WALK_TO_B("later.x")},
	};

	(void)state;
	if (!own_files)
		skip();
	check_seeks(rows, COUNT(rows), search_rows, COUNT(search_rows), "search a b\n", LOCALHOST);
}

/* Nothing is found: the worst that was met, but an error of a search domain says nothing about a single word. */
static void test_reasons(void **state)
{
	static const struct seek_row rows[] = {
		{"no such name", "nosuch", "no_name", "no_name", WALK_TO_IT("nosuch")},
		{"no address", "nothing", "no_address", "no_address", WALK_TO_IT("nothing")},
		{"errors of the list", "bad-list", "no_name", "no_name", WALK_TO_IT("bad-list")},
		{"an error, and no address", "bad-empty", "no_address", "no_address", WALK_TO_IT("bad-empty")},
		{"an error of the name itself", "bad", "dns_failed", "dns_failed", WALK_TO_IT("bad")},
		{"of one family", "bad4", "no_address", "dns_failed", WALK_TO_IT("bad4")},
		{"a dotted name", "bad.x", "dns_failed", "dns_failed", "6:bad.x 4:bad.x " WALK_TO_B("bad.x")},
	};

	(void)state;
	if (!own_files)
		skip();
	check_seeks(rows, COUNT(rows), search_rows, COUNT(search_rows), "search a b\n", LOCALHOST);
}

/* Docker's resolver has ndots:0, where a single word is asked as it stands first. */
static void test_ndots_0(void **state)
{
	static const struct seek_row rows[] = {
		{"as it stands", "last", "no_address", "10.0.0.10", "6:last 4:last"},
		{"in the list", "four", "no_address", "10.0.0.4", "6:four 4:four " WALK("four")},
		{"an error of the name itself", "bad", "dns_failed", "dns_failed", "6:bad 4:bad " WALK_TO_B("bad")},
		{"errors of the list", "bad-list", "no_name", "no_name",
		 "6:bad-list 4:bad-list " WALK_TO_B("bad-list")},
	};
	static const struct seek_row root_rows[] = {
		{"the root is the name itself", "bad", "dns_failed", "dns_failed", "6:bad 4:bad 6:bad.a 4:bad.a"},
		{"and comes first here", "last", "no_address", "10.0.0.10", "6:last 4:last"},
	};

	(void)state;
	if (!own_files)
		skip();
	check_seeks(rows, COUNT(rows), search_rows, COUNT(search_rows), "search a b\noptions ndots:0\n", LOCALHOST);
	check_seeks(root_rows, COUNT(root_rows), search_rows, COUNT(search_rows), "search . a\n", LOCALHOST);
}

#define LABEL_60 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"
#define LONG     LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60

/* A name that is too long with a search domain does not exist there. It is asked as it stands. */
static void test_too_long_for_the_list(void **state)
{
	static const struct name_server_row answers[] = {{.name = LONG, .a = {"10.0.0.2"}}};
	static const struct seek_row rows[] = {
		{"one that fits", LONG, "no_address", "10.0.0.2", "6:" LONG " 4:" LONG},
		{"one that does not", LONG "." LONG "." LONG, "no_name", "no_name", ""},
	};
	struct seeker_rig rig;
	struct seeker seeker;

	(void)state;
	if (!own_files)
		skip();
	seeker_rig_open(&rig, answers, COUNT(answers), "search a.long.domain\noptions ndots:9\n", LOCALHOST);
	check_seek(&rig, &rows[0]);
	/* No server is asked, and yet it is told only later. */
	seeker_open(&seeker, &rig, rows[1].wanted);
	rig.server.log[0] = '\0';
	seeker_start(&seeker);
	check_text(rows[1].name, seeker.told, "");
	seeker_wait(&seeker, rows[1].name);
	seeker_check(rows[1].name, &seeker, rows[1].v6, rows[1].v4);
	check_text(rows[1].name, rig.server.log, rows[1].log);
	seeker_close(&seeker);
	seeker_rig_close(&rig);
}

/* A domain whose servers are silent costs time and not the wait: the next name is asked after that. */
static void test_silence(void **state)
{
	static const struct name_server_row answers[] = {
		{.name = "db.a", .holds_a = true, .holds_aaaa = true},
		{.name = "db", .a = {"10.0.0.2"}},
		{.name = "web.a", .holds_a = true, .holds_aaaa = true},
	};
	struct seeker_rig rig;
	struct seeker found, silent;

	(void)state;
	if (!own_files)
		skip();
	seeker_rig_open(&rig, answers, COUNT(answers), "search a\n", LOCALHOST);
	seeker_open(&found, &rig, "db");
	seeker_open(&silent, &rig, "web");
	seeker_start(&found);
	seeker_start(&silent);
	seeker_wait(&found, "the next name");
	seeker_check("the next name", &found, "no_address", "10.0.0.2");
	seeker_wait(&silent, "silence is the worst");
	seeker_check("silence is the worst", &silent, "dns_silent", "dns_silent");
	seeker_close(&found);
	seeker_close(&silent);
	seeker_rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),   cmocka_unit_test(test_special_names),
		cmocka_unit_test(test_search),  cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_ndots_0), cmocka_unit_test(test_too_long_for_the_list),
		cmocka_unit_test(test_silence),
	};

	own_files = own_files_take();
	return unit_main(tests);
}
