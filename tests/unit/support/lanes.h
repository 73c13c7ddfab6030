/* A scheme whose probes do at each address what the test says. */
#ifndef LANES_H
#define LANES_H

#include <stdbool.h>
#include <stdint.h>

#include "target/outcome.h"
#include "target/scheme.h"

enum { LANES = 3 };

/* What the probe at 127.0.0.1, or at the next address, does, and what was seen of it. */
struct lane {
	int64_t ends; /* so long after it began, in microseconds; 0: never */
	enum outcome_kind kind;
	bool hangs_second;      /* only the probe of the first endpoint ends */
	int64_t connects_after; /* so long after it began, in microseconds; 0: see connects */
	int64_t blocks;         /* so long the whole process does nothing else when it connects, in microseconds */
	bool connects;          /* immediately; then only the reply is missing */
	int starts, stops;
	const char *names;   /* a host that it names when it ends, where the service is ready; NULL: none */
	bool ends_both;      /* at its end the lane before it ends as well, in the same turn of the loop */
	struct probe *probe; /* the last one that was started */
};

/* The plan of a target with this scheme is an array of lanes. */
extern const struct scheme lanes_scheme;

#endif
