#include "report/junit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "target/scheme.h"

/* UTF-8 can encode U+FFFE and U+FFFF, but XML does not allow them. */
static bool junit_may_stand(uint32_t code)
{
	return code != 0xfffe && code != 0xffff;
}

/* Returns what to write instead of the character; NULL: it needs no replacement. */
static const char *junit_entity(uint32_t code)
{
	switch (code) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	}
	return junit_may_stand(code) ? NULL : UTF8_REPLACEMENT;
}

/* Adds the text, escaped for an attribute or an element. */
static void junit_add_text(struct buf *out, const char *text)
{
	char *clean = json_clean(text, JSON_TEXT_MAX);
	size_t left = strlen(clean);

	for (const char *at = clean; left;) {
		uint32_t code = 0;
		size_t len = utf8_decode(at, left, &code);
		const char *entity = junit_entity(code);

		if (!len)
			break; /* impossible: json_clean returns valid UTF-8 */
		if (entity)
			buf_add_text(out, entity);
		else
			buf_add(out, at, len);
		at += len;
		left -= len;
	}
	free(clean);
}

/* Adds the text and frees it. */
static void junit_add_owned(struct buf *out, char *text)
{
	buf_add_text(out, text);
	free(text);
}

/* Adds ' time="1.234"', in seconds. */
static void junit_add_time(struct buf *out, int64_t duration)
{
	junit_add_owned(out, alloc_format(" time=\"%" PRId64 ".%03d\"", duration / CLOCK_S,
					  (int)(duration % CLOCK_S / CLOCK_MS)));
}

static void junit_add_failure(struct buf *out, const struct facts *facts, const struct progress *progress)
{
	char *reason = facts_text(progress, facts->view->down), waited[32];

	buf_add_text(out, "\n      <failure message=\"");
	junit_add_text(out, reason);
	buf_add_text(out, "\" type=\"");
	junit_add_text(out, outcome_info(progress->outcome.kind)->name);
	buf_add_text(out, "\">");
	junit_add_text(out, progress->target->text);
	junit_add_owned(out, alloc_format(": %s after %s, %u attempt%s", facts->view->down ? "not down" : "not ready",
					  clock_format(facts_elapsed(facts, progress), waited, sizeof(waited)),
					  progress->attempts, progress->attempts == 1 ? "" : "s"));
	buf_add_text(out, "</failure>\n    </testcase>\n");
	free(reason);
}

static void junit_add_case(struct buf *out, const struct facts *facts, const struct progress *progress)
{
	buf_add_text(out, "    <testcase name=\"");
	junit_add_text(out, progress->target->text);
	buf_add_text(out, "\" classname=\"waitfor.");
	junit_add_text(out, progress->target->scheme->name);
	buf_add_text(out, "\"");
	junit_add_time(out, facts_elapsed(facts, progress));
	buf_add_text(out, progress->state == PROGRESS_DONE ? "/>\n" : ">");
	if (!facts_is_needed(facts, progress))
		buf_add_text(out, "\n      <skipped message=\"not needed\"/>\n    </testcase>\n");
	else if (progress->state != PROGRESS_DONE)
		junit_add_failure(out, facts, progress);
}

/* Adds the attributes that <testsuites> and <testsuite> have in common. */
static void junit_add_counts(struct buf *out, const struct facts *facts)
{
	size_t failures = 0, skipped = 0;

	for (size_t i = 0; i < facts->view->count; i++) {
		const struct progress *progress = &facts->view->list[i];

		if (!facts_is_needed(facts, progress))
			skipped++;
		else
			failures += progress->state != PROGRESS_DONE;
	}
	junit_add_owned(out, alloc_format(" name=\"waitfor\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
					  "skipped=\"%zu\"",
					  facts->view->count, failures, skipped));
	junit_add_time(out, facts->view->ended - facts->view->started);
}

char *junit_document(const struct facts *facts)
{
	struct buf out = {0};

	buf_add_text(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	junit_add_counts(&out, facts);
	buf_add_text(&out, ">\n  <testsuite");
	junit_add_counts(&out, facts);
	/* The JUnit schema asks for whole seconds without a time zone. */
	junit_add_owned(&out, alloc_format(" timestamp=\"%.19s\">\n", facts->started));
	for (size_t i = 0; i < facts->view->count; i++)
		junit_add_case(&out, facts, &facts->view->list[i]);
	buf_add_text(&out, "  </testsuite>\n</testsuites>\n");
	return buf_detach(&out);
}
