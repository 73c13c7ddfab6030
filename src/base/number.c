#include "base/number.h"

#include <ctype.h>
#include <stdbool.h>

uint32_t number_read(const void *bytes, size_t count)
{
	const unsigned char *at = bytes;
	uint32_t number = 0;

	while (count--)
		number = number << 8 | *at++;
	return number;
}

uint32_t number_read_low(const void *bytes, size_t count)
{
	const unsigned char *at = bytes;
	uint32_t number = 0;

	while (count--)
		number = number << 8 | at[count];
	return number;
}

void number_add(struct buf *out, uint32_t number, size_t count)
{
	while (count--) {
		char byte = (char)(number >> 8 * count);

		buf_add(out, &byte, 1);
	}
}

void number_add_low(struct buf *out, uint32_t number, size_t count)
{
	for (; count--; number >>= 8) {
		char byte = (char)number;

		buf_add(out, &byte, 1);
	}
}

int64_t number_digits(const char *text, size_t len)
{
	bool is_negative = len && *text == '-';
	int64_t number = 0;

	for (size_t i = is_negative; i < len && isdigit((unsigned char)text[i]); i++) {
		int digit = text[i] - '0';

		number = number > (INT64_MAX - digit) / 10 ? INT64_MAX : number * 10 + digit;
	}
	return is_negative ? -number : number;
}
