#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/front/frontargs.h"

static void check_piece(const char *row, const char *text, int length, const char *expected)
{
	char *piece = alloc_slice(text, (size_t)length);

	check_text(row, piece, expected);
	free(piece);
}

static void test_rows(void **state)
{
	static const struct {
		const char *row, *name, *standard, *meaning;
		char letter, sign;
		bool takes_value;
	} cases[] = {
		{"quiet", "quiet", "", "", 0, 0, false},
		{"q,quiet", "quiet", "", "", 'q', 0, false},
		{"p,port=", "port", "", "", 'p', 0, true},
		{"timeout=10s", "timeout", "10s", "", 0, 0, true},
		{"i,interval=>--pause", "interval", "", "--pause", 'i', '>', true},
		{"r,reverse>--down=absent", "reverse", "", "--down=absent", 'r', '>', false},
		{"w,window=750ms>-w", "window", "750ms", "-w", 'w', '>', true},
		{"ca-file=:cacert", "ca-file", "", "cacert", 0, ':', true},
		{"h2c:http2", "h2c", "", "http2", 0, ':', false},
		{"config=!", "config", "", "", 0, '!', true},
		{"?,help", "help", "", "", '?', 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = alloc_format("%s next ", cases[i].row);
		const char *rest = text;
		struct frontargs_option option, next;

		check(cases[i].row, frontargs_read(&rest, &option));
		check_piece(cases[i].row, option.name, option.name_length, cases[i].name);
		check_piece(cases[i].row, option.standard, option.standard_length, cases[i].standard);
		check_piece(cases[i].row, option.meaning, option.meaning_length, cases[i].meaning);
		check_int(cases[i].row, option.letter, cases[i].letter);
		check(cases[i].row, cases[i].sign ? option.sign == cases[i].sign : !strchr(">:!", option.sign));
		check_int(cases[i].row, option.takes_value, cases[i].takes_value);
		check(cases[i].row, frontargs_read(&rest, &next));
		check_piece(cases[i].row, next.name, next.name_length, "next");
		check(cases[i].row, !frontargs_read(&rest, &next));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return unit_main(tests);
}
