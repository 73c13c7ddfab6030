/* Look-ups of SRV records. */
#include "unit.h"

#include <string.h>

#include "own_files.h"
#include "seeker.h"

/* Set by main: may this test write the files of the resolver? */
static bool own_files;

struct srv_row {
	const char *name, *wanted, *found, *log;
};

static const struct name_server_row server_rows[] = {
	{.name = "_x._tcp.db.test",
	 .a = {"10.0.0.1"},
	 .services = {{"one.test", 7001, 10, 5}, {"two.test", 7002, 20, 0}}},
	{.name = "_gone._tcp.db.test", .services = {{"", 0, 0, 0}}},
	{.name = "_other._tcp.db.test", .aliases = {"_x._tcp.other.test"}, .services = {{"one.test", 1, 2, 3}}},
	{.name = "_strange._tcp.db.test", .owner = "evil.test", .services = {{"evil.test", 1, 2, 3}}},
	{.name = "_cut._tcp.db.test", .cuts = true, .services = {{"tcp.test", 1, 2, 3}}},
	{.name = "_wrong._tcp.db.test", .rcode_a = NAME_SERVER_SERVFAIL},
	{.name = "host.test", .a = {"10.0.0.2"}, .aaaa = {"fd00::2"}},
	{.name = "_y._tcp.app.search.test", .services = {{"app.test", 80, 0, 0}}},
};

static void srv_text(struct seeker *seeker, char *out, size_t size)
{
	const struct lookup_result *result = lookup_result(seeker->lookup, LOOKUP_SRV);
	const struct srv_list *records = lookup_services(seeker->lookup);
	size_t len = 0;

	out[0] = '\0';
	if (result->outcome.kind != OUTCOME_READY)
		snprintf(out, size, "%s%s%s", outcome_info(result->outcome.kind)->name,
			 result->outcome.kind == OUTCOME_NO_ADDRESS && result->outcome.detail[0] ? ": " : "",
			 result->outcome.kind == OUTCOME_NO_ADDRESS ? result->outcome.detail : "");
	for (size_t i = 0; result->outcome.kind == OUTCOME_READY && i < records->count; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s:%u/%u/%u", i ? " " : "", records->entries[i].host,
					(unsigned)records->entries[i].port, (unsigned)records->entries[i].priority,
					(unsigned)records->entries[i].weight);
}

static void check_rows(struct seeker_rig *rig, const struct srv_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct seeker seeker;
		char found[256];

		rig->server.log[0] = '\0';
		seeker_open_srv(&seeker, rig, rows[i].wanted);
		for (int round = 0; round < 2; round++) { /* the second one asks again, and finds the same */
			seeker_start(&seeker);
			seeker_wait(&seeker, rows[i].name);
			srv_text(&seeker, found, sizeof(found));
			check_text(rows[i].name, found, rows[i].found);
			check_text(rows[i].name, rig->server.log, rows[i].log);
			rig->server.log[0] = '\0';
		}
		seeker_close(&seeker);
	}
}

static void test_records(void **state)
{
	static const struct srv_row rows[] = {
		{"two records, with addresses beside them", "_x._tcp.db.test", "one.test:7001/10/5 two.test:7002/20/0",
		 "s:_x._tcp.db.test"},
		{"decidedly none", "_gone._tcp.db.test",
		 "no_address: its record names no host: the service is not available",
		 "s:_gone._tcp.db.test s:_gone._tcp.db.test.search.test"},
		{"an alias", "_other._tcp.db.test", "one.test:1/2/3", "s:_other._tcp.db.test"},
		{"records of another name", "_strange._tcp.db.test", "no_address",
		 "s:_strange._tcp.db.test s:_strange._tcp.db.test.search.test"},
		{"too long for UDP", "_cut._tcp.db.test", "tcp.test:1/2/3", "s:_cut._tcp.db.test s:_cut._tcp.db.test"},
		{"a server that cannot tell", "_wrong._tcp.db.test", "dns_failed",
		 "s:_wrong._tcp.db.test s:_wrong._tcp.db.test.search.test"},
		{"only addresses", "host.test", "no_address", "s:host.test s:host.test.search.test"},
		{"no such name", "_x._tcp.no.test", "no_name", "s:_x._tcp.no.test s:_x._tcp.no.test.search.test"},
		{"the search list", "_y._tcp.app", "app.test:80/0/0", "s:_y._tcp.app s:_y._tcp.app.search.test"},
		{"no file has records", "_h._tcp.hosts.test", "no_name",
		 "s:_h._tcp.hosts.test s:_h._tcp.hosts.test.search.test"},
	};
	struct seeker_rig rig;

	(void)state;
	if (!own_files)
		skip();
	seeker_rig_open(&rig, server_rows, COUNT(server_rows), "search search.test\n", "10.0.0.9 _h._tcp.hosts.test\n");
	name_server_listen(&rig.server);
	check_rows(&rig, rows, COUNT(rows));
	seeker_rig_close(&rig);
}

/* resolv.conf names another server while the question is open: that one is asked. */
static void test_another_server(void **state)
{
	static const struct name_server_row held[] = {{.name = "_x._tcp.db.test", .holds_a = true}};
	struct seeker_rig rig;
	struct name_server other;
	struct seeker seeker;
	char found[256];

	(void)state;
	if (!own_files)
		skip();
	seeker_rig_open(&rig, held, COUNT(held), "", "");
	name_server_open(&other, &rig.unit, server_rows, COUNT(server_rows));
	seeker_open_srv(&seeker, &rig, "_x._tcp.db.test");
	rig.server.stops_at_hold = true;
	seeker_start(&seeker);
	unit_loop_run(&rig.unit, "asked");
	name_server_use(&other, "");
	seeker_wait(&seeker, "answered");
	srv_text(&seeker, found, sizeof(found));
	check_text("by the other", found, "one.test:7001/10/5 two.test:7002/20/0");
	check_text("told", seeker.told, "64");
	seeker_close(&seeker);
	name_server_close(&other);
	seeker_rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_another_server),
	};

	own_files = own_files_take();
	return unit_main(tests);
}
