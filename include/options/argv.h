/* The pass over the command line. */
#ifndef OPTIONS_ARGV_H
#define OPTIONS_ARGV_H

#include <stddef.h>

#include "base/errors.h"
#include "options/options.h"

/*
 * argv[1..] up to "--" or the end. What is no option is an operand: operands (room for argc entries)
 * gets pointers into argv. *rest becomes the index behind "--", or argc. Options and operands may mix.
 */
int argv_load(const struct options_table *table, int argc, char **argv, const struct options_values *values,
	      char **operands, size_t *operand_count, int *rest, struct error *err);

#endif
