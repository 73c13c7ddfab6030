#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/percent.h"

struct decode_row {
	const char *text, *decoded; /* decoded NULL: refused */
};

static void test_decode(void **state)
{
	static const struct decode_row rows[] = {
		{"", ""},        {"db", "db"},   {"%2Frun%2fpg", "/run/pg"}, {"db%3A5432", "db:5432"},
		{"a%", "a%"},    {"a%2", "a%2"}, {"a%zz", "a%zz"},           {"%%41", "%A"},
		{"a%00b", NULL}, {"%00", NULL},  {"%25zz", "%zz"},           {"caf%C3%A9", "caf\xc3\xa9"},
		{"%+1", "%+1"},  {"% 1", "% 1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *decoded = percent_decode(rows[i].text, strlen(rows[i].text));

		check_text(rows[i].text, decoded, rows[i].decoded);
		free(decoded);
	}
}

/* Encoding leaves no byte with a meaning in a URL, and decoding gives the original back. */
static void test_encode_and_back(void **state)
{
	char all[256];
	struct buf out = {0};
	char *back;

	(void)state;
	for (int byte = 1; byte < 256; byte++)
		all[byte - 1] = (char)byte;
	all[255] = '\0';
	percent_encode(&out, all);
	check("nothing that means something", !strpbrk(out.data, ":/?#[]@!$&'()*+,;=\" <>\\^`{|}"));
	back = percent_decode(out.data, out.len);
	check_text("back", back, all);
	free(back);
	buf_release(&out);
}

/* Only the first len bytes are decoded, though more follow. */
static void test_the_length_counts(void **state)
{
	char *decoded = percent_decode("a%41b", 2);

	(void)state;
	check_text("cut within the escape", decoded, "a%");
	free(decoded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_encode_and_back),
		cmocka_unit_test(test_the_length_counts),
	};

	return unit_main(tests);
}
