/* lookup.c and the files it follows, /etc/resolv.conf and /etc/hosts. */
#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "descriptors.h"
#include "own_files.h"
#include "seeker.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

#define LOCALHOST "127.0.0.1 localhost\n"
#define NDOTS_0   "options ndots:0\n"

static const struct name_server_row server_rows[] = {
	{.name = "db", .a = {"10.0.0.2"}},
	{.name = "web.x", .a = {"10.0.0.3"}},
	{.name = "silent.test", .holds_a = true, .holds_aaaa = true},
	{.name = "late6.test", .a = {"10.0.0.6"}, .holds_aaaa = true},
};

static const struct name_server_row next_rows[] = {
	{.name = "db", .a = {"10.0.1.2"}},
	{.name = "silent.test", .a = {"10.0.1.8"}, .aaaa = {"fd00::8"}},
	{.name = "late6.test", .a = {"10.0.1.6"}, .aaaa = {"fd00::6"}},
};

/* Two servers. The first is the one of resolv.conf, until a test changes it. */
struct rig {
	struct seeker_rig first;
	struct name_server next;
};

static void rig_open(struct rig *rig)
{
	seeker_rig_open(&rig->first, server_rows, COUNT(server_rows), NDOTS_0, LOCALHOST);
	name_server_open(&rig->next, &rig->first.unit, next_rows, COUNT(next_rows));
}

static void rig_close(struct rig *rig)
{
	name_server_close(&rig->next);
	seeker_rig_close(&rig->first);
}

/* Starts a look-up, and lets the server have the questions, which it does not answer. */
static void open_question(struct rig *rig, struct seeker *seeker, const char *name)
{
	struct name_server *server = &rig->first.server;

	seeker_open(seeker, &rig->first, name);
	server->held_count = 0;
	server->stops_at_hold = true;
	seeker_start(seeker);
	while (server->held_count < 2)
		unit_loop_run(&rig->first.unit, "asked");
	server->stops_at_hold = false;
}

/* The loop may be stopped in between. */
static void settle(struct rig *rig)
{
	for (int i = 0; i < 3; i++)
		unit_loop_settle(&rig->first.unit);
}

/* The container joins a network while its question is open (FACTS 8): it is sent to the new server, by itself. */
static void test_resolv_conf_changes_meanwhile(void **state)
{
	struct seeker one, two;
	struct rig rig;

	(void)state;
	if (!own_files)
		skip();
	rig_open(&rig);
	open_question(&rig, &one, "silent.test");
	open_question(&rig, &two, "silent.test");
	name_server_use(&rig.next, NDOTS_0);
	seeker_wait(&one, "answered by what changed");
	seeker_wait(&two, "answered by what changed");
	settle(&rig);
	seeker_check("answered by what changed", &one, "fd00::8", "10.0.1.8");
	seeker_check("answered by what changed", &two, "fd00::8", "10.0.1.8");
	check_int("once", (long long)strlen(one.told), 2);
	check_int("once", (long long)strlen(two.told), 2);
	check_int("each once", rig.next.asked, 4);
	/* Nobody waits for these any more. */
	name_server_release(&rig.first.server);
	settle(&rig);
	check_int("once", (long long)strlen(one.told), 2);
	seeker_close(&one);
	seeker_close(&two);
	rig_close(&rig);
}

/* FACTS 14: a name comes into /etc/hosts. Nobody has to ask again. */
static void test_hosts_changes_meanwhile(void **state)
{
	struct seeker seeker, other;
	struct rig rig;

	(void)state;
	if (!own_files)
		skip();
	rig_open(&rig);
	open_question(&rig, &seeker, "silent.test");
	seeker_open(&other, &rig.first, "late6.test");
	seeker_start(&other);
	settle(&rig);
	own_files_write(OWN_HOSTS, "10.1.0.9 silent.test\n");
	seeker_wait(&seeker, "answered by what changed");
	settle(&rig);
	seeker_check("answered by what changed", &seeker, "no_address", "10.1.0.9");
	check_text("once", seeker.told, "64");
	check_text("a change that is none for this one", other.told, "4");
	seeker_check("a change that is none for this one", &other, "open", "10.0.0.6");
	name_server_release(&rig.first.server);
	seeker_wait(&other, "its own answer");
	seeker_check("its own answer", &other, "no_address", "10.0.0.6");
	settle(&rig);
	check_text("not told again", seeker.told, "64");
	seeker_close(&seeker);
	seeker_close(&other);
	rig_close(&rig);
}

