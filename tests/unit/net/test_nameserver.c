#include "unit.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "descriptors.h"
#include "name_server.h"
#include "net/nameserver.h"

/* One server as the resolver sees it, and the real one. */
struct rig {
	struct unit_loop unit;
	struct name_server real;
	struct nameserver server;
	char address[32];
};

/* One question to it, and what became of it. */
struct trial {
	struct nameserver_try try;
	struct rig *rig;
	int answers;
	enum nameserver_result result;
	struct outcome outcome;
	char addresses[256]; /* joined by blanks */
};

static void rig_open(struct rig *rig, const struct name_server_row *rows, size_t count)
{
	*rig = (struct rig){.address = ""};
	unit_loop_open(&rig->unit);
	name_server_open(&rig->real, &rig->unit, rows, count);
	snprintf(rig->address, sizeof(rig->address), "127.0.0.1:%u", (unsigned)rig->real.port);
	nameserver_init(&rig->server, rig->unit.loop);
	check_text("opened", nameserver_open(&rig->server, rig->address, false), NULL);
}

static void rig_close(struct rig *rig)
{
	nameserver_close(&rig->server);
	name_server_close(&rig->real);
	unit_loop_close(&rig->unit);
}

/* It does not take what was found. */
static void on_answered(struct nameserver_try *try, enum nameserver_result result, const struct outcome *outcome,
			struct records *found)
{
	struct trial *trial = try->arg;

	trial->answers++;
	trial->result = result;
	trial->outcome = *outcome;
	for (size_t i = 0; i < found->addresses.count; i++) {
		size_t len = strlen(trial->addresses);
		char one[ADDRESS_TEXT_MAX];

		snprintf(trial->addresses + len, sizeof(trial->addresses) - len, "%s%s%s", i ? " " : "",
			 address_text(&found->addresses.entries[i], one, sizeof(one)),
			 address_port(&found->addresses.entries[i]) ? "(port)" : "");
	}
	loop_stop(trial->rig->unit.loop);
}

static void ask(struct rig *rig, struct trial *trial, const char *name, int family)
{
	*trial = (struct trial){.rig = rig, .try = {.answered = on_answered, .arg = trial}};
	nameserver_ask(&rig->server, name, family == AF_INET ? RECORDS_A : RECORDS_AAAA, &trial->try);
}

struct ask_row {
	const char *name;
	int family;
	enum nameserver_result result;
	enum outcome_kind kind;
	const char *addresses;
};

static void check_rows(const struct ask_row *rows, size_t count, const struct name_server_row *answers,
		       size_t answer_count)
{
	struct rig rig;

	rig_open(&rig, answers, answer_count);
	for (size_t i = 0; i < count; i++) {
		struct trial trial;

		ask(&rig, &trial, rows[i].name, rows[i].family);
		check_int("one is open, or it is over", trial.answers + (int)rig.server.asked, 1);
		if (!trial.answers)
			unit_loop_run(&rig.unit, rows[i].name);
		unit_loop_settle(&rig.unit);
		check_int("once", trial.answers, 1);
		check_int("none is open", rig.server.asked, 0);
		check_int(rows[i].name, trial.result, rows[i].result);
		check_int(rows[i].name, trial.outcome.kind, rows[i].kind);
		check_text(rows[i].name, trial.addresses, rows[i].addresses);
		check_int("an error says why", trial.outcome.detail[0] != '\0', rows[i].kind == OUTCOME_DNS_FAILED);
	}
	rig_close(&rig);
}

static const struct name_server_row server_rows[] = {
	{.name = "db.test", .a = {"10.0.0.2"}, .aaaa = {"fd00::2"}},
	{.name = "four.test", .a = {"10.0.0.3", "10.0.0.4", "10.0.0.3"}},
	{.name = "broken.test", .rcode_a = NAME_SERVER_SERVFAIL, .rcode_aaaa = NAME_SERVER_NOTIMP},
	{.name = "refused.test", .rcode_a = NAME_SERVER_REFUSED},
	{.name = "silent.test", .a = {"10.0.0.8"}, .holds_a = true, .holds_aaaa = true},
};

