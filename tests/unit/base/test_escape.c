#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/escape.h"

struct bytes_row {
	const char *text, *bytes; /* bytes NULL: refused */
	size_t len;
};

static void test_bytes(void **state)
{
	static const struct bytes_row rows[] = {
		{"PING", "PING", 4},
		{"a\\r\\n\\t\\\\b", "a\r\n\t\\b", 6},
		{"\\x00\\x7f\\xFf", "\0\x7f\xff", 3},
		{"\\x414", "A4", 2},
		{"\\\\n", "\\n", 2},
		{"\\", NULL, 0},
		{"a\\q", NULL, 0},
		{"\\x4", NULL, 0},
		{"\\x4g", NULL, 0},
		{"\\X41", NULL, 0},
		{"\\0", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf out = {0};
		struct error err = {0};

		check_int(rows[i].text, escape_bytes(&out, rows[i].text, &err), rows[i].bytes ? 0 : -1);
		if (rows[i].bytes) {
			check_int(rows[i].text, (long long)out.len, (long long)rows[i].len);
			check(rows[i].text, memcmp(out.data, rows[i].bytes, out.len) == 0);
		} else {
			check_has(rows[i].text, err.text, "must follow a");
		}
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
	};

	return unit_main(tests);
}