/* Both files are others, as when a container joins a network: hosts come first as ever. */
static void test_both_files_change_meanwhile(void **state)
{
	struct seeker seeker, other;
	struct rig rig;

	(void)state;
	if (!own_files)
		skip();
	rig_open(&rig);
	open_question(&rig, &seeker, "silent.test");
	seeker_open(&other, &rig.first, "late6.test");
	seeker_start(&other);
	own_files_write(OWN_HOSTS, "10.1.0.9 silent.test\n");
	name_server_use(&rig.next, NDOTS_0);
	seeker_wait(&seeker, "hosts");
	seeker_wait(&other, "the new server");
	settle(&rig);
	seeker_check("hosts", &seeker, "no_address", "10.1.0.9");
	check_text("once", seeker.told, "64");
	seeker_check("the new server", &other, "fd00::6", "10.0.1.6");
	seeker_close(&seeker);
	seeker_close(&other);
	rig_close(&rig);
}

/* One family has its answer already: it counts no more, since the files say something else now. */
static void test_changes_after_the_first_answer(void **state)
{
	static const char *const v6[] = {"fd00::6", "no_address"}, *const v4[] = {"10.0.1.6", "10.1.0.6"};

	(void)state;
	if (!own_files)
		skip();
	for (int i = 0; i < 2; i++) {
		struct seeker seeker;
		struct rig rig;

		rig_open(&rig);
		seeker_open(&seeker, &rig.first, "late6.test");
		seeker.stops_at_first = true;
		seeker_start(&seeker);
		unit_loop_run(&rig.first.unit, "A");
		seeker_check("A", &seeker, "open", "10.0.0.6");
		if (i == 0)
			name_server_use(&rig.next, NDOTS_0);
		else
			own_files_write(OWN_HOSTS, "10.1.0.6 late6.test\n");
		unit_loop_run(&rig.first.unit, "one of what changed");
		seeker_wait(&seeker, "what changed");
		settle(&rig);
		seeker_check("what changed", &seeker, v6[i], v4[i]);
		check_int("told again", (long long)strlen(seeker.told), 3);
		seeker_close(&seeker);
		rig_close(&rig);
	}
}

/*
 * A file is truncated and rewritten in place, so an empty resolv.conf is ignored (FACTS 9). The next look-up sees a
 * change immediately.
 */
static void test_files_between_look_ups(void **state)
{
	static const struct {
		const char *name;
		enum own_file file;
		const char *content; /* NULL: the other server */
		const char *v4;
		unsigned first, next; /* questions until then: two for each look-up */
	} steps[] = {
		{"as it was", OWN_HOSTS, LOCALHOST, "10.0.0.2", 2, 0},
		{"an empty resolv.conf", OWN_RESOLV_CONF, "", "10.0.0.2", 4, 0},
		{"another server", OWN_RESOLV_CONF, NULL, "10.0.1.2", 4, 2},
		{"hosts come first", OWN_HOSTS, "10.1.0.9 db\n", "10.1.0.9", 4, 2},
		{"another address", OWN_HOSTS, "10.1.0.8 db\n", "10.1.0.8", 4, 2},
		{"an empty hosts", OWN_HOSTS, "", "10.0.1.2", 4, 4},
		{"and back", OWN_HOSTS, "10.1.0.8 db\n", "10.1.0.8", 4, 4},
		{"another name", OWN_HOSTS, "10.1.0.8 db2\n", "10.0.1.2", 4, 6},
	};
	struct seeker seeker;
	struct rig rig;

	(void)state;
	if (!own_files)
		skip();
	rig_open(&rig);
	seeker_open(&seeker, &rig.first, "db");
	for (size_t i = 0; i < COUNT(steps); i++) {
		if (steps[i].content)
			own_files_write(steps[i].file, steps[i].content);
		else
			name_server_use(&rig.next, NDOTS_0);
		seeker_start(&seeker);
		seeker_wait(&seeker, steps[i].name);
		seeker_check(steps[i].name, &seeker, "no_address", steps[i].v4);
		check_int(steps[i].name, rig.first.server.asked, steps[i].first);
		check_int(steps[i].name, rig.next.asked, steps[i].next);
	}
	seeker_close(&seeker);
	rig_close(&rig);
}

/* The search list is another one, with the same server. */
static void test_the_search_list_changes(void **state)
{
	struct seeker seeker;
	struct rig rig;

	(void)state;
	if (!own_files)
		skip();
	rig_open(&rig);
	seeker_open(&seeker, &rig.first, "web");
	seeker_start(&seeker);
	seeker_wait(&seeker, "no list");
	seeker_check("no list", &seeker, "no_name", "no_name");
	name_server_use(&rig.first.server, "search x\n");
	seeker_start(&seeker);
	seeker_wait(&seeker, "a list");
	seeker_check("a list", &seeker, "no_address", "10.0.0.3");
	check_text("a list", rig.first.server.log, "6:web 4:web 6:web.x 4:web.x");
	seeker_close(&seeker);
	rig_close(&rig);
}

