#include "report/file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/spelling.h"
#include "report/events.h"
#include "report/facts.h"
#include "report/junit.h"
#include "system/outfile.h"

static char *report_file_json(const struct facts *facts);

/* A format of the document. The first in the table is the default. */
struct report_file_form {
	const char *name;
	char *(*document)(const struct facts *facts); /* returns the text, which the caller frees */
};

static const struct report_file_form report_file_forms[] = {
	{"json", report_file_json},
	{"junit", junit_document},
};

enum { REPORT_FILE_FORMS = sizeof(report_file_forms) / sizeof(report_file_forms[0]) };

struct report_file {
	struct sink sink;
	struct log *log;
	const struct report_file_form *form;
	struct outfile file;
	const struct sinks_view *view; /* until the end */
	char started[CLOCK_UTC_MAX];
};

static cJSON *report_file_target(const struct facts *facts, const struct progress *progress)
{
	cJSON *target = alloc_check(cJSON_CreateObject());

	facts_add_target(target, progress, facts->view->down);
	json_add_text(target, "state", facts_state(facts, progress));
	json_add_whole(target, "elapsed_ms", facts_elapsed(facts, progress) / CLOCK_MS);
	return target;
}

static char *report_file_json(const struct facts *facts)
{
	cJSON *root = alloc_check(cJSON_CreateObject()), *targets;
	char *text, *line;

	json_add_whole(root, "version", EVENTS_VERSION);
	json_add_text(root, "waitfor", WAITFOR_VERSION);
	facts_add_verdict(root, facts->verdict, facts->signal);
	json_add_text(root, "started", facts->started);
	json_add_whole(root, "elapsed_ms", (facts->view->ended - facts->view->started) / CLOCK_MS);
	targets = alloc_check(cJSON_AddArrayToObject(root, "targets"));
	for (size_t i = 0; i < facts->view->count; i++)
		cJSON_AddItemToArray(targets, report_file_target(facts, &facts->view->list[i]));
	text = json_line(root);
	cJSON_Delete(root);
	line = alloc_format("%s\n", text);
	free(text);
	return line;
}

static void report_file_begin(struct sink *sink, const struct sinks_view *view, struct loop *loop)
{
	struct report_file *file = (struct report_file *)sink;

	(void)loop;
	file->view = view;
	clock_utc(file->started, sizeof(file->started));
}

static void report_file_end(struct sink *sink, enum verdict verdict, int signal)
{
	struct report_file *file = (struct report_file *)sink;
	struct facts facts = {.view = file->view, .verdict = verdict, .signal = signal, .started = file->started};
	struct error err = {0};
	char *document = file->form->document(&facts);

	if (outfile_write(&file->file, document, strlen(document), &err))
		log_line(file->log, LOG_LEVEL_ERROR, "the report is lost: %s", err.text);
	free(document);
	file->view = NULL;
}

static void report_file_free(struct sink *sink)
{
	struct report_file *file = (struct report_file *)sink;

	outfile_release(&file->file);
	free(file);
}

/* Returns the length of the format that spec begins with; 0 if it begins with the file's name, as in "./a:b". */
static size_t report_file_word(const char *spec)
{
	size_t len = 0;

	while (isalpha((unsigned char)spec[len]))
		len++;
	return spec[len] == ':' ? len : 0;
}

static int report_file_unknown(const char *spec, size_t len, struct error *err)
{
	static const char *const known[] = {"json", "junit", NULL};
	char *word = alloc_slice(spec, len);
	const char *nearest = spelling_nearest(word, known);

	errors_set(err, "unknown report format \"%s\"%s%s%s; write json: or junit:, or ./%s for a file of that name",
		   word, nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? ":" : "", spec);
	free(word);
	return -1;
}

/* Sets *form, and *name to the file's name, which follows it in spec. Returns -1 with err if spec is wrong. */
static int report_file_parse(const char *spec, const struct report_file_form **form, const char **name,
			     struct error *err)
{
	size_t len = report_file_word(spec);

	*form = len ? NULL : &report_file_forms[0];
	*name = len ? spec + len + 1 : spec;
	for (size_t i = 0; i < REPORT_FILE_FORMS && len; i++)
		if (strlen(report_file_forms[i].name) == len && strncmp(report_file_forms[i].name, spec, len) == 0)
			*form = &report_file_forms[i];
	if (!*form)
		return report_file_unknown(spec, len, err);
	if (!**name)
		return errors_set(err, "\"%s\" names no file; write [json:|junit:]FILE", spec);
	return 0;
}

struct sink *report_file_new(const char *spec, struct log *log, struct error *err)
{
	const struct report_file_form *form;
	struct report_file *file;
	const char *name;

	if (report_file_parse(spec, &form, &name, err))
		return NULL;
	file = alloc_zero(1, sizeof(*file));
	file->sink = (struct sink){.begin = report_file_begin, .end = report_file_end, .free = report_file_free};
	file->log = log;
	file->form = form;
	if (outfile_open(&file->file, name, err)) {
		report_file_free(&file->sink);
		return NULL;
	}
	return &file->sink;
}

bool report_file_is_stdout(const struct sink *sink)
{
	return outfile_is_stdout(&((const struct report_file *)sink)->file);
}
