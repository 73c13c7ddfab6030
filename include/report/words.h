/* The sentences about a target that lines, board and documents share. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <stdbool.h>

#include "wait/progress.h"

struct words_reason {
	char text[600];
};

/*
 * Returns the reason for the outcome of the last attempt: "connection refused ([::1]:1 and 127.0.0.1:1)", "denied: no
 * such role (172.17.0.2:5432)". down: the wait is for the target to be gone (--down). If it is not gone yet, the text
 * says so: "still up (172.17.0.2:5432)", "still answers: denied (172.17.0.2:5432)".
 */
struct words_reason words_reason(const struct progress *progress, bool down);

#endif
