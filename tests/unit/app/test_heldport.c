/* heldport.c: what --hold has as ports. */
#include "unit.h"

#include "app/heldport.h"

enum { NONE = -1, REFUSED = -2 };

static struct target targets[] = {{.name = (char *)"DB"}, {.name = (char *)"CACHE"}};

/* The port that they have for the first target; REFUSED if they are wrong. */
static int find(const char *ports, size_t count)
{
	const struct plan plan = {.targets = targets, .target_count = count};
	struct error err = {0};
	uint16_t port;

	if (heldport_check(ports, &plan, &err))
		return REFUSED;
	return heldport_find(ports, &targets[0], count == 1, &port) ? port : NONE;
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
		{",", REFUSED, REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_int(rows[i].ports ? rows[i].ports : "none", find(rows[i].ports, 1), rows[i].of_one);
		check_int(rows[i].ports ? rows[i].ports : "none, of two", find(rows[i].ports, 2), rows[i].of_two);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ports)};

	return unit_main(tests);
}
