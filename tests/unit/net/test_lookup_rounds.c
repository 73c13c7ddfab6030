/* lookup.c while questions are open: the families apart, and one round after the other. */
#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "own_files.h"
#include "seeker.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

#define LOCALHOST "127.0.0.1 localhost\n"

static const struct name_server_row server_rows[] = {
	{.name = "late6", .a = {"10.0.0.2"}, .aaaa = {"fd00::2"}, .holds_aaaa = true},
	{.name = "late4", .a = {"10.0.0.3"}, .aaaa = {"fd00::3"}, .holds_a = true},
	{.name = "only4", .a = {"10.0.0.4"}, .holds_a = true},
	{.name = "only6", .aaaa = {"fd00::5"}, .holds_aaaa = true},
	{.name = "empty6", .a = {"10.0.0.6"}, .holds_aaaa = true},
	{.name = "broken6", .a = {"10.0.0.7"}, .holds_aaaa = true, .rcode_aaaa = NAME_SERVER_SERVFAIL},
	{.name = "nothing", .holds_a = true},
	{.name = "nothing.a", .a = {"10.0.0.8"}},
	{.name = "both", .a = {"10.0.0.9"}, .aaaa = {"fd00::9"}, .holds_a = true, .holds_aaaa = true},
	{.name = "db", .a = {"10.0.0.10"}},
};

static void open_rig(struct seeker_rig *rig, struct seeker *seeker, const char *name)
{
	seeker_rig_open(rig, server_rows, COUNT(server_rows), "search a\noptions ndots:0\n", LOCALHOST);
	seeker_open(seeker, rig, name);
}

static void close_rig(struct seeker_rig *rig, struct seeker *seeker)
{
	seeker_close(seeker);
	seeker_rig_close(rig);
}

/* The loop may be stopped in between. */
static void settle(struct seeker_rig *rig)
{
	for (int i = 0; i < 3; i++)
		unit_loop_settle(&rig->unit);
}

struct order_row {
	const char *name, *wanted;
	const char *told_first, *v6_first, *v4_first; /* before the answer that is late */
	const char *told, *v6, *v4;                   /* and after it */
};

/*
 * The addresses of one family are told before the other family is answered. An answer without any is not: the next name
 * of the list may be asked instead.
 */
static void test_one_answer_is_late(void **state)
{
	static const struct order_row rows[] = {
		{"A first", "late6", "4", "open", "10.0.0.2", "46", "fd00::2", "10.0.0.2"},
		{"AAAA first", "late4", "6", "fd00::3", "open", "64", "fd00::3", "10.0.0.3"},
		{"an empty AAAA first", "only4", "", "open", "open", "64", "no_address", "10.0.0.4"},
		{"an empty A first", "only6", "", "open", "open", "46", "fd00::5", "no_address"},
		{"an empty AAAA last", "empty6", "4", "open", "10.0.0.6", "46", "no_address", "10.0.0.6"},
		{"a failed AAAA last", "broken6", "4", "open", "10.0.0.7", "46", "dns_failed", "10.0.0.7"},
		{"both empty", "nothing", "", "open", "open", "64", "no_address", "10.0.0.8"},
	};

	(void)state;
	if (!own_files)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct seeker_rig rig;
		struct seeker seeker;

		open_rig(&rig, &seeker, rows[i].wanted);
		seeker.stops_at_first = true;
		seeker_start(&seeker);
		settle(&rig);
		check_text(rows[i].name, seeker.told, rows[i].told_first);
		seeker_check(rows[i].name, &seeker, rows[i].v6_first, rows[i].v4_first);
		name_server_release(&rig.server);
		seeker_wait(&seeker, rows[i].name);
		settle(&rig);
		if (strcmp(rows[i].wanted, "nothing") != 0) /* of the next name, any may be first */
			check_text(rows[i].name, seeker.told, rows[i].told);
		seeker_check(rows[i].name, &seeker, rows[i].v6, rows[i].v4);
		close_rig(&rig, &seeker);
	}
}

/* A round that has found nothing yet goes on: the same question is not asked twice. */
static void test_started_again_while_open(void **state)
{
	struct seeker_rig rig;
	struct seeker seeker;

	(void)state;
	if (!own_files)
		skip();
	open_rig(&rig, &seeker, "both");
	for (int i = 0; i < 5; i++)
		seeker_start(&seeker);
	check("asked", name_server_is_asked(&rig.server));
	rig.server.stops_at_hold = true;
	while (rig.server.held_count < 2)
		unit_loop_run(&rig.unit, "asked");
	check_text("once for each family", rig.server.log, "6:both 4:both");
	seeker_start(&seeker);
	seeker_check("still open, and not late", &seeker, "open", "open");
	name_server_release(&rig.server);
	seeker_wait(&seeker, "answered");
	settle(&rig);
	seeker_check("answered", &seeker, "fd00::9", "10.0.0.9");
	check_int("each once", (long long)strlen(seeker.told), 2);
	close_rig(&rig, &seeker);
}

