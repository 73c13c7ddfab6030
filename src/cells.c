#include "cells.h"

#include <stdbool.h>

/*
 * Those of the second kind (U+0080 to U+009F) are C2 80 to C2 9F in UTF-8, or such a byte alone for a terminal that
 * knows no UTF-8.
 */
void cells_clean(char *text, size_t len)
{
	unsigned char before = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool second_kind = c >= 0x80 && c < 0xa0 && (before < 0x80 || before == 0xc2);

		if (c < 0x20 || c == 0x7f || second_kind)
			text[i] = '?';
		if (second_kind && before == 0xc2)
			text[i - 1] = '?';
		before = second_kind ? 0 : c;
	}
}
