/* Sentences about a peer, each in one place: what lines, board and documents say of it. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <stdbool.h>

#include "wait/progress.h"

struct words_reason {
	char text[400];
};

/*
 * Why the last attempt ended as it did: "connection refused (172.17.0.2:5432)", "denied: no such role
 * (172.17.0.2:5432)". down: the wait is for the peer to be gone, and the target is not done: then what that means for it
 * comes first, as in "still answers: ready (172.17.0.2:5432)".
 */
struct words_reason words_reason(const struct progress *progress, bool down);

#endif