/* A was answered without an address, and AAAA is silent: each round asks for A again. */
static void test_one_family_is_silent(void **state)
{
	static const struct name_server_row later[] = {{.name = "db", .a = {"10.0.0.2"}, .holds_aaaa = true}};
	static const struct name_server_row before[] = {{.name = "db", .holds_aaaa = true}};
	struct seeker_rig rig;
	struct seeker seeker;

	(void)state;
	if (!own_files)
		skip();
	seeker_rig_open(&rig, before, COUNT(before), "options ndots:0\n", LOCALHOST);
	seeker_open(&seeker, &rig, "db");
	seeker.stops_at_first = true;
	seeker_start(&seeker);
	settle(&rig);
	seeker_check("nothing is known", &seeker, "open", "open");
	rig.server.rows = later;
	seeker_start(&seeker);
	unit_loop_run(&rig.unit, "A");
	seeker_check("A", &seeker, "open", "10.0.0.2");
	close_rig(&rig, &seeker);
}

/* Once both are known, each round asks both again. */
static void test_rounds_of_their_own(void **state)
{
	static const struct name_server_row moved[] = {{.name = "db", .aaaa = {"fd00::10"}}};
	struct seeker_rig rig;
	struct seeker seeker;

	(void)state;
	if (!own_files)
		skip();
	open_rig(&rig, &seeker, "db");
	for (int i = 0; i < 2; i++) {
		seeker_start(&seeker);
		seeker_check("nothing of an earlier round", &seeker, "open", "open");
		seeker_wait(&seeker, "a round");
		seeker_check("a round", &seeker, "no_address", "10.0.0.10");
	}
	rig.server.rows = moved;
	rig.server.row_count = COUNT(moved);
	seeker_start(&seeker);
	/* Until there is an answer, what was found before is still there to be tried. */
	check("not answered", !lookup_result(seeker.lookup, LOOKUP_V4)->answered);
	check_int("kept", (long long)lookup_result(seeker.lookup, LOOKUP_V4)->found.count, 1);
	check_int("none to keep", (long long)lookup_result(seeker.lookup, LOOKUP_V6)->found.count, 0);
	seeker_wait(&seeker, "moved");
	seeker_check("moved", &seeker, "fd00::10", "no_address");
	check_int("not kept", (long long)lookup_result(seeker.lookup, LOOKUP_V4)->found.count, 0);
	check_text("three rounds", rig.server.log, "6:db 4:db 6:db 4:db 6:db 4:db");
	close_rig(&rig, &seeker);
}

/*
 * AAAA is open when the next round begins: the new round takes the question over. A server that takes its time needs
 * the time that it has had already.
 */
static void test_an_open_question_is_taken_over(void **state)
{
	int64_t began = clock_now();
	struct seeker_rig rig;
	struct seeker seeker;

	(void)state;
	if (!own_files)
		skip();
	open_rig(&rig, &seeker, "late6");
	seeker.stops_at_first = true;
	for (int round = 0; round < 3; round++) {
		seeker_start(&seeker);
		seeker_check("begun", &seeker, round ? "late" : "open", "open");
		unit_loop_run(&rig.unit, "A");
		settle(&rig);
		seeker_check("A", &seeker, round ? "late" : "open", "10.0.0.2");
		check_text("A", seeker.told, "4");
	}
	/* Skipped if this machine was too slow: after 0.5 s AAAA is asked again, in the same question. */
	if (clock_now() - began < 500 * CLOCK_MS)
		check_text("AAAA once", rig.server.log, "6:late6 4:late6 4:late6 4:late6");
	name_server_release(&rig.server);
	seeker_wait(&seeker, "AAAA at last");
	settle(&rig);
	check_text("AAAA at last", seeker.told, "46");
	seeker_check("AAAA at last", &seeker, "fd00::2", "10.0.0.2");
	check("not late any more", !lookup_result(seeker.lookup, LOOKUP_V6)->is_late);
	close_rig(&rig, &seeker);
}

static const struct name_server_row second_rows[] = {
	{.name = "db.x", .a = {"10.0.0.2"}, .aaaa = {"fd00::2"}, .holds_aaaa = true},
};

static const struct name_server_row first_rows[] = {
	{.name = "db", .holds_a = true},
	{.name = "db.x", .a = {"10.0.0.2"}, .aaaa = {"fd00::2"}, .holds_aaaa = true},
};

/* The same for a question about the second name of the list, which the new round comes to later. */
static void test_taken_over_in_the_list(void **state)
{
	int64_t began = clock_now();
	struct seeker_rig rig;
	struct seeker seeker;

	(void)state;
	if (!own_files)
		skip();
	seeker_rig_open(&rig, second_rows, COUNT(second_rows), "search x\noptions ndots:0\n", LOCALHOST);
	seeker_open(&seeker, &rig, "db");
	seeker.stops_at_first = true;
	seeker_start(&seeker);
	unit_loop_run(&rig.unit, "A");
	seeker_start(&seeker);
	seeker_check("of another name", &seeker, "open", "open");
	unit_loop_run(&rig.unit, "A");
	seeker_check("of this name", &seeker, "late", "10.0.0.2");
	if (clock_now() - began < 500 * CLOCK_MS)
		check_text("AAAA once", rig.server.log, "6:db 4:db 6:db.x 4:db.x 6:db 4:db 4:db.x");
	name_server_release(&rig.server);
	seeker_wait(&seeker, "AAAA");
	seeker_check("AAAA", &seeker, "fd00::2", "10.0.0.2");
	close_rig(&rig, &seeker);
}

