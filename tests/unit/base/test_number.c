#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"

static const unsigned char bytes[] = {0x81, 0x02, 0xf3, 0x04};

static void test_the_highest_first(void **state)
{
	static const uint32_t numbers[] = {0, 0x81, 0x8102, 0x8102f3, 0x8102f304};

	(void)state;
	for (size_t count = 0; count <= sizeof(bytes); count++)
		check_int("number", number_read(bytes, count), numbers[count]);
}

static void test_the_lowest_first(void **state)
{
	static const uint32_t numbers[] = {0, 0x81, 0x0281, 0xf30281, 0x04f30281};

	(void)state;
	for (size_t count = 0; count <= sizeof(bytes); count++)
		check_int("number", number_read_low(bytes, count), numbers[count]);
}

/* What does not fit is left out: it is the higher bytes. */
static void test_what_is_added_is_read(void **state)
{
	static const uint32_t numbers[] = {0, 1, 0xff, 0x100, 0x8001, 0x12345678, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++)
		for (size_t count = 1; count <= 4; count++) {
			uint32_t fits = (uint32_t)(numbers[i] & ((UINT64_C(1) << 8 * count) - 1));
			struct buf high = {0}, low = {0};

			number_add(&high, numbers[i], count);
			number_add_low(&low, numbers[i], count);
			check_int("bytes", (long long)high.len, (long long)count);
			check_int("bytes", (long long)low.len, (long long)count);
			check_int("the highest first", number_read(high.data, count), fits);
			check_int("the lowest first", number_read_low(low.data, count), fits);
			buf_release(&high);
			buf_release(&low);
		}
}

struct digits_row {
	const char *text;
	size_t len;
	int64_t number;
};

static void test_digits(void **state)
{
	static const struct digits_row rows[] = {
		{"", 0, 0},
		{"7", 1, 7},
		{"16384\r\n", 7, 16384},
		{"-1\r", 3, -1},
		{"-", 1, 0},
		{"x5", 2, 0},
		{" 5", 2, 0},
		{"\n5", 2, 0},
		{"123", 2, 12},
		{"12", 0, 0},
		{"9223372036854775807", 19, INT64_MAX},
		{"9223372036854775808", 19, INT64_MAX},
		{"99999999999999999999999", 23, INT64_MAX},
		{"-99999999999999999999999", 24, -INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *exact = malloc(rows[i].len + !rows[i].len); /* the sanitizer sees a look behind it */

		memcpy(exact, rows[i].text, rows[i].len);
		check_int(rows[i].text, number_digits(exact, rows[i].len), rows[i].number);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_highest_first),
		cmocka_unit_test(test_the_lowest_first),
		cmocka_unit_test(test_what_is_added_is_read),
		cmocka_unit_test(test_digits),
	};

	return unit_main(tests);
}
