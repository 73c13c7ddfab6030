/* Reads the settings of the command line. */
#ifndef OPTIONS_ARGV_H
#define OPTIONS_ARGV_H

#include <stddef.h>

#include "base/errors.h"
#include "options/options.h"

/*
 * Reads argv[1..] up to "--" or the end and stores the options in values, as OPTIONS_ARGV. Every other word is an
 * operand; options and operands may mix. operands must have room for argc entries; *operand_count of them are set, to
 * pointers into argv. *rest becomes the index after "--", or argc. Texts stay in argv. Fails on an unknown option, a
 * missing argument and a wrong value. The error names the option and the fix.
 */
int argv_load(const struct options_table *table, int argc, char **argv, const struct options_values *values,
	      char **operands, size_t *operand_count, int *rest, struct error *err);

#endif
