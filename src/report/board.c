#include "report/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cells.h"
#include "base/clock.h"
#include "report/columns.h"
#include "report/words.h"

/* The most urgent state comes first. */
enum board_state { BOARD_FAILING, BOARD_EXPIRED, BOARD_WAITING, BOARD_DONE, BOARD_SKIPPED, BOARD_STATES };

struct board_look {
	const char *word, *down_word; /* down_word: under --down */
	const char *mark;             /* replaces the word in a narrow window */
	const char *colour;
};

static const struct board_look board_looks[BOARD_STATES] = {
	[BOARD_FAILING] = {"failing", "failing", "!", "\033[31m"},
	[BOARD_EXPIRED] = {"expired", "expired", "x", "\033[31m"},
	[BOARD_WAITING] = {"waiting", "waiting", "-", "\033[33m"},
	[BOARD_DONE] = {"ready", "down", "+", "\033[32m"},
	[BOARD_SKIPPED] = {"skipped", "skipped", ".", ""},
};

static enum board_state board_state(const struct progress *progress, bool down)
{
	switch (progress->state) {
	case PROGRESS_DONE:
		return BOARD_DONE;
	case PROGRESS_SKIPPED:
		return BOARD_SKIPPED;
	case PROGRESS_EXPIRED:
		return BOARD_EXPIRED;
	default:
		return !down && outcome_info(progress->outcome.kind)->lasting ? BOARD_FAILING : BOARD_WAITING;
	}
}

static const char *board_word(enum board_state state, bool down)
{
	return down ? board_looks[state].down_word : board_looks[state].word;
}

/* Returns "4.2s". clock_format would change the number of digits, and the columns would jump. The caller frees it. */
static char *board_time(int64_t duration)
{
	char text[32];

	if (duration < 100 * CLOCK_S)
		return alloc_format("%lld.%llds", (long long)(duration / CLOCK_S),
				    (long long)(duration % CLOCK_S / (100 * CLOCK_MS)));
	return alloc_text(clock_format(duration, text, sizeof(text)));
}

/* How long the target was waited for, or has been so far. The caller frees it. */
static char *board_elapsed(const struct progress *progress, int64_t started, int64_t now)
{
	if (progress->state == PROGRESS_SKIPPED)
		return alloc_text("");
	return board_time(progress_elapsed(progress, started, now));
}

/* Returns the length of "NAME=" at the beginning of the text of the target. */
static size_t board_name_length(const struct target *target)
{
	return target->named ? strcspn(target->text, "=") + 1 : 0;
}

/* Returns where the hosts begin in the text of the target: after "NAME=", the scheme and the user. */
static const char *board_hosts(const struct target *target)
{
	const char *scheme_end = strstr(target->text, "://");
	const char *hosts = scheme_end ? scheme_end + 3 : target->text + board_name_length(target);
	const char *at = memrchr(hosts, '@', strcspn(hosts, "/?#"));

	return at ? at + 1 : hosts;
}

/*
 * Returns what the board calls a target: "DB=sql/shop" for "DB=postgres://app:***@sql/shop?sslmode=require". The caller
 * frees it.
 */
static char *board_label(const struct target *target)
{
	const char *hosts = board_hosts(target);
	size_t len = strcspn(hosts, "?#");
	struct buf label = {0};

	if (target->lock)
		return alloc_format("lock %s", target->lock);
	/* A path says little without its scheme, and parameters may name the hosts: "postgres:///shop?host=/run/pg". */
	if (len == 0 || *hosts == '/')
		return cells_copy(target->text);
	buf_add(&label, target->text, board_name_length(target));
	buf_add(&label, hosts, len);
	cells_clean(label.data, label.len);
	return buf_detach(&label);
}

/* Is this address all that the target's text has as its host, as in "tcp://10.0.0.2:5432"? */
static bool board_repeats(const struct target *target, const char *address)
{
	const char *hosts = board_hosts(target);
	size_t len = strlen(address);

	return strncmp(hosts, address, len) == 0 && strchr("/?#", hosts[len]);
}

static char *board_reason(const struct progress *progress, bool down)
{
	struct progress shown = *progress;
	char place[PLACE_TEXT_MAX];

	place_text(&shown.place, place, sizeof(place));
	if (shown.place.others == 0 && board_repeats(shown.target, place))
		shown.place.address[0] = place[0] = '\0';
	if (progress->state == PROGRESS_DONE && !down)
		return alloc_format("%s%s", place[0] ? "at " : "", place);
	return alloc_text(words_reason(&shown, down).text);
}

