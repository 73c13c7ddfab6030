/* file://: ready when the file exists, and is as the parameters ask, or with ?gone when it does not exist. */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/pattern.h"
#include "probe/localfile.h"
#include "target/scheme.h"

/* Where ?contains= looks: a longer file is only read from here before its end, so that a log costs little. */
enum { FILECHECK_SEARCHED = 64 * 1024 };

/* How long ?stable= pauses between two looks, at most. */
#define FILECHECK_LOOK (100 * CLOCK_MS)

#define FILECHECK_MINUTE (60 * CLOCK_S)
#define FILECHECK_STEP   (10 * CLOCK_S)

struct filecheck_params {
	const char *min_size, *contains;
	int64_t fresh, stable;
	int gone;
};

/* What changes when somebody writes to a file, or puts another in its place. */
struct filecheck_look {
	dev_t device;
	ino_t number;
	off_t size;
	struct timespec modified, changed;
};

struct filecheck_plan {
	char *path;
	int64_t min_size;
	struct pattern *contains; /* NULL: nothing is asked for */
	/*
	 * For ?stable=: what the file looked like, and since when it has. It outlives the attempts. The clock is one that
	 * nobody sets: the age of the file's own times would be wrong after a step of the other.
	 */
	struct filecheck_look look;
	int64_t since; /* clock_now() time; 0: it has not been seen */
};

struct filecheck_state {
	struct loop_timer again;
};

/* clang-format off */
static const struct options_row filecheck_rows[] = {
	{ .key = "min-size", .type = OPTIONS_TEXT, .offset = offsetof(struct filecheck_params, min_size), .arg = "BYTES",
	  .help = "it has at least so many bytes; k, M and G are 1024, 1024 k and 1024 M" },
	{ .key = "fresh", .type = OPTIONS_DURATION, .value = 1, .offset = offsetof(struct filecheck_params, fresh), .arg = "TIME",
	  .help = "it was modified within TIME" },
	{ .key = "contains", .type = OPTIONS_TEXT, .offset = offsetof(struct filecheck_params, contains), .arg = "REGEX",
	  .help = "a line of its last 64 KiB matches this extended regular expression" },
	{ .key = "stable", .type = OPTIONS_DURATION, .value = 1, .offset = offsetof(struct filecheck_params, stable), .arg = "TIME",
	  .help = "nobody has changed it for TIME" },
	{ .key = "gone", .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct filecheck_params, gone),
	  .help = "it does not exist" },
};
/* clang-format on */
static const struct options_table filecheck_table = {filecheck_rows,
						     sizeof(filecheck_rows) / sizeof(filecheck_rows[0])};

static const struct filecheck_params *filecheck_params(const struct target *target)
{
	return target->params.fields;
}

/* Reads "100", "10k", "3M" or "1G". */
static int filecheck_parse_size(const char *text, int64_t *size, struct error *err)
{
	static const char units[] = "kMG";
	const char *at = text, *unit;

	for (*size = 0; isdigit((unsigned char)*at) && *size < INT64_C(1) << 40; at++)
		*size = *size * 10 + (*at - '0');
	unit = *at ? strchr(units, *at) : NULL;
	if (at == text || (unit ? at[1] : at[0]))
		return errors_set(err, "parameter min-size: \"%s\" is not a size; write 100, 10k, 3M or 1G", text);
	for (; unit && unit >= units; unit--)
		*size *= 1024;
	return 0;
}

static int filecheck_check(const struct filecheck_params *params, struct error *err)
{
	if (params->gone && (params->min_size || params->fresh || params->contains || params->stable))
		return errors_set(err, "gone waits until there is no file, and the other parameters are about one; "
				       "leave out gone, or the others");
	if (params->fresh && params->stable >= params->fresh)
		return errors_set(err, "a file that was modified within the time of fresh has changed within that of "
				       "stable; make fresh the longer one");
	return 0;
}

static int filecheck_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	const struct filecheck_params *params = filecheck_params(target);
	struct filecheck_plan *plan = alloc_zero(1, sizeof(*plan));

	(void)env;
	(void)log;
	target->plan = plan;
	plan->path = localfile_path(target, err);
	if (!plan->path || filecheck_check(params, err) ||
	    (params->min_size && filecheck_parse_size(params->min_size, &plan->min_size, err)))
		return -1;
	if (params->contains && !(plan->contains = pattern_new(params->contains, err)))
		return errors_prefix(err, "parameter contains");
	return 0;
}

static void filecheck_unbind(struct target *target)
{
	struct filecheck_plan *plan = target->plan;

	if (!plan)
		return;
	pattern_free(plan->contains);
	free(plan->path);
	free(plan);
	target->plan = NULL;
}

/*
 * The file's time may be ahead: a clock was set back, or it comes from another machine. So far that is as good as behind.
 * An age is told in whole minutes, below one in steps of 10 s, since a text that changes may be a line in the log; but never
 * as less than the limit.
 */