/* It is answered before the new round comes to its name: that answer is too old, and the name is asked again. */
static void test_answered_before_the_round_comes_to_it(void **state)
{
	static const struct name_server_row moved[] = {
		{.name = "db.x", .a = {"10.0.0.3"}, .aaaa = {"fd00::3"}},
	};
	struct name_server_query late;
	struct seeker_rig rig;
	struct seeker seeker;

	(void)state;
	if (!own_files)
		skip();
	seeker_rig_open(&rig, second_rows, COUNT(second_rows), "search x\noptions ndots:0\n", LOCALHOST);
	seeker_open(&seeker, &rig, "db");
	seeker.stops_at_first = true;
	seeker_start(&seeker);
	unit_loop_run(&rig.unit, "A of the second");
	check_int("AAAA of the second is open", (long long)rig.server.held_count, 1);
	rig.server.rows = first_rows;
	rig.server.row_count = COUNT(first_rows);
	seeker_start(&seeker);
	settle(&rig);
	check_int("A of the first is open too", (long long)rig.server.held_count, 2);
	/* First only the old question is answered. */
	late = rig.server.held[1];
	rig.server.held_count = 1;
	name_server_release(&rig.server);
	settle(&rig);
	check_text("nothing is told", seeker.told, "");
	seeker_check("nothing is known", &seeker, "open", "open");
	rig.server.held[0] = late;
	rig.server.held_count = 1;
	rig.server.rows = moved;
	rig.server.row_count = COUNT(moved);
	name_server_release(&rig.server);
	seeker_wait(&seeker, "the second, asked again");
	seeker_check("the second, asked again", &seeker, "fd00::3", "10.0.0.3");
	close_rig(&rig, &seeker);
}

/* In each round more questions may be left open; only one for each family is kept. */
static void test_many_open_rounds(void **state)
{
	static const struct name_server_row rows[][2] = {
		{{.name = "db", .a = {"10.0.0.2"}, .holds_aaaa = true}, {.name = "none"}},
		{{.name = "db.x", .a = {"10.0.0.3"}, .holds_aaaa = true}, {.name = "none"}},
	};
	struct seeker_rig rig;
	struct seeker seeker;

	(void)state;
	if (!own_files)
		skip();
	seeker_rig_open(&rig, rows[0], 2, "search x\noptions ndots:0\n", LOCALHOST);
	seeker_open(&seeker, &rig, "db");
	seeker.stops_at_first = true;
	for (int i = 0; i < 20; i++) {
		rig.server.rows = rows[i % 2];
		seeker_start(&seeker);
		if (i % 2) {
			/* AAAA of the first name is open since the round before. Now it says that there is none. */
			settle(&rig);
			check_text("nothing yet", seeker.told, "");
			name_server_release(&rig.server);
		}
		unit_loop_run(&rig.unit, "A");
		check_text("A", seeker.told, "4");
		seeker_check("A", &seeker, "open", i % 2 ? "10.0.0.3" : "10.0.0.2");
	}
	close_rig(&rig, &seeker);
}

/* Whatever is open, a look-up can be freed. Others go on. */
static void test_freed_while_open(void **state)
{
	static const char *const names[] = {"both", "late6", "late4", "nothing", "localhost", "nosuch"};
	struct seeker_rig rig;
	struct seeker seekers[COUNT(names)], db;

	(void)state;
	if (!own_files)
		skip();
	open_rig(&rig, &db, "db");
	for (size_t i = 0; i < COUNT(names); i++) {
		seeker_open(&seekers[i], &rig, names[i]);
		seeker_start(&seekers[i]);
	}
	seeker_start(&db);
	seeker_close(&seekers[3]);
	settle(&rig);
	seeker_wait(&db, "the other");
	seeker_check("the other", &db, "no_address", "10.0.0.10");
	seeker_start(&seekers[1]);
	for (size_t i = 0; i < COUNT(names); i++)
		if (i != 3)
			seeker_close(&seekers[i]);
	name_server_release(&rig.server);
	settle(&rig);
	seeker_start(&db);
	close_rig(&rig, &db);
	lookup_free(NULL);
	lookup_unshare(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_answer_is_late),
		cmocka_unit_test(test_one_family_is_silent),
		cmocka_unit_test(test_started_again_while_open),
		cmocka_unit_test(test_rounds_of_their_own),
		cmocka_unit_test(test_an_open_question_is_taken_over),
		cmocka_unit_test(test_taken_over_in_the_list),
		cmocka_unit_test(test_answered_before_the_round_comes_to_it),
		cmocka_unit_test(test_many_open_rounds),
		cmocka_unit_test(test_freed_while_open),
	};

	own_files = own_files_take();
	return unit_main(tests);
}
