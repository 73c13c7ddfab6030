/* What an attempt has found so far: the most useful outcome, and where. */
#ifndef ATTEMPT_FINDING_H
#define ATTEMPT_FINDING_H

#include <stdbool.h>

#include "target/outcome.h"
#include "target/place.h"

/* To begin, zero it. */
struct finding {
	struct outcome outcome;
	struct place place;
	bool is_found; /* the place is none of the target's endpoints: somebody named it */
};

/*
 * Takes the outcome if it is more useful than the one before; if it is the same, counts the place. is_found is as above:
 * once somebody named a place, it matters what is found there. outcome and place are copied.
 */
void finding_note(struct finding *finding, const struct outcome *outcome, const struct place *place, bool is_found);

/* Forgets it. The texts stay, and the next outcome overwrites them: an attempt is too short for more. */
void finding_clear(struct finding *finding);

#endif
