/* A set of small numbers, such as the rows of a table. A zeroed set is empty. */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every number is below BITS_MAX. A table whose rows are such numbers must assert that it has no more rows. */
enum { BITS_MAX = 128 };

struct bits {
	uint64_t words[BITS_MAX / 64];
};

/* Adds a number. Aborts if it is BITS_MAX or more: the set must not lose one silently. */
void bits_add(struct bits *bits, size_t number);

/* Is the number in the set? False for any number that cannot be. */
bool bits_has(const struct bits *bits, size_t number);

#endif
