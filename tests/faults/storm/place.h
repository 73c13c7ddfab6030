/* What waitfor waits for in the storm: a file, a port or a program, each with a way of its own to the start of the app. */
#ifndef PLACE_H
#define PLACE_H

#include <stddef.h>

enum place_kind { PLACE_FILE, PLACE_LATE_FILE, PLACE_PORT, PLACE_PROGRAM, PLACE_KINDS };

struct place {
	char file[200];
	int port, listener;
};

/* Opens the port. The file is in the folder, and has the number in its name. */
void place_open(struct place *place, const char *folder, unsigned long number);

/* Makes what a wait of this kind begins with: the file is there, or not yet. */
void place_prepare(const struct place *place, enum place_kind kind);

void place_make_file(const struct place *place);
void place_remove_file(const struct place *place);

/* Closes the connections that were left in the queue of the port. */
void place_empty(const struct place *place);

void place_target(const struct place *place, enum place_kind kind, char *target, size_t size);
const char *place_name(enum place_kind kind);

#endif
