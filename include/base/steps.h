/*
 * What an expression (base/pattern.h) is compiled to: a program of steps. Threads run through it, one for each way to match
 * that is still possible; two of them at one step are the same. This is how K. Thompson did it: "Regular Expression Search
 * Algorithm", Communications of the ACM 11 (1968).
 */
#ifndef BASE_STEPS_H
#define BASE_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum steps_kind {
	STEPS_BYTE,  /* takes a byte of the set */
	STEPS_FORK,  /* goes on at both places */
	STEPS_BEGIN, /* goes on at the beginning of a line */
	STEPS_END,   /* goes on at the end of a line */
	STEPS_FOUND  /* the last of all steps */
};

struct steps_step {
	enum steps_kind kind;
	int to[2];       /* of a fork: relative to this step, so that steps can be moved and copied */
	uint32_t set[8]; /* one bit for each byte */
};

/*
 * Does a part of data[0..len) lead from the first step to STEPS_FOUND? whole: the end of data ends a line. The time grows with
 * len times count, at most.
 */
bool steps_find(const struct steps_step *steps, size_t count, const char *data, size_t len, bool whole);

#endif
