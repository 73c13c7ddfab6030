/* A small set of whole numbers, such as rows of a table. Zeroed: empty. */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are below it. Whoever keeps the rows of a table asserts that it has no more. */
enum { BITS_MAX = 128 };

struct bits {
	uint64_t words[BITS_MAX / 64];
};

/* Ends the program where the number does not fit: a set that lost one would lie. */
void bits_add(struct bits *bits, size_t number);

bool bits_has(const struct bits *bits, size_t number);

#endif
