#include "unit.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/pattern.h"

static bool finds(const char *expression, const char *text)
{
	struct error err = {0};
	struct pattern *pattern = pattern_new(expression, &err);
	bool found;

	check_text(expression, err.text, "");
	found = pattern_finds(pattern, text, strlen(text), true);
	pattern_free(pattern);
	return found;
}

static void test_finds(void **state)
{
	static const struct {
		const char *expression, *text;
		bool found;
	} rows[] = {
		{"ready", "now ready.", true},
		{"ready", "read", false},
		{"^ready$", "not\nready\nyet", true},
		{"^ready$", "ready!", false},
		{"^$", "", true},
		{"^$", "a\n",
		 true}, /* behind the last end of a line is an empty line: grep sees none, but nobody asks */
		{"a.c", "abc", true},
		{"a.c", "a\nc", false},
		{"a[^b]c", "a\nc", false},
		{"a[^b]c", "axc", true},
		{"[]a]", "]", true},
		{"[^]a]", "]", false},
		{"[a-]", "-", true},
		{"[[:digit:]]{3}", "a12b123", true},
		{"[[:digit:]]{4}", "a12b123", false},
		{"a|b|c", "c", true},
		{"(a|b)+c", "xbabac", true},
		{"x(ab){2,3}y", "xaby", false},
		{"x(ab){2,3}y", "xabababy", true},
		{"x(ab){2,3}y", "xababababy", false},
		{"x(ab){2,}y", "xababababy", true},
		{"xa{0}y", "xy", true},
		{"xa{0}y", "xay", false},
		{"a?b?c", "c", true},
		{"(a*)*b", "aaaab", true},
		{"()", "", true},
		{"(|a)b", "b", true},
		{"\\.\\*\\\\\\(\\{", ".*\\({", true},
		{"\\$5", "costs $5", true},
		{"a)", "a)", true},
		{"a]", "a]", true},
		{"\xc3\xa9+", "\xc3\xa9", true},
	};
	struct error err = {0};
	struct pattern *pattern = pattern_new("b.d", &err);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_int(rows[i].expression, finds(rows[i].expression, rows[i].text), rows[i].found);
	check("a zero byte is one like the others", pattern_finds(pattern, "a\0b\0d", 5, true));
	check("the end is the end", !pattern_finds(pattern, "b\0d", 2, true));
	pattern_free(pattern);
}

/* Every beginning of what matches either matches or waits, and once it matches it stays so. */
static void test_what_may_go_on(void **state)
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
		struct error err = {0};
		struct pattern *pattern = pattern_new(rows[i].expr, &err);
		bool matched = false;

		if (!pattern)
			fail_msg("%s: %s", rows[i].expr, err.text);
		for (size_t len = 0; len <= rows[i].len; len++) {
			bool matches = pattern_finds(pattern, rows[i].data, len, false);

			check(rows[i].expr, matches || !matched);
			matched = matches;
		}
		check_int(rows[i].expr, matched, rows[i].matches);
		check_int(rows[i].expr, pattern_finds(pattern, rows[i].data, rows[i].len, true), rows[i].whole);
		pattern_free(pattern);
	}
}

static void test_refuses(void **state)
{
	static const struct {
		const char *expression, *message;
	} rows[] = {
		{"", "is empty"},
		{"(a", "a ( has no )"},
		{"[a", "a [ has no ]"},
		{"[]", "a [ has no ]"},
		{"*a", "nothing stands before"},
		{"a|*", "nothing stands before"},
		{"(+)", "nothing stands before"},
		{"{1}", "nothing stands before"},
		{"a\\", "ends with a \\"},
		{"\\d+", "not known after a"},
		{"(a)\\1", "not known after a"},
		{"a{2", "wrong numbers in {}"},
		{"a{,2}", "wrong numbers in {}"},
		{"a{3,2}", "wrong numbers in {}"},
		{"a{256}", "wrong numbers in {}"},
		{"a{x}", "wrong numbers in {}"},
		{"[z-a]", "wrong order"},
		{"[[:digit]]", "unknown class"},
		{"[[:foo:]]", "unknown class"},
		{"[[.a.]]", "write the character alone"},
		{"[[=a=]]", "write the character alone"},
		{"(((a{255}){255}){255}){255}", "too large"},
		{"((a{200}){200})(b", "too large"},
		{"a\\>", "not known after a"},
		{"\\x4", "not known after a"},
		{"\\\x01", "not known after a"},
	};
	struct buf deep = {0};
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error why = {0};

		check(rows[i].expression, !pattern_new(rows[i].expression, &why));
		check_has(rows[i].expression, why.text, rows[i].message);
	}
	for (int i = 0; i < 100000; i++)
		buf_add_text(&deep, "(");
	check("deep", !pattern_new(deep.data, &err));
	check_has("deep", err.text, "nested too deeply");
	buf_release(&deep);
}

/* What an expression with nested stars costs others: exponential time. */
static void test_time(void **state)
{
	enum { LEN = 100000 };
	char *text = alloc_zero(LEN + 1, 1);
	int64_t began = clock_now();

	(void)state;
	memset(text, 'a', LEN);
	check("not found", !finds("(a*)*b|(a|aa)+$x|(a?){50}a{50}c", text));
	check("in linear time", clock_now() - began < 10 * CLOCK_S);
	free(text);
}

static unsigned random_below(unsigned *seed, unsigned count)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % count;
}

/* A random expression that POSIX defines. */
static void add_expression(struct buf *out, unsigned *seed, int depth)
{
	static const char *const atoms[] = {"a", "b", ".", "[ab]", "[^a]", "c", "[a-c]", "\\.", "[[:alpha:]]"};
	static const char *const repeats[] = {"", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,3}", "{1,}"};
	unsigned pieces = 1 + random_below(seed, 3);

	for (unsigned i = 0; i < pieces; i++) {
		if (depth < 3 && random_below(seed, 4) == 0) {
			buf_add_text(out, "(");
			add_expression(out, seed, depth + 1);
			buf_add_text(out, ")");
		} else {
			buf_add_text(out, atoms[random_below(seed, COUNT(atoms))]);
		}
		buf_add_text(out, repeats[random_below(seed, COUNT(repeats))]);
	}
	if (random_below(seed, 4) == 0) {
		buf_add_text(out, "|");
		add_expression(out, seed, depth + 1);
	}
}

/* regcomp(3) of the C library is the oracle: 4,000 expressions, each with five texts. */
static void test_as_the_library_does(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct buf expression = {0};
		regex_t oracle;
		bool begins = random_below(&seed, 6) == 0, ends = random_below(&seed, 6) == 0;

		buf_add_text(&expression, begins ? "^(" : "");
		add_expression(&expression, &seed, 0);
		buf_add_text(&expression, begins ? ")" : "");
		buf_add_text(&expression, ends && !strchr(expression.data, '|') ? "$" : "");
		assert_int_equal(regcomp(&oracle, expression.data, REG_EXTENDED | REG_NOSUB | REG_NEWLINE), 0);
		for (int j = 0; j < 5; j++) {
			char text[12] = "", *row;
			unsigned len = random_below(&seed, sizeof(text));

			for (unsigned k = 0; k < len; k++)
				text[k] = "abc.\n"[random_below(&seed, 5)];
			row = alloc_format("%s in \"%s\"", expression.data, text);
			check_int(row, finds(expression.data, text), regexec(&oracle, text, 0, NULL, 0) == 0);
			free(row);
		}
		regfree(&oracle);
		buf_release(&expression);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds),
		cmocka_unit_test(test_what_may_go_on),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_as_the_library_does),
	};

	return unit_main(tests);
}
