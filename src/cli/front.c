#include "cli/front.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/envprint.h"
#include "base/alloc.h"
#include "base/mask.h"
#include "cli/front/frontcall.h"
#include "target/scheme.h"

/* A new tool takes a row here and a file in cli/front/. `make size` builds it without any, to see what they take. */
#ifndef FRONTS
#define FRONTS(X) X(waitforit) X(pgisready) X(waitfor) X(dockerize) X(composewait) X(wait4x) X(waiton)
#endif

#define FRONT_DECLARE(name) extern const struct front front_##name;
#define FRONT_POINT(name)   &front_##name,
FRONTS(FRONT_DECLARE)
static const struct front *const fronts[] = {FRONTS(FRONT_POINT)};

enum { FRONTS_COUNT = sizeof(fronts) / sizeof(fronts[0]) };

/* Is name one of the words that '|' separates? */
static bool front_is_among(const char *name, const char *words)
{
	size_t len = strlen(name);

	for (; words; words = strchr(words, '|') ? strchr(words, '|') + 1 : NULL)
		if (len && strncmp(words, name, len) == 0 && (!words[len] || words[len] == '|'))
			return true;
	return false;
}

static const struct front *front_find(const char *name)
{
	for (int i = 0; i < FRONTS_COUNT; i++)
		if (front_is_among(name, fronts[i]->names))
			return fronts[i];
	return NULL;
}

static int front_refuse(const char *name, struct error *err)
{
	struct buf known = {0};
	char *names;

	for (int i = 0; i < FRONTS_COUNT; i++) {
		buf_add_text(&known, i ? ", " : "");
		buf_add(&known, fronts[i]->names, strcspn(fronts[i]->names, "|"));
	}
	names = buf_detach(&known);
	errors_set(err, "as %s: no such tool; write one of %s", name, names);
	free(names);
	return -1;
}

/* Writes a word as a shell would have to be given it. */
static void front_quote(struct buf *out, const char *word)
{
	if (*word && !word[strspn(word, "=" ENVPRINT_PLAIN)])
		buf_add_text(out, word);
	else
		envprint_quote(out, word);
}

/* Says waitfor's argv, in which the targets begin at `first`. What may be a secret in them is masked, and a comment says so. */
static void front_explain(struct frontline *line, size_t first)
{
	char *const *argv = line->options.items;
	bool masks = false;

	buf_release(&line->said);
	for (size_t i = 0; argv[i]; i++) {
		bool is_target = i >= first && i < first + line->targets.count;
		char *masked = is_target ? mask_target(argv[i], scheme_parameter) : alloc_text(argv[i]);

		masks |= strcmp(masked, argv[i]) != 0;
		buf_add_text(&line->said, i ? " " : "");
		front_quote(&line->said, masked);
		free(masked);
	}
	buf_add_text(&line->said, masks ? "\n# *** may hide a secret: write it there\n" : "\n");
	line->is_exact = true;
	frontline_end(line, STDOUT_FILENO, 0);
}

/* Makes waitfor's argv of its options, by adding the targets, and the command behind "--". */
static void front_compose(struct frontline *line)
{
	for (size_t i = 0; i < line->targets.count; i++)
		frontline_option(line, line->targets.items[i], NULL);
	if (line->command)
		frontline_option(line, "--", NULL);
	for (char *const *word = line->command; word && *word; word++)
		frontline_option(line, *word, NULL);
}

/*
 * Returns the name of `waitfor as NAME`; NULL without one. A host may be called "as": then a target or an option follows, or
 * nothing.
 */
static const char *front_as(int argc, char *const *argv)
{
	const char *name = argc > 2 && strcmp(argv[1], "as") == 0 ? argv[2] : "";

	return *name && *name != '-' && !strpbrk(name, ":=") ? name : NULL;
}

/* Reads the tool's command line, and makes waitfor's of it. */
static void front_read(struct frontline *line, int *argc, char ***argv, bool explains)
{
	size_t first;

	line->late = line->front->late;
	line->stream = line->front->stream;
	line->stamp = line->front->stamp;
	frontline_option(line, "waitfor", NULL);
	frontcall_read(line, *argc, *argv);
	if (line->ends)
		return;
	first = line->options.count;
	front_compose(line);
	*argc = (int)line->options.count;
	*argv = line->options.items;
	if (explains)
		front_explain(line, first);
}

int front_open(struct frontline *line, int *argc, char ***argv, const struct env *env, struct error *err)
{
	const char *slash = *argc ? strrchr((*argv)[0], '/') : NULL, *as = front_as(*argc, *argv);
	const char *name = !*argc ? "" : slash ? slash + 1 : (*argv)[0];
	const struct front *front = front_find(name);
	bool explains = false;

	*line = (struct frontline){.env = env};
	if (!front && as) {
		name = as;
		front = front_find(name);
		if (!front)
			return front_refuse(name, err);
		*argc -= 2;
		*argv += 2;
		explains = *argc > 1 && strcmp((*argv)[1], "--explain") == 0;
		*argc -= explains;
		*argv += explains;
	}
	if (!front)
		return 0;
	line->front = front;
	line->prog = name;
	front_read(line, argc, argv, explains);
	return 0;
}

int front_code(const struct frontline *line, int code)
{
	if (!line->front || line->ends || line->is_apps)
		return code;
	if (code == EXIT_NOT_READY || code == EXIT_TIMED_OUT)
		return line->late;
	return code == EXIT_OWN_FAULT ? line->front->fault : code;
}

void front_close(struct frontline *line)
{
	frontline_release_list(&line->words);
	buf_release(&line->parameters);
	buf_release(&line->secured);
	frontline_release_list(&line->expected);
	frontline_release_list(&line->kept);
	frontline_release_list(&line->options);
	frontline_release_list(&line->targets);
	buf_release(&line->said);
	frontline_release_list(&line->subjects);
	*line = (struct frontline){0};
}
