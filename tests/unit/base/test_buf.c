#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void test_grows(void **state)
{
	struct buf buf = {0};
	char expected[3001] = "";

	(void)state;
	for (int i = 0; i < 1000; i++) {
		buf_add_text(&buf, "abc");
		memcpy(expected + 3 * i, "abc", 4);
		check_int("length", (long long)buf.len, 3 * (i + 1));
		check_text("data", buf.data, expected);
	}
	buf_release(&buf);
	check("released", !buf.data && !buf.len && !buf.size);
}

static void test_bytes(void **state)
{
	struct buf buf = {0};

	(void)state;
	buf_add(&buf, "a\0b", 3);
	buf_add(&buf, "cdef", 1);
	check_int("zero bytes count", (long long)buf.len, 4);
	check("zero bytes stay", memcmp(buf.data, "a\0bc", 5) == 0);
	buf_release(&buf);
	buf_add_text(&buf, "again");
	check_text("after release", buf.data, "again");
	buf_release(&buf);
}

static void test_detach(void **state)
{
	struct buf buf = {0};
	char *text = buf_detach(&buf);

	(void)state;
	check_text("nothing added", text, "");
	free(text);
	buf_add_text(&buf, "");
	text = buf_detach(&buf);
	check_text("an empty text added", text, "");
	free(text);
	buf_add_text(&buf, "one");
	text = buf_detach(&buf);
	check("empty again", !buf.data && !buf.len && !buf.size);
	buf_add_text(&buf, "two");
	check_text("detached", text, "one");
	check_text("begun anew", buf.data, "two");
	free(text);
	buf_release(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_detach),
	};

	return unit_main(tests);
}
