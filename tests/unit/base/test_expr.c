#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/expr.h"

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

		check_int(rows[i].text, expr_bytes(&out, rows[i].text, &err), rows[i].bytes ? 0 : -1);
		if (rows[i].bytes) {
			check_int(rows[i].text, (long long)out.len, (long long)rows[i].len);
			check(rows[i].text, memcmp(out.data, rows[i].bytes, out.len) == 0);
		} else {
			check_has(rows[i].text, err.text, "must follow a");
		}
		buf_release(&out);
	}
}

/* Every beginning of what matches either matches or waits, and once it matches it stays so. */
static void test_matches(void **state)
{
	static const struct {
		const char *expr, *data;
		size_t len;
		bool matches; /* while more may come */
		bool whole;   /* when it is whole */
	} rows[] = {
		{"OK", "xOKx", 4, true, true},
		{"OK", "O", 1, false, false},
		{"^OK$", "OK", 2, false, true},
		{"^OK$", "OK\n", 3, true, true},
		{"^OK$", "OK\r\n", 4, false, false},
		{"^OK\\r$", "OK\r\n", 4, true, true},
		{"^OK$", "OKAY", 4, false, false},
		{"^OK", "no\nOK", 5, true, true},
		{"a.b", "a\nb", 3, false, false},
		{"a.b", "a\0b", 3, true, true},
		{"a\\x00b", "a\0b", 3, true, true},
		{"a\\x00b", "aXb", 3, false, false},
		{"a[^b]c", "a\nc", 3, false, false},
		{"a(.|\\n)c", "a\nc", 3, true, true},
		{"\\(a\\)\\.\\-\\/", "(a).-/", 6, true, true},
		{"[\\n]", "\n", 1, true, true},
		{"[\\d]", "d", 1, true, true}, /* in a set a '\' is only itself */
		{"[\\d]", "5", 1, false, false},
		{"[[:digit:]]+;", "55;", 3, true, true},
		{"[[:digit:]\\x2e]+;", "5.5;", 4, true, true},
		{"[[:digit:]\\x2e]{2};", "5\\;", 3, false, false},
		{"[^]]x", "ax", 2, true, true},
		{"[^]]x", "]x", 2, false, false},
		{"[a[]:", "[:", 2, true, true},
		{"(ab){2,3}c", "ababc", 5, true, true},
		{"a{0}b", "b", 1, true, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct expr expr = {0};
		struct error err = {0};
		bool matched = false;

		if (expr_compile(&expr, rows[i].expr, &err))
			fail_msg("%s: %s", rows[i].expr, err.text);
		for (size_t len = 0; len <= rows[i].len; len++) {
			bool matches = expr_matches(&expr, rows[i].data, len, false);

			check(rows[i].expr, matches || !matched);
			matched = matches;
		}
		check_int(rows[i].expr, matched, rows[i].matches);
		check_int(rows[i].expr, expr_matches(&expr, rows[i].data, rows[i].len, true), rows[i].whole);
		expr_release(&expr);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *expr, *message;
	} rows[] = {
		{"(a", "extended regular expression"},  {"[a", "extended regular expression"},
		{"a\\", "extended regular expression"}, {"\\d", "\"\\d\" is not known"},
		{"a\\b", "\"\\b\" is not known"},       {"a\\>", "\"\\>\" is not known"},
		{"(a)\\1", "\"\\1\" is not known"},     {"\\x4", "\"\\x\" is not known"},
		{"\\\x01", "\"\\?\" is not known"},     {"(a{200}){200}", "too large"},
		{"(a{2,200}){1,200}", "too large"},     {"a{99999999999999999999}", "too large"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct expr expr = {0};
		struct error err = {0};
		int failed = expr_compile(&expr, rows[i].expr, &err);

		check_int(rows[i].expr, failed, -1);
		check_has(rows[i].expr, err.text, rows[i].message);
		expr_release(&expr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_refused),
	};

	return unit_main(tests);
}