static void test_answers(void **state)
{
	static const struct ask_row rows[] = {
		{"db.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_READY, "10.0.0.2"},
		{"db.test", AF_INET6, NAMESERVER_ANSWER, OUTCOME_READY, "fd00::2"},
		{"DB.Test.", AF_INET, NAMESERVER_ANSWER, OUTCOME_READY, "10.0.0.2"},
		{"four.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_READY, "10.0.0.3 10.0.0.4"},
		{"four.test", AF_INET6, NAMESERVER_ANSWER, OUTCOME_NO_ADDRESS, ""},
		{"nosuch.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_NO_NAME, ""},
		{"broken.test", AF_INET, NAMESERVER_ERROR, OUTCOME_DNS_FAILED, ""},
		{"broken.test", AF_INET6, NAMESERVER_ERROR, OUTCOME_DNS_FAILED, ""},
		{"refused.test", AF_INET, NAMESERVER_ERROR, OUTCOME_DNS_FAILED, ""},
		/* These cannot be sent: the answer comes inside nameserver_ask. */
		{"a..test", AF_INET, NAMESERVER_ANSWER, OUTCOME_NO_NAME, ""},
		{"a b.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_NO_NAME, ""},
		{"b\303\274ro.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_NO_NAME, ""},
	};

	(void)state;
	check_rows(rows, COUNT(rows), server_rows, COUNT(server_rows));
}

/* An address counts if it belongs to the name, or to where its aliases lead. */
static void test_owners(void **state)
{
	static const struct name_server_row answers[] = {
		{.name = "alias.test", .aliases = {"real.test"}, .a = {"10.0.0.2"}, .aaaa = {"fd00::2"}},
		{.name = "chain.test", .aliases = {"a.test", "b.test", "c.test"}, .a = {"10.0.0.3", "10.0.0.4"}},
		{.name = "capitals.test", .aliases = {"Real.TEST"}, .owner = "rEAL.test", .a = {"10.0.0.5"}},
		{.name = "own.test", .owner = "OWN.test", .a = {"10.0.0.6"}},
		{.name = "foreign.test", .owner = "other.test", .a = {"10.6.6.6"}, .aaaa = {"fd00::6"}},
		{.name = "left.test", .aliases = {"real.test"}, .owner = "left.test", .a = {"10.6.6.6"}},
		{.name = "broken-chain.test", .aliases = {"a.test", "b.test"}, .owner = "a.test", .a = {"10.6.6.6"}},
		{.name = "nowhere.test", .aliases = {"real.test"}},
		{.name = "circle.test", .aliases = {"a.test", "circle.test"}},
	};
	static const struct ask_row rows[] = {
		{"alias.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_READY, "10.0.0.2"},
		{"alias.test", AF_INET6, NAMESERVER_ANSWER, OUTCOME_READY, "fd00::2"},
		{"Alias.Test.", AF_INET, NAMESERVER_ANSWER, OUTCOME_READY, "10.0.0.2"},
		{"chain.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_READY, "10.0.0.3 10.0.0.4"},
		{"chain.test", AF_INET6, NAMESERVER_ANSWER, OUTCOME_NO_ADDRESS, ""},
		{"capitals.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_READY, "10.0.0.5"},
		{"own.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_READY, "10.0.0.6"},
		{"foreign.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_NO_ADDRESS, ""},
		{"foreign.test", AF_INET6, NAMESERVER_ANSWER, OUTCOME_NO_ADDRESS, ""},
		{"left.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_NO_ADDRESS, ""},
		{"broken-chain.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_NO_ADDRESS, ""},
		{"nowhere.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_NO_ADDRESS, ""},
		{"circle.test", AF_INET, NAMESERVER_ANSWER, OUTCOME_NO_ADDRESS, ""},
	};

	(void)state;
	check_rows(rows, COUNT(rows), answers, COUNT(answers));
}

/* What resolv.conf may have as an address. */
static void test_open(void **state)
{
	static const struct {
		const char *address;
		bool good;
	} rows[] = {
		{"10.0.0.1", true},
		{"127.0.0.1:5353", true},
		{"::1", true},
		{"[::1]:5353", true},
	};
	struct unit_loop unit;
	int before;

	(void)state;
	unit_loop_open(&unit);
	before = descriptors_count();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nameserver server;

		nameserver_init(&server, unit.loop);
		nameserver_close(&server); /* does nothing */
		check("nothing to tidy", !nameserver_tidy(&server));
		check_int(rows[i].address, nameserver_open(&server, rows[i].address, false) == NULL, rows[i].good);
		check_int(rows[i].address, server.channel != NULL, rows[i].good);
		check_text("then a good one", nameserver_open(&server, "10.0.0.1", false), NULL);
		check_text("open already", nameserver_open(&server, "nonsense", false), NULL);
		check_int("no socket yet", descriptors_count(), before);
		nameserver_close(&server);
		check("closed", !server.channel);
		nameserver_close(&server);
	}
	unit_loop_close(&unit);
}

/* Open tries are lost when the server is closed, inside the call. An answer that comes then is for nobody. */
static void test_close(void **state)
{
	static const int families[] = {AF_INET, AF_INET6, AF_INET};
	struct trial trials[COUNT(families)];
	struct rig rig;
	int before;

	(void)state;
	rig_open(&rig, server_rows, COUNT(server_rows));
	before = descriptors_count();
	for (size_t i = 0; i < COUNT(families); i++)
		ask(&rig, &trials[i], "silent.test", families[i]);
	unit_loop_settle(&rig.unit);
	check_int("all are open", rig.server.asked, COUNT(families));
	nameserver_close(&rig.server);
	for (size_t i = 0; i < COUNT(families); i++) {
		check_int("told", trials[i].answers, 1);
		check_int("lost", trials[i].result, NAMESERVER_LOST);
		check_text("nothing was found", trials[i].addresses, "");
	}
	check_int("none is open", rig.server.asked, 0);
	check_int("closed", descriptors_count(), before);
	name_server_release(&rig.real);
	unit_loop_settle(&rig.unit);
	check_int("once", trials[0].answers, 1);
	/* And opened anew. */
	check_text("opened", nameserver_open(&rig.server, rig.address, false), NULL);
	ask(&rig, &trials[0], "db.test", AF_INET);
	unit_loop_run(&rig.unit, "again");
	check_text("again", trials[0].addresses, "10.0.0.2");
	rig_close(&rig);
}

/* Sockets are used again, until nobody needs them. */
static void test_tidy(void **state)
{
	struct trial first, second;
	struct rig rig;
	int before, open;

	(void)state;
	rig_open(&rig, server_rows, COUNT(server_rows));
	before = descriptors_count();
	check("nothing to tidy", !nameserver_tidy(&rig.server));
	ask(&rig, &first, "silent.test", AF_INET);
	ask(&rig, &second, "silent.test", AF_INET6);
	unit_loop_settle(&rig.unit);
	check_int("both have come", (long long)rig.real.held_count, 2);
	check_int("from one port", rig.real.held[0].from.sin_port, rig.real.held[1].from.sin_port);
	open = descriptors_count();
	poll(NULL, 0, 600); /* a server that takes its time */
	check("a try is open", nameserver_tidy(&rig.server));
	check_int("so its socket is", descriptors_count(), open);
	check_int("and it is not lost", first.answers + second.answers, 0);
	name_server_release(&rig.real);
	while (first.answers + second.answers < 2)
		unit_loop_run(&rig.unit, "answered after all");
	check_text("answered after all", first.addresses, "10.0.0.8");
	check_int("kept", descriptors_count(), open);
	check("nobody needs it", !nameserver_tidy(&rig.server));
	check_int("closed", descriptors_count(), before);
	ask(&rig, &first, "db.test", AF_INET);
	unit_loop_run(&rig.unit, "opened again");
	check_text("opened again", first.addresses, "10.0.0.2");
	rig_close(&rig);
}

/* Nobody listens there: an error, and not silence. */
static void test_nobody_listens(void **state)
{
	struct trial trial;
	struct rig rig;

	(void)state;
	rig_open(&rig, server_rows, COUNT(server_rows));
	name_server_close(&rig.real);
	for (int i = 0; i < 3; i++) {
		ask(&rig, &trial, "db.test", AF_INET);
		if (!trial.answers)
			unit_loop_run(&rig.unit, "refused");
		check_int("refused", trial.result, NAMESERVER_ERROR);
		check_int("refused", trial.outcome.kind, OUTCOME_DNS_FAILED);
	}
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers), cmocka_unit_test(test_owners), cmocka_unit_test(test_open),
		cmocka_unit_test(test_close),   cmocka_unit_test(test_tidy),   cmocka_unit_test(test_nobody_listens),
	};

	return unit_main(tests);
}
