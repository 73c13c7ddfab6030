/* heldport.c: what --hold has as ports. */
#include "unit.h"

#include "app/heldport.h"

#include "target/endpoint.h"

enum { NONE = -1, REFUSED = -2, OWN_PORT = 5432 };

static struct endpoint place = {.host = (char *)"db", .port = OWN_PORT};
static struct target targets[] = {{.name = (char *)"DB", .endpoints = &place, .endpoint_count = 1},
				  {.name = (char *)"CACHE", .endpoints = &place, .endpoint_count = 1}};

/* The port that they have for the first target; NONE: they leave it its own; REFUSED if they are wrong. */
static int find(const char *ports, size_t count)
{
	const struct plan plan = {.targets = targets, .target_count = count};
	struct error err = {0};
	uint16_t port = 0;

	if (heldport_check(ports, &plan, &err))
		return REFUSED;
	check_int("the port itself, or an error", heldport_choose(ports, &targets[0], count == 1, false, &port, &err),
		  0);
	return port == OWN_PORT ? NONE : port;
}

static void test_ports(void **state)
{
	static const struct {
		const char *ports;
		int of_one, of_two; /* targets */
	} rows[] = {
		{NULL, NONE, NONE},           {"5433", 5433, REFUSED},
		{"65535", 65535, REFUSED},    {"65536", REFUSED, REFUSED},
		{"DB=5433", 5433, 5433},      {"db=0", 0, 0},
		{"cache=1,db=2", REFUSED, 2}, {"cache=1", REFUSED, NONE},
		{"web=1", REFUSED, REFUSED},  {"=1", REFUSED, REFUSED},
		{"db=", REFUSED, REFUSED},    {"db=5x", REFUSED, REFUSED},
		{"db", REFUSED, REFUSED},     {"db=1,", 1, 1},
		{",", REFUSED, REFUSED},      {"db=1,DB=2", REFUSED, REFUSED},
		{"1,2", REFUSED, REFUSED},    {"db=0,cache=0", REFUSED, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_int(rows[i].ports ? rows[i].ports : "none", find(rows[i].ports, 1), rows[i].of_one);
		check_int(rows[i].ports ? rows[i].ports : "none, of two", find(rows[i].ports, 2), rows[i].of_two);
	}
}

/* Where the app is told the port, another one will do; a target on this machine keeps its own for itself. */
static void test_the_choice(void **state)
{
	static const struct {
		const char *host, *ports;
		bool exports;
		int any, port; /* any -1: it is refused */
	} rows[] = {
		{"db", NULL, true, 1, OWN_PORT},
		{"db", NULL, false, 0, OWN_PORT},
		{"db", "6000", true, 0, 6000},
		{"db", "5432", true, 0, OWN_PORT},
		{"localhost", NULL, true, 1, 0},
		{"LocalHost", NULL, false, -1, 0},
		{"127.0.0.1", "6000", false, 0, 6000},
		{"127.0.0.1", "5432", true, -1, 0},
		{"::1", NULL, true, 1, 0},
		{"::1", "0", false, 0, 0},
		{"10.0.0.1", NULL, false, 0, OWN_PORT},
		{"db", "CACHE=5432", true, 1, 0},
		{"db", "CACHE=5433", true, 1, OWN_PORT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct endpoint here = {.host = (char *)rows[i].host, .port = OWN_PORT};
		struct target target = {.name = (char *)"DB", .endpoints = &here, .endpoint_count = 1};
		struct error err = {0};
		uint16_t port = 0;

		check_int(rows[i].host, heldport_choose(rows[i].ports, &target, true, rows[i].exports, &port, &err),
			  rows[i].any);
		check_int(rows[i].host, rows[i].any < 0 ? 0 : port, rows[i].port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ports), cmocka_unit_test(test_the_choice)};

	return unit_main(tests);
}