/* New servers mean new sockets. The old ones are closed and forgotten, however many there were. */
static void test_many_changes(void **state)
{
	struct seeker seeker;
	int held[40], before;
	struct rig rig;

	(void)state;
	if (!own_files)
		skip();
	rig_open(&rig);
	before = descriptors_count();
	seeker_open(&seeker, &rig.first, "db");
	for (size_t i = 0; i < COUNT(held); i++) {
		bool odd = i % 2;

		held[i] = dup(STDOUT_FILENO); /* so that the next socket gets another number */
		name_server_use(odd ? &rig.next : &rig.first.server, NDOTS_0);
		seeker_start(&seeker);
		seeker_wait(&seeker, "answered");
		seeker_check("answered", &seeker, "no_address", odd ? "10.0.1.2" : "10.0.0.2");
	}
	check_int("all at the first try", rig.first.server.asked + rig.next.asked, 2 * COUNT(held));
	for (size_t i = 0; i < COUNT(held); i++)
		close(held[i]);
	check("few sockets", descriptors_count() - before <= 4);
	seeker_close(&seeker);
	lookup_unshare(rig.first.shared);
	check_int("none at the end", descriptors_count(), before);
	rig.first.shared = NULL;
	rig_close(&rig);
}

/* Each change drops the questions that are open. */
static void test_many_changes_of_an_open_look_up(void **state)
{
	struct seeker seeker;
	struct rig rig;

	(void)state;
	if (!own_files)
		skip();
	rig_open(&rig);
	rig.next.rows = server_rows;
	rig.next.row_count = COUNT(server_rows);
	open_question(&rig, &seeker, "silent.test");
	for (int i = 0; i < 20; i++) {
		name_server_use(i % 2 ? &rig.first.server : &rig.next, NDOTS_0);
		seeker_start(&seeker);
		seeker_check("open", &seeker, "open", "open");
		check("sent again", name_server_is_asked(i % 2 ? &rig.first.server : &rig.next));
		unit_loop_settle(&rig.first.unit);
	}
	check_text("nothing is told", seeker.told, "");
	own_files_write(OWN_HOSTS, "fd00::9 silent.test\n");
	seeker_wait(&seeker, "the end");
	seeker_check("the end", &seeker, "fd00::9", "no_address");
	seeker_close(&seeker);
	rig_close(&rig);
}

/* A look-up that starts may find a change first. What it means for others is told then, and for itself too. */
static void test_found_by_another_look_up(void **state)
{
	struct seeker waiting, other;
	struct rig rig;

	(void)state;
	if (!own_files)
		skip();
	rig_open(&rig);
	open_question(&rig, &waiting, "silent.test");
	seeker_open(&other, &rig.first, "other");
	own_files_write(OWN_HOSTS, "10.1.0.9 silent.test\n10.1.0.8 other\n");
	seeker_start(&other);
	check_text("known at once, so not told", other.told, "");
	seeker_check("known at once", &other, "no_address", "10.1.0.8");
	check_text("told inside", waiting.told, "64");
	seeker_check("told inside", &waiting, "no_address", "10.1.0.9");
	settle(&rig);
	check_text("once", waiting.told, "64");
	check_text("not at all", other.told, "");
	seeker_close(&waiting);
	/* The same for one that is started again while it is open. */
	own_files_write(OWN_HOSTS, LOCALHOST);
	open_question(&rig, &waiting, "silent.test");
	own_files_write(OWN_HOSTS, "10.1.0.7 silent.test\n");
	seeker_start(&waiting);
	seeker_check("known", &waiting, "no_address", "10.1.0.7");
	settle(&rig);
	seeker_check("known", &waiting, "no_address", "10.1.0.7");
	check_text("told at most once", waiting.told, "64");
	seeker_close(&waiting);
	seeker_close(&other);
	rig_close(&rig);
}

/* A look-up that has all its answers is not told of changes. The next round sees them. */
static void test_an_answered_look_up(void **state)
{
	struct seeker done, open;
	struct rig rig;

	(void)state;
	if (!own_files)
		skip();
	rig_open(&rig);
	seeker_open(&done, &rig.first, "db");
	seeker_start(&done);
	seeker_wait(&done, "answered");
	open_question(&rig, &open, "silent.test");
	own_files_write(OWN_HOSTS, "10.1.0.9 db\n10.1.0.8 silent.test\n");
	seeker_wait(&open, "the open one");
	settle(&rig);
	check_int("not told again", (long long)strlen(done.told), 2);
	seeker_check("as it was", &done, "no_address", "10.0.0.2");
	seeker_start(&done);
	seeker_check("the next round", &done, "no_address", "10.1.0.9");
	seeker_close(&done);
	seeker_close(&open);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolv_conf_changes_meanwhile),
		cmocka_unit_test(test_hosts_changes_meanwhile),
		cmocka_unit_test(test_both_files_change_meanwhile),
		cmocka_unit_test(test_changes_after_the_first_answer),
		cmocka_unit_test(test_files_between_look_ups),
		cmocka_unit_test(test_the_search_list_changes),
		cmocka_unit_test(test_many_changes),
		cmocka_unit_test(test_many_changes_of_an_open_look_up),
		cmocka_unit_test(test_found_by_another_look_up),
		cmocka_unit_test(test_an_answered_look_up),
	};

	own_files = own_files_take();
	return unit_main(tests);
}
