/* Takes the command line of another tool apart, in the style that the tool has. */
#ifndef CLI_FRONT_FRONTARGS_H
#define CLI_FRONT_FRONTARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frontargs_style {
	FRONTARGS_EXACT,  /* "-t 5" and "--time=5" only, no letters joined: a case of a shell script */
	FRONTARGS_SHELL,  /* also "-t5", "-qt5" and "--time 5" */
	FRONTARGS_GETOPT, /* also the beginning of a name, as getopt_long(3) */
	FRONTARGS_PFLAG, /* as FRONTARGS_SHELL, also "-t=5" and "--flag=true": Go's package pflag, and minimist of node */
	FRONTARGS_GO     /* "-name 5", "--name=5"; the first other word ends the options: Go's package flag */
};

/*
 * For a tool's table of options, TABLE(X), with a row X(NUMBER, "text") for each: TABLE(FRONTARGS_NUMBER) are the constants of
 * an enum, and TABLE(FRONTARGS_TEXT) is the text of all. A text without pointers costs no relocations.
 */
#define FRONTARGS_NUMBER(number, text) number,
#define FRONTARGS_TEXT(number, text)   text " "

/* What frontargs_next returns, if not the number of an option. */
enum {
	FRONTARGS_END = -1,      /* all read, or "--", or the first word in Go's style: the rest begins at `at` */
	FRONTARGS_WORD = -2,     /* no option */
	FRONTARGS_UNKNOWN = -3,  /* looks like an option and is none */
	FRONTARGS_MISSING = -4,  /* the option needs a value, and there is no more word */
	FRONTARGS_UNWANTED = -5, /* "--flag=value" of an option that takes none */
	FRONTARGS_NEITHER =
		-6 /* in the styles of Go: "-flag=value" of one that takes none, and value is neither true nor false */
};

/* Begins with at = 1. */
struct frontargs {
	enum frontargs_style style;
	/*
	 * The options with a blank between them; the first is number 0. "q,quiet" has also a letter, and "t,timeout="
	 * takes a value as well. In the styles of Go, "-flag=false" of one that takes none is as if it were not there.
	 * "ca-file=:cacert" is an option that stands for the parameter of a URL.
	 */
	const char *options;
	int argc;
	char **argv;
	int at;              /* the next word */
	const char *word;    /* the present one */
	const char *value;   /* the option's value; NULL: none */
	const char *letters; /* what remains of joined letters; NULL: nothing */
	char letter;         /* the present one; 0: it was a long option */
	/* Of the present option: its place in the text of all, and the parameter that it stands for, if length is not 0. */
	const char *option, *parameter;
	size_t parameter_length;
};

/* Reads the next option or word. */
int frontargs_next(struct frontargs *args);

/* Returns the duration, as base/clock reads it, in microseconds; -1 if it is none. */
int64_t frontargs_duration(const char *text);

/* Is it a duration as Go writes it? It has a unit, or is 0. */
bool frontargs_is_duration(const char *text);

#endif
