/* What the call of another tool means in waitfor's words, and how that tool would speak and end. */
#ifndef CLI_FRONT_FRONTLINE_H
#define CLI_FRONT_FRONTLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/front/frontargs.h"
#include "system/env.h"
#include "system/log.h"
#include "wait/sinks.h"

/* waitfor's own exit codes, which a tool may have others for. */
enum { EXIT_NOT_READY = 1, EXIT_TIMED_OUT = 124, EXIT_OWN_FAULT = 125 };

struct frontline;

enum frontline_moment { FRONTLINE_BEGIN, FRONTLINE_TRIED, FRONTLINE_DONE, FRONTLINE_END, FRONTLINE_RESTED };

/* What a tool may say something about. */
struct frontline_news {
	enum frontline_moment moment;
	const struct sinks_view *view;   /* NULL at RESTED: the pause behind the wait is over */
	const struct progress *progress; /* of a target, with a BEGIN for each; NULL at END and RESTED */
	const char *subject;             /* that target as the tool's messages show it; NULL without one */
	bool changed;                    /* at TRIED: what came of it is not that of the attempt before */
	enum verdict verdict;            /* at END */
};

/* The date and time in UTC that each line begins with: of Go's package log, or of RFC 3339. */
enum frontline_stamp { FRONTLINE_STAMP_NONE, FRONTLINE_STAMP_GO, FRONTLINE_STAMP_RFC3339 };

/* A tool. Its functions are pure: they only change the line. */
struct front {
	const char *names;    /* what it may be called, separated by '|' */
	const char *usage[2]; /* what --help says before the options; between the two stands the tool's name */
	const char *options;  /* FRONTARGS_TEXT of its table; "" without one */
	/*
	 * Takes a word, a mistake, or an option whose value is to be checked or is not all of it. Returns false for what
	 * is to be kept in the line. A call that ends at once (--help, a mistake) is told with frontline_end. NULL: the
	 * words count for nothing.
	 */
	bool (*take)(struct frontline *line, struct frontargs *args, int option);
	/* All is read: adds the targets, and the options of waitfor's that no option in the table stands for. */
	void (*settle)(struct frontline *line);
	/* Adds to line->said what the tool would say, each line with its '\n'. */
	void (*say)(struct frontline *line, const struct frontline_news *news);
	unsigned char style;  /* enum frontargs_style */
	unsigned char stamp;  /* enum frontline_stamp */
	unsigned char stream; /* the descriptor that it says this on */
	unsigned char late;   /* its exit code when the targets did not get ready */
	unsigned char fault;  /* its exit code when it cannot begin to wait */
	bool drops_empty;     /* an option with an empty value is as if it were not there */
	bool starts_nothing;  /* what follows the options is no command, but more words */
};

/* Texts that the line owns, with a NULL behind the last. */
struct frontline_list {
	char **items;
	size_t count;
};

enum { FRONTLINE_VALUES = 36 }; /* most that a tool has: wait4x */

struct frontline {
	const struct front *front; /* NULL: argv is waitfor's own */
	const char *prog;          /* the tool's name in its messages */
	const struct env *env;

	/* What the tool's command line says. */
	bool is_bare;                         /* nothing, but perhaps "--" */
	const char *values[FRONTLINE_VALUES]; /* of each option; "" if it takes none, NULL if it was not given */
	struct buf parameters; /* of URLs, each with its '&': those that options stand for. It has a text always */
	struct buf secured;    /* the same, of URLs in TLS only */
	struct frontline_list words;    /* that are no options */
	struct frontline_list expected; /* parameters, too, but there is a target for each, of which one is enough */
	struct frontline_list kept;     /* what the values point to, if it is not in argv */

	/* What it is in waitfor's words. */
	struct frontline_list options; /* behind waitfor's name; front_open adds what follows them in argv */
	struct frontline_list targets;
	struct frontline_list subjects; /* how the tool's messages show each target; NULL: as its text */
	char **command;                 /* NULL: none */
	bool waits_for_nothing;         /* the only target is one that is always ready */
	bool runs_anyway;               /* the command is started even if the targets did not get ready */
	int64_t before, after;          /* microseconds to sleep before the wait, and when it has succeeded */

	/* How the tool speaks and ends. */
	int level;       /* how much it says; each tool has its own numbers */
	bool is_apps;    /* the exit code is the app's own */
	int late;        /* the exit code when the targets did not get ready; say may change it */
	struct buf said; /* not printed yet */
	struct log log;  /* where it is printed, if has_log; for cli/front/frontsink */
	bool has_log;
	bool ends;     /* there is nothing to wait for: print said on `stream` and end with code */
	bool is_exact; /* said is printed byte for byte: it is for a shell and not for people */
	int code;
	enum frontline_stamp stamp; /* say may change it, and stream */
	int stream;                 /* the descriptor that said goes to */
};

/* Adds a text, which must be from the heap or NULL, to a list that owns it. */
void frontline_add(struct frontline_list *list, char *item);
void frontline_release_list(struct frontline_list *list);

/* Returns what follows the beginning in text; NULL if it begins otherwise. */
const char *frontline_after(const char *text, const char *beginning);

/* Gives a text from the heap to the line, which keeps it. Returns it. */
const char *frontline_keep(struct frontline *line, char *text);

/* Returns the option's value, else that of the variable; `otherwise` if there is none, or it is empty. */
const char *frontline_value(const struct frontline *line, int option, const char *variable, const char *otherwise);

/* Adds the words of a command. There is no shell: only blanks, quotes and '\\' mean something. Returns -1 if a quote is open. */
int frontline_cut(struct frontline_list *words, const char *text);

/* Adds an option of waitfor's, and its argument unless that is NULL. Both are copied. A limit of 0 for an attempt is none. */
void frontline_option(struct frontline *line, const char *option, const char *argument);

/*
 * Adds a target, and how the tool's messages show it; NULL: as the target's text. Both must be from the heap, and the line
 * owns them from now on.
 */
void frontline_target(struct frontline *line, char *target, char *subject);

/* The tool is to wait for nothing: adds a target that is always ready, about which it has nothing to say. */
void frontline_nothing(struct frontline *line);

/* Adds text to what is said, printf style. */
void frontline_say(struct frontline *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds what came of the last attempt, in waitfor's words, and behind it `after` and the end of the line. */
void frontline_say_reason(struct frontline *line, const struct progress *progress, const char *after);

/* There is nothing to wait for: what is said goes to that descriptor, and the exit code is code. */
void frontline_end(struct frontline *line, int stream, int code);

/* Says in one line why there is nothing to wait for, on standard error, and ends with that code. */
void frontline_refuse(struct frontline *line, int code, const char *text);

/* Returns the target as the tool's messages show it, else its text without "tcp://". */
const char *frontline_subject(const struct frontline *line, const struct sinks_view *view,
			      const struct progress *progress);

/* Says that of each target, or of each that is not done yet. */
void frontline_say_subjects(struct frontline *line, const struct sinks_view *view, bool missing, const char *separator);

#endif
