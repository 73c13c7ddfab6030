#include "base/bits.h"

#include <stdlib.h>

void bits_add(struct bits *bits, size_t number)
{
	if (number >= BITS_MAX)
		abort();
	bits->words[number / 64] |= UINT64_C(1) << number % 64;
}

bool bits_has(const struct bits *bits, size_t number)
{
	return number < BITS_MAX && bits->words[number / 64] >> number % 64 & 1;
}
