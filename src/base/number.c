#include "base/number.h"

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
