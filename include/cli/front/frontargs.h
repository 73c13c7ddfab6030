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
 * an enum, and TABLE(FRONTARGS_TEXT) is the text of all, which costs no relocations. The text of a row is:
 *   "quiet"                 an option
 *   "q,quiet"               one with a letter besides
 *   "p,port="               one that takes a value
 *   "timeout=10s"           ... and has this one if it is not given
 *   "i,interval=>--pause"   it stands for that option of waitfor's
 *   "exit-code=:exit"       it stands for that parameter of a URL
 *   "ca-file=+cacert"       the same, for URLs in TLS only
 *   "config=!"              the tool has it, but not waitfor: --help does not name it
 */
#define FRONTARGS_NUMBER(number, text) number,
#define FRONTARGS_TEXT(number, text)   text " "

/* A row. The texts end where their length says. */
struct frontargs_option {
	const char *name, *standard, *meaning; /* what it has if it is not given; what it stands for */
	int name_length, standard_length, meaning_length;
	bool takes_value;
	char letter; /* 0: none */
	char sign;   /* '>', ':', '+' or '!'; another letter: none */
};

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
	const char *options; /* the text of all; the first is number 0 */
	int argc;
	char **argv;
	int at;                         /* the next word */
	const char *word;               /* the present one */
	const char *value;              /* the option's value; NULL: none */
	bool is_off;                    /* in the styles of Go: it is "-flag=false" */
	const char *letters;            /* what remains of joined letters; NULL: nothing */
	char letter;                    /* the present one; 0: it was a long option */
	struct frontargs_option option; /* the present one, unless it is unknown */
};

/* Reads the row at *at, and moves *at behind it. Returns false at the end of the text. */
bool frontargs_read(const char **at, struct frontargs_option *option);

/* Reads the next option or word. */
int frontargs_next(struct frontargs *args);

/* Returns the duration, as base/clock reads it, in microseconds; -1 if it is none. */
int64_t frontargs_duration(const char *text);

/* Is it a duration as Go writes it? It has a unit, or is 0. */
bool frontargs_is_duration(const char *text);

/* Is it a number without sign and point? */
bool frontargs_is_whole(const char *text);

#endif
