#include "unit.h"

#include <string.h>

#include "net/srv.h"

/* Hosts of one letter each, with priority and weight. */
struct order_record {
	const char *host;
	uint16_t priority, weight;
};

struct order_row {
	const char *name;
	struct order_record records[4];
	size_t count;
	const char *always; /* the order that every seed gives; a '?' stands for any host */
};

static void order(const struct order_row *row, uint64_t seed, char *out)
{
	struct srv_list list = {0};
	struct buf texts = {0};

	for (size_t i = 0; i < row->count; i++) {
		char text[64];

		snprintf(text, sizeof(text), "%u %u 80 %s", (unsigned)row->records[i].priority,
			 (unsigned)row->records[i].weight, row->records[i].host);
		buf_add(&texts, text, strlen(text) + 1);
	}
	srv_list_read(&list, &texts);
	buf_release(&texts);
	srv_list_order(&list, seed);
	for (size_t i = 0; i < list.count; i++)
		*out++ = list.entries[i].host[0];
	*out = '\0';
	srv_list_release(&list);
}

static void test_priorities(void **state)
{
	static const struct order_row rows[] = {
		{"none", {{0}}, 0, ""},
		{"one", {{"a", 7, 3}}, 1, "a"},
		{"the lowest first", {{"a", 30, 9}, {"b", 10, 0}, {"c", 20, 5}}, 3, "bca"},
		{"0 and 65535", {{"a", 65535, 9}, {"b", 0, 0}}, 2, "ba"},
		{"chance decides in one priority only",
		 {{"a", 2, 1}, {"b", 1, 1}, {"c", 1, 1}, {"d", 0, 1}},
		 4,
		 "d??a"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (uint64_t seed = 0; seed < 50; seed++) {
			char found[8], again[8];

			order(&rows[i], seed, found);
			order(&rows[i], seed, again);
			check_text("the same seed", found, again);
			check_int(rows[i].name, (long long)strlen(found), (long long)rows[i].count);
			for (size_t j = 0; rows[i].always[j]; j++)
				check(rows[i].name, rows[i].always[j] == '?' || rows[i].always[j] == found[j]);
		}
}

struct weight_row {
	const char *name;
	uint16_t first, other; /* the weights of a and b */
	int least, most;       /* in how many of 100 orders a comes first */
};

/* RFC 2782: "larger weights SHOULD be given a proportionately higher probability of being selected". */
static void test_weights(void **state)
{
	static const struct weight_row rows[] = {
		{"the same", 5, 5, 40, 60},         {"both 0", 0, 0, 100, 100},
		{"three to one", 30, 10, 65, 85},   {"one to three", 10, 30, 15, 35},
		{"the largest", 65535, 1, 99, 100}, {"without a weight: a small chance", 0, 9, 2, 20},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct order_row row = {rows[i].name, {{"a", 1, rows[i].first}, {"b", 1, rows[i].other}}, 2, ""};
		int first = 0;

		for (uint64_t seed = 0; seed < 10000; seed++) {
			char found[8];

			order(&row, seed * UINT64_C(0x9E3779B97F4A7C15), found);
			first += found[0] == 'a';
		}
		if (first < rows[i].least * 100 || first > rows[i].most * 100)
			fail_msg("%s: %d of 10000", rows[i].name, first);
	}
}

static void test_list(void **state)
{
	static const char texts[] = "10 5 7001 one.test\0000 0 65535 two.test\00065535 65535 1 x";
	struct srv_list list = {0};
	struct buf buf = {0};

	(void)state;
	buf_add(&buf, texts, sizeof(texts));
	for (int i = 0; i < 2; i++) { /* what was there is replaced */
		srv_list_read(&list, &buf);
		check_int("records", (long long)list.count, 3);
	}
	check_text("host", list.entries[0].host, "one.test");
	check_int("port", list.entries[0].port, 7001);
	check_int("priority", list.entries[0].priority, 10);
	check_int("weight", list.entries[0].weight, 5);
	check_text("host", list.entries[2].host, "x");
	check_int("port", list.entries[1].port, 65535);
	check_int("priority", list.entries[2].priority, 65535);
	for (int i = 0; i < SRV_LIST_MAX; i++)
		buf_add(&buf, texts, sizeof(texts));
	srv_list_read(&list, &buf);
	check_int("so many at most", (long long)list.count, SRV_LIST_MAX);
	buf_release(&buf);
	srv_list_read(&list, &buf);
	check_int("empty", (long long)list.count, 0);
	srv_list_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_priorities),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_list),
	};

	return unit_main(tests);
}