static void board_fill(struct columns_line *line, const struct progress *progress, const struct sinks_view *view,
		       int64_t now)
{
	bool down = view->down;
	enum board_state state = board_state(progress, down);
	char *reason = board_reason(progress, down);

	line->colour = board_looks[state].colour;
	line->text[COLUMNS_STATE] = alloc_text(board_word(state, down));
	line->brief[COLUMNS_STATE] = alloc_text(board_looks[state].mark);
	line->text[COLUMNS_TARGET] = board_label(progress->target);
	line->text[COLUMNS_REASON] = cells_copy(reason);
	line->text[COLUMNS_ELAPSED] = board_elapsed(progress, view->started, now);
	free(reason);
}

static void board_release(struct columns_line *line)
{
	for (int column = 0; column < COLUMNS_COUNT; column++) {
		free(line->text[column]);
		free(line->brief[column]);
	}
}

/* " of 60s": how long the wait may take. With --once that says nothing, because nothing is waited for. */
static const char *board_limit(const struct sinks_view *view, char *out, size_t size)
{
	char limit[32];

	if (view->once)
		return "";
	if (!view->timeout)
		return ", no limit";
	snprintf(out, size, " of %s", clock_format(view->timeout, limit, sizeof(limit)));
	return out;
}

/* "waitfor: 1 of 3 ready, 4.2s of 60s" */
static void board_add_header(struct buf *buf, const struct sinks_view *view, int width, int64_t now)
{
	static const char name[] = "waitfor: ";
	char *elapsed = board_time(now - view->started), *text, *cut, limit[40];
	size_t done = 0;

	for (size_t i = 0; i < view->count; i++)
		done += view->list[i].state == PROGRESS_DONE;
	text = alloc_format("%s%zu of %zu %s%s, %s%s", name, done, view->count, board_word(BOARD_DONE, view->down),
			    view->any ? ", one is enough" : "", elapsed, board_limit(view, limit, sizeof(limit)));
	cut = cells_cut(cells_count(text) > width ? text + sizeof(name) - 1 : text, width, 0);
	buf_add_text(buf, cut);
	buf_add_text(buf, "\n");
	free(cut);
	free(text);
	free(elapsed);
}

/* "... and 12 more: 9 waiting, 3 ready" */
static void board_add_rest(struct buf *buf, const struct progress *const *rest, size_t count, bool down, int width)
{
	struct buf line = {0};
	size_t of_state[BOARD_STATES] = {0};
	char *text = alloc_format("... and %zu more: ", count), *cut;
	const char *separator = "";

	for (size_t i = 0; i < count; i++)
		of_state[board_state(rest[i], down)]++;
	buf_add_text(&line, text);
	for (enum board_state state = 0; state < BOARD_STATES; state++)
		if (of_state[state]) {
			free(text);
			text = alloc_format("%s%zu %s", separator, of_state[state], board_word(state, down));
			buf_add_text(&line, text);
			separator = ", ";
		}
	cut = cells_cut(line.data, width, 0);
	buf_add_text(buf, cut);
	buf_add_text(buf, "\n");
	free(cut);
	free(text);
	buf_release(&line);
}

/* Returns the targets in the given order or, if urgent_first, the most urgent first. The caller frees the list. */
static const struct progress **board_order(const struct sinks_view *view, bool urgent_first)
{
	const struct progress **order = alloc_zero(view->count, sizeof(struct progress *));
	size_t count = 0;

	for (enum board_state state = 0; state < (urgent_first ? BOARD_STATES : 1); state++)
		for (size_t i = 0; i < view->count; i++)
			if (!urgent_first || board_state(&view->list[i], view->down) == state)
				order[count++] = &view->list[i];
	return order;
}

/* How many of count targets get a line of their own if there is room for that many lines. */
static size_t board_lines_for(size_t count, size_t room)
{
	if (count <= room)
		return count;
	/* If there is only one line, a target is better than the sum of all: the header has that. */
	return room > 1 ? room - 1 : room;
}

char *board_draw(const struct sinks_view *view, int columns, int rows, int64_t now, bool colour)
{
	int width = (columns > 0 ? columns : 80) - 1;
	size_t room = (size_t)(rows > 0 ? rows : 24) - 1; /* the header takes the first line */
	size_t shown = board_lines_for(view->count, room);
	const struct progress **order = board_order(view, shown < view->count);
	struct columns_line *lines = alloc_zero(shown, sizeof(*lines));
	struct buf buf = {0};

	for (size_t i = 0; i < shown; i++)
		board_fill(&lines[i], order[i], view, now);
	board_add_header(&buf, view, width, now);
	columns_add(&buf, lines, shown, width, shown < view->count ? 0 : room - shown, colour);
	if (shown < view->count && shown < room)
		board_add_rest(&buf, order + shown, view->count - shown, view->down, width);
	for (size_t i = 0; i < shown; i++)
		board_release(&lines[i]);
	free(lines);
	free(order);
	return buf_detach(&buf);
}
