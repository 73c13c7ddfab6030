/* Text in the cells of a terminal: what may go there. */
#ifndef CELLS_H
#define CELLS_H

#include <stddef.h>

/* Control characters become '?': a terminal must not obey a peer, and a line stays one line. */
void cells_clean(char *text, size_t len);

#endif
