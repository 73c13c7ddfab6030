/* The names that are asked for one name, in the order of glibc's res_search. */
#include "unit.h"

#include <string.h>

#include "net/resolvconf.h"

struct candidates_row {
	const char *name;
	const char *domains[3]; /* "": the root */
	const char *candidates; /* joined by blanks; a "*" is behind the name as it stands */
};

/* Fills conf with what a file with this search list would say. */
static void take_domains(struct resolvconf *conf, const struct candidates_row *row, char **room)
{
	conf->domains = room;
	for (conf->domain_count = 0; conf->domain_count < 3 && row->domains[conf->domain_count]; conf->domain_count++)
		room[conf->domain_count] = (char *)row->domains[conf->domain_count];
}

static void check_candidates(size_t ndots, const struct candidates_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct resolvconf conf = {.ndots = ndots};
		char *domains[3], one[256], all[512] = "", row[300];
		size_t index = 0;

		take_domains(&conf, &rows[i], domains);
		snprintf(row, sizeof(row), "%s, ndots %zu, %s", rows[i].name, ndots,
			 rows[i].domains[0] ? rows[i].domains[0] : "no list");
		while (resolvconf_candidate(&conf, rows[i].name, index, one, sizeof(one))) {
			size_t len = strlen(all);
			bool stands = resolvconf_is_as_it_stands(&conf, rows[i].name, index);

			snprintf(all + len, sizeof(all) - len, "%s%s%s", index ? " " : "", one, stands ? "*" : "");
			index++;
		}
		check_text(row, all, rows[i].candidates);
		for (size_t further = index; further < index + 5; further++)
			check(row, !resolvconf_candidate(&conf, rows[i].name, further, one, sizeof(one)));
	}
}

/* As Docker's own resolver has it: each name is asked as it stands first. */
static void test_ndots_0(void **state)
{
	static const struct candidates_row rows[] = {
		{"db", {NULL}, "db*"},
		{"db", {"a"}, "db* db.a"},
		{"db", {"a", "b.test"}, "db* db.a db.b.test"},
		{"db.", {"a", "b"}, "db.*"},
		{"db.x", {"a", "b"}, "db.x* db.x.a db.x.b"},
		{"db.x.", {"a", "b"}, "db.x.*"},
	};

	(void)state;
	check_candidates(0, rows, COUNT(rows));
}

static void test_ndots_1(void **state)
{
	static const struct candidates_row rows[] = {
		{"db", {NULL}, "db*"},
		{"db", {"a"}, "db.a db*"},
		{"db", {"a", "b.test", "c"}, "db.a db.b.test db.c db*"},
		{"db.", {NULL}, "db.*"},
		{"db.", {"a", "b"}, "db.*"},
		{"db.x", {NULL}, "db.x*"},
		{"db.x", {"a", "b"}, "db.x* db.x.a db.x.b"},
		{"db.x.", {"a", "b"}, "db.x.*"},
		{"db.x.y", {"a"}, "db.x.y* db.x.y.a"},
		{"DB", {"A.test"}, "DB.A.test DB*"},
		{"", {NULL}, "*"},
	};

	(void)state;
	check_candidates(1, rows, COUNT(rows));
}

static void test_ndots_2(void **state)
{
	static const struct candidates_row rows[] = {
		{"db", {"a", "b"}, "db.a db.b db*"}, {"db.x", {"a", "b"}, "db.x.a db.x.b db.x*"},
		{"db.x", {NULL}, "db.x*"},           {"db.x.", {"a", "b"}, "db.x.*"},
		{"db.", {"a", "b"}, "db.*"},         {"db.x.y", {"a", "b"}, "db.x.y* db.x.y.a db.x.y.b"},
	};

	(void)state;
	check_candidates(2, rows, COUNT(rows));
}

/* As in Kubernetes. */
static void test_ndots_5(void **state)
{
	static const struct candidates_row rows[] = {
		{"db", {"ns.svc.local", "svc.local", "local"}, "db.ns.svc.local db.svc.local db.local db*"},
		{"db.ns",
		 {"ns.svc.local", "svc.local", "local"},
		 "db.ns.ns.svc.local db.ns.svc.local db.ns.local db.ns*"},
		{"a.b.c.d.e", {"x"}, "a.b.c.d.e.x a.b.c.d.e*"},
		{"a.b.c.d.e.f", {"x"}, "a.b.c.d.e.f* a.b.c.d.e.f.x"},
		{"a.b.c.d.e.", {"x"}, "a.b.c.d.e.*"},
	};

	(void)state;
	check_candidates(5, rows, COUNT(rows));
}

/* The root in the list is the name as it stands, which is then not asked again at the end. */
static void test_the_root(void **state)
{
	static const struct candidates_row rows[] = {
		{"db", {""}, "db*"},           {"db", {"", "a"}, "db* db.a"},
		{"db", {"a", ""}, "db.a db*"}, {"db", {"a", "", "b"}, "db.a db* db.b"},
		{"db.", {"", "a"}, "db.*"},
	};

	(void)state;
	check_candidates(1, rows, COUNT(rows));
	check_candidates(2, rows, COUNT(rows));
}

/* A name that was asked as it stands first is asked so again, where the root is in the list: glibc does it. */
static void test_the_root_after_the_name_itself(void **state)
{
	static char root[] = "", other[] = "a";
	char *domains[] = {root, other}, one[64];
	const struct resolvconf conf = {.ndots = 1, .domains = domains, .domain_count = 2};

	(void)state;
	check("itself", resolvconf_candidate(&conf, "db.x", 0, one, sizeof(one)));
	check_text("itself", one, "db.x");
	check("as it stands", resolvconf_is_as_it_stands(&conf, "db.x", 0));
	check("the root", resolvconf_candidate(&conf, "db.x", 1, one, sizeof(one)));
	check_text("the root", one, "db.x");
	check("the list", resolvconf_candidate(&conf, "db.x", 2, one, sizeof(one)));
	check_text("the list", one, "db.x.a");
	check("not as it stands", !resolvconf_is_as_it_stands(&conf, "db.x", 2));
	check("no more", !resolvconf_candidate(&conf, "db.x", 3, one, sizeof(one)));
}

/* A name that is too long is cut, and what is behind the buffer stays as it is. */
static void test_too_long(void **state)
{
	static char long_domain[] = "abcdefghij";
	char *domains[] = {long_domain}, out[16];
	const struct resolvconf conf = {.ndots = 1, .domains = domains, .domain_count = 1};

	(void)state;
	memset(out, '!', sizeof(out));
	check("with a domain", resolvconf_candidate(&conf, "db", 0, out, 8));
	check_text("cut", out, "db.abcd");
	check_int("and not further", out[8], '!');
	check("as it stands", resolvconf_candidate(&conf, "0123456789", 1, out, 8));
	check_text("cut", out, "0123456");
	check("with a dot", resolvconf_candidate(&conf, "012345678.", 0, out, 8));
	check_text("cut", out, "0123456");
	check_int("and not further", out[8], '!');
	check("just so long", resolvconf_candidate(&conf, "db", 0, out, 14));
	check_text("whole", out, "db.abcdefghij");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ndots_0),  cmocka_unit_test(test_ndots_1),
		cmocka_unit_test(test_ndots_2),  cmocka_unit_test(test_ndots_5),
		cmocka_unit_test(test_the_root), cmocka_unit_test(test_the_root_after_the_name_itself),
		cmocka_unit_test(test_too_long),
	};

	return unit_main(tests);
}