static struct outcome filecheck_judge_fresh(int64_t fresh, const struct timespec *modified)
{
	struct timespec now;
	int64_t age, distance;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	age = ((int64_t)now.tv_sec - modified->tv_sec) * CLOCK_S + (now.tv_nsec - modified->tv_nsec) / 1000;
	distance = age < 0 ? -age : age;
	if (distance <= fresh)
		return outcome_make(OUTCOME_READY, NULL);
	distance -= distance % (distance < FILECHECK_MINUTE ? FILECHECK_STEP : FILECHECK_MINUTE);
	distance = distance > fresh ? distance : fresh;
	return outcome_make(OUTCOME_UNMET, "it was last modified %s%s%s", age < 0 ? "in the future, by " : "",
			    clock_format(distance, text, sizeof(text)), age < 0 ? "" : " ago");
}

static struct outcome filecheck_judge_contains(const struct filecheck_plan *plan)
{
	struct outcome outcome;
	char *text, *begin;
	size_t len;
	bool cut;

	if (!localfile_read(plan->path, FILECHECK_SEARCHED, false, &text, &len, &cut, &outcome))
		return outcome;
	/* The first line of what was read may be the end of one. */
	begin = cut ? memchr(text, '\n', len) : text;
	begin = begin ? begin + cut : text;
	outcome = pattern_finds(plan->contains, begin, len - (size_t)(begin - text), true)
			  ? outcome_make(OUTCOME_READY, NULL)
			  : outcome_make(OUTCOME_UNMET, "no line of it matches");
	free(text);
	return outcome;
}

static bool filecheck_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool filecheck_same_look(const struct filecheck_look *a, const struct filecheck_look *b)
{
	return a->device == b->device && a->number == b->number && a->size == b->size &&
	       filecheck_same_time(&a->modified, &b->modified) && filecheck_same_time(&a->changed, &b->changed);
}

/* Notes what the file looks like now. found is NULL if there is none. */
static void filecheck_note(struct filecheck_plan *plan, const struct stat *found)
{
	const struct filecheck_look look = {.device = found ? found->st_dev : 0,
					    .number = found ? found->st_ino : 0,
					    .size = found ? found->st_size : 0,
					    .modified = found ? found->st_mtim : (struct timespec){0},
					    .changed = found ? found->st_ctim : (struct timespec){0}};

	if (!plan->since || !filecheck_same_look(&look, &plan->look))
		plan->since = clock_now();
	plan->look = look;
}

/* Judges a file that exists, but for ?stable=. What is cheap to find out comes first. */
static struct outcome filecheck_judge(const struct filecheck_plan *plan, const struct filecheck_params *params,
				      const struct stat *found)
{
	struct outcome outcome = outcome_make(OUTCOME_READY, NULL);

	if (params->gone)
		return outcome_make(OUTCOME_UNMET, "it exists");
	if (params->min_size && !S_ISREG(found->st_mode))
		return outcome_make(OUTCOME_UNMET, "it is not a regular file");
	if (found->st_size < plan->min_size)
		return outcome_make(OUTCOME_UNMET, "it has %lld of %lld bytes", (long long)found->st_size,
				    (long long)plan->min_size);
	if (params->fresh)
		outcome = filecheck_judge_fresh(params->fresh, &found->st_mtim);
	if (params->contains && outcome.kind == OUTCOME_READY)
		outcome = filecheck_judge_contains(plan);
	return outcome;
}

static struct outcome filecheck_look(struct filecheck_plan *plan, const struct filecheck_params *params)
{
	struct stat found;
	struct outcome outcome;

	if (stat(plan->path, &found) == 0) {
		filecheck_note(plan, &found);
		return filecheck_judge(plan, params, &found);
	}
	outcome = localfile_failure(errno);
	filecheck_note(plan, NULL);
	if (params->gone && outcome.kind == OUTCOME_NO_FILE)
		return outcome_make(OUTCOME_READY, NULL);
	return outcome;
}

/*
 * Looks, and reports what it found. But a file that only has to stay as it is, is looked at again within this attempt, so
 * that --once can find it ready; the limit of the attempt ends that.
 */
static void filecheck_on_look(void *arg)
{
	struct probe *probe = arg;
	struct filecheck_state *state = probe->state;
	struct filecheck_plan *plan = probe->target->plan;
	const struct filecheck_params *params = filecheck_params(probe->target);
	struct outcome outcome = filecheck_look(plan, params);
	int64_t left = params->stable - (clock_now() - plan->since);

	if (outcome.kind == OUTCOME_READY && left > 0)
		loop_timer_set(&state->again, left < FILECHECK_LOOK ? left : FILECHECK_LOOK);
	else
		probe_finish(probe, &outcome);
}

static void filecheck_start(struct probe *probe)
{
	struct filecheck_state *state = probe->state;

	loop_timer_init(probe->loop, &state->again, filecheck_on_look, probe);
	probe_expire_as(probe, OUTCOME_UNMET, "it has not been seen unchanged for long enough");
	filecheck_on_look(probe);
}

static void filecheck_stop(struct probe *probe)
{
	struct filecheck_state *state = probe->state;

	loop_timer_clear(&state->again);
}

static const struct protocol filecheck_protocol = {
	.state_size = sizeof(struct filecheck_state),
	.bind = filecheck_bind,
	.unbind = filecheck_unbind,
	.start = filecheck_start,
	.stop = filecheck_stop,
};

const struct scheme scheme_file = {
	.name = "file",
	.summary = "the file exists, and is as the parameters ask",
	.example = "file:///path",
	.needs = SCHEME_NEEDS_NOTHING,
	.params = &filecheck_table,
	.params_size = sizeof(struct filecheck_params),
	.protocol = &filecheck_protocol,
};
