#include "cli/front.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/envprint.h"
#include "base/alloc.h"
#include "base/mask.h"
#include "target/scheme.h"

/* A new tool takes a row here and a file in cli/front/. */
#define FRONTS(X) X(waitforit) X(pgisready) X(waitfor) X(dockerize) X(composewait) X(wait4x) X(waiton)

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
	for (size_t i = 0; i < FRONTS_COUNT; i++)
		if (front_is_among(name, fronts[i]->names))
			return fronts[i];
	return NULL;
}

static int front_refuse(const char *name, struct error *err)
{
	struct buf known = {0};

	for (size_t i = 0; i < FRONTS_COUNT; i++) {
		buf_add_text(&known, i ? ", " : "");
		buf_add(&known, fronts[i]->names, strcspn(fronts[i]->names, "|"));
	}
	errors_set(err, "as %s: no such tool; write one of %s", name, known.data);
	buf_release(&known);
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

static void front_explain(struct frontline *line, char *const *argv)
{
	size_t first = 1 + line->options.count;

	buf_release(&line->said);
	for (size_t i = 0; argv[i]; i++) {
		bool is_target = i >= first && i < first + line->targets.count;
		char *masked = is_target ? mask_target(argv[i], scheme_parameter) : alloc_text(argv[i]);

		buf_add_text(&line->said, i ? " " : "");
		front_quote(&line->said, masked);
		free(masked);
	}
	buf_add_text(&line->said, "\n");
	line->is_exact = true;
	frontline_end(line, STDOUT_FILENO, 0);
}

/* Makes waitfor's argv: its name, the options, the targets, and the command behind "--". Returns argc. */
static int front_compose(struct frontline *line)
{
	const struct frontline_list *options = &line->options, *targets = &line->targets;
	size_t commands = 0, count = 0;

	while (line->command && line->command[commands])
		commands++;
	line->argv = alloc_zero(options->count + targets->count + commands + 3, sizeof(char *));
	line->argv[count++] = (char *)"waitfor";
	for (size_t i = 0; i < options->count; i++)
		line->argv[count++] = options->items[i];
	for (size_t i = 0; i < targets->count; i++)
		line->argv[count++] = targets->items[i];
	if (commands)
		line->argv[count++] = (char *)"--";
	for (size_t i = 0; i < commands; i++)
		line->argv[count++] = line->command[i];
	return (int)count;
}

/* Takes `waitfor as NAME` off the command line. A host may be called "as": then a target or an option follows, or nothing. */
static int front_take_as(struct frontline *line, int *argc, char ***argv, struct error *err)
{
	const char *name = *argc > 2 && strcmp((*argv)[1], "as") == 0 ? (*argv)[2] : "";

	if (!*name || *name == '-' || strpbrk(name, ":="))
		return 0;
	line->front = front_find(name);
	line->prog = name;
	*argc -= 2;
	*argv += 2;
	return line->front ? 0 : front_refuse(name, err);
}

int front_open(struct frontline *line, int *argc, char ***argv, const struct env *env, struct error *err)
{
	const char *slash = *argc ? strrchr((*argv)[0], '/') : NULL;
	bool explains = false;

	*line = (struct frontline){.prog = !*argc ? "" : slash ? slash + 1 : (*argv)[0]};
	line->front = front_find(line->prog);
	if (!line->front) {
		if (front_take_as(line, argc, argv, err))
			return -1;
		explains = line->front && *argc > 1 && strcmp((*argv)[1], "--explain") == 0;
		*argc -= explains;
		*argv += explains;
	}
	if (!line->front)
		return 0;
	line->late = line->front->late;
	line->stream = line->front->stream;
	line->stamp = line->front->stamp;
	line->front->read(line, *argc, *argv, env);
	if (line->ends)
		return 0;
	*argc = front_compose(line);
	*argv = line->argv;
	if (explains)
		front_explain(line, line->argv);
	return 0;
}

int front_code(const struct frontline *line, int code)
{
	if (!line->front || line->ends)
		return code;
	if (code == EXIT_NOT_READY || code == EXIT_TIMED_OUT)
		return line->late;
	return code == EXIT_OWN_FAULT ? line->front->fault : code;
}

void front_close(struct frontline *line)
{
	frontline_release_list(&line->options);
	frontline_release_list(&line->targets);
	buf_release(&line->said);
	frontline_release_list(&line->subjects);
	frontline_release_list(&line->made);
	free(line->argv);
	*line = (struct frontline){0};
}
