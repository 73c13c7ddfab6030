/* Text for a terminal: makes it safe to print, counts the cells (columns) it takes, and shortens it. */
#ifndef BASE_CELLS_H
#define BASE_CELLS_H

#include <stddef.h>

/*
 * Replaces in text[0..len) each byte of a control character (utf8.h), and each byte that is not valid UTF-8, by '?'. So
 * a peer cannot send commands to the terminal, and one line stays one line.
 */
void cells_clean(char *text, size_t len);

/* Returns a copy of text, cleaned as by cells_clean. The caller frees it with free(). */
char *cells_copy(const char *text);

/*
 * Returns the cells that text takes at most: a combining character counts as one, a character that may be wide as two.
 */
int cells_count(const char *text);

/*
 * Returns how many bytes of the text fit on a line of `cells` cells: all, as many words as fit, or else a part of the
 * first word.
 */
size_t cells_wrap(const char *text, int cells);

/*
 * Returns the text shortened to at most `cells` cells (a negative number means 0). "..." replaces what is left out; the
 * last `tail` cells of the text stay after it, and 0 puts the "..." at the end. Without room for "..." the text is only
 * cut. The caller frees the result with free().
 */
char *cells_cut(const char *text, int cells, int tail);

#endif
