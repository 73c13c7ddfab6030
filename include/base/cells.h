/* Text in the cells of a terminal: what may go there, how many cells it takes, and how it is made shorter. */
#ifndef BASE_CELLS_H
#define BASE_CELLS_H

#include <stddef.h>

/* Control characters (utf8.h) and bytes of no character become '?': a terminal must not obey a peer, and a line stays one. */
void cells_clean(char *text, size_t len);

/* A clean copy, the caller's. */
char *cells_copy(const char *text);

/* How many cells the text takes at most: a combining character counts, and what may be wide counts as two. */
int cells_count(const char *text);

/*
 * The text in at most that many cells (less than 0 is as 0): where it has more, "..." stands for what is left out, at
 * its end or, where the end tells more than the middle, before the last tail cells. The result is the caller's.
 */
char *cells_cut(const char *text, int cells, int tail);

#endif
