#include "report/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "report/board.h"
#include "report/lines.h"
#include "report/suspend.h"

/*
 * Between two frames the cursor stands at the beginning of the board's first line. So a frame begins where the last
 * one did, wherever the terminal has moved that line to: when the window was resized, with its lines wrapped anew or
 * not, or when the screen scrolled. A frame overwrites the one before and erases only what is left over behind each
 * line and below the last; so nothing flickers.
 */
#define SCREEN_ERASE_LINE  "\033[K"
#define SCREEN_ERASE_BELOW "\033[J"

#define SCREEN_INTERVAL (100 * CLOCK_MS)

enum { SCREEN_PATIENCE_MS = 50 };

struct screen {
	struct sink sink;
	struct sink *text; /* for the words of the end, and where there is no terminal */
	int fd;            /* as given */
	int terminal;      /* open for this board alone; -1: there is none */
	bool colour;
	const struct sinks_view *view;
	struct loop_timer tick;
	struct suspend suspend;
	char *shown;           /* the frame that was begun last */
	size_t written, whole; /* bytes of it that are written, and that there are */
};

/*
 * An open file of our own: where a terminal takes no output (^S, a window that hangs) a write must not block, and
 * O_NONBLOCK on the one that was handed to us would be the app's too. -1 where that cannot be had.
 */
static int screen_open_terminal(int fd)
{
	char path[32];

	if (!isatty(fd))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* In the background the screen belongs to somebody else, the shell most often. */
static bool screen_is_in_background(int terminal)
{
	pid_t front = tcgetpgrp(terminal);

	return front > 0 && front != getpgrp();
}

bool screen_fits(const struct env *env, int fd)
{
	const char *term = env_get(env, "TERM");
	int terminal = term && *term && strcmp(term, "dumb") != 0 ? screen_open_terminal(fd) : -1;
	bool fits = terminal >= 0 && !screen_is_in_background(terminal);

	if (terminal >= 0)
		close(terminal);
	return fits;
}

bool screen_colour(const struct env *env)
{
	const char *no_color = env_get(env, "NO_COLOR");

	return !no_color || !*no_color;
}

/* Writes on; false: not all of the frame is written yet. */
static bool screen_write(struct screen *board, int patience_ms)
{
	struct pollfd writable = {.fd = board->terminal, .events = POLLOUT};

	while (board->written < board->whole) {
		ssize_t done = write(board->terminal, board->shown + board->written, board->whole - board->written);

		if (done > 0)
			board->written += (size_t)done;
		else if (done == 0 || errno != EAGAIN || patience_ms == 0 || poll(&writable, 1, patience_ms) <= 0)
			return false;
	}
	return true;
}

/* What makes a frame of the lines. last: the cursor is left below them, else at the beginning of the first. */
static char *screen_frame(char *lines, bool last)
{
	struct buf frame = {0};
	char up[32], *line, *rest = lines;
	int above = -1;

	buf_add_text(&frame, "\r");
	while ((line = strsep(&rest, "\n")) && rest) {
		buf_add_text(&frame, line);
		buf_add_text(&frame, *rest ? SCREEN_ERASE_LINE "\r\n" : SCREEN_ERASE_BELOW "\r");
		above++;
	}
	snprintf(up, sizeof(up), "\033[%dA", above);
	if (last)
		buf_add_text(&frame, "\n");
	else if (above > 0)
		buf_add_text(&frame, up);
	return buf_detach(&frame);
}

/* Takes the frame over, and writes it unless the screen shows it already. */
static void screen_show(struct screen *board, char *frame, int patience_ms)
{
	bool same = board->shown && strcmp(board->shown, frame) == 0;

	if (same) {
		free(frame);
		return;
	}
	free(board->shown);
	board->shown = frame;
	board->whole = strlen(frame);
	board->written = 0;
	screen_write(board, patience_ms);
}

static void screen_draw(struct screen *board, bool last)
{
	struct winsize window = {0};
	char *lines;

	ioctl(board->terminal, TIOCGWINSZ, &window);
	/* What goes by at the end may be longer than the window. */
	lines = board_draw(board->view, window.ws_col, last ? BOARD_ALL_ROWS : window.ws_row, clock_now(),
			   board->colour);
	screen_show(board, screen_frame(lines, last), last ? SCREEN_PATIENCE_MS : 0);
	free(lines);
}

static void screen_tick(void *arg)
{
	struct screen *board = arg;

	/* A frame that was written in part is finished before the next one; times go on meanwhile. */
	if (!screen_is_in_background(board->terminal) && screen_write(board, 0))
		screen_draw(board, false);
	loop_timer_set(&board->tick, SCREEN_INTERVAL);
}

/* The shell that gets the terminal now writes below the board. */
static void screen_on_suspend(void *arg)
{
	struct screen *board = arg;

	if (!screen_is_in_background(board->terminal) && screen_write(board, 0))
		screen_draw(board, true);
}

static void screen_begin(struct sink *sink, const struct sinks_view *view, struct loop *loop)
{
	struct screen *board = (struct screen *)sink;

	board->view = view;
	board->text->begin(board->text, view, loop);
	board->terminal = screen_open_terminal(board->fd);
	if (board->terminal < 0)
		return;
	/* Not at once: most of what is there answers before anybody could read a frame. */
	loop_timer_init(loop, &board->tick, screen_tick, board);
	loop_timer_set(&board->tick, SCREEN_INTERVAL);
	suspend_watch(&board->suspend, loop, screen_on_suspend, board);
}

static void screen_attempted(struct sink *sink, const struct progress *progress, bool changed)
{
	struct screen *board = (struct screen *)sink;

	if (board->terminal < 0)
		board->text->attempted(board->text, progress, changed);
}

static void screen_done(struct sink *sink, const struct progress *progress)
{
	struct screen *board = (struct screen *)sink;

	if (board->terminal < 0)
		board->text->done(board->text, progress);
}

/* What a board said that is gone. */
static void screen_say_done(struct screen *board)
{
	for (size_t i = 0; i < board->view->count; i++)
		if (board->view->list[i].state == PROGRESS_DONE)
			board->text->done(board->text, &board->view->list[i]);
}

/* The last of the board. */
static void screen_finish(struct screen *board, enum verdict verdict)
{
	bool failed = verdict == VERDICT_TIMED_OUT || verdict == VERDICT_GAVE_UP;

	if (screen_is_in_background(board->terminal)) {
		screen_say_done(board);
		return;
	}
	/* A terminal that still does not take the rest of a frame will not take one more. */
	if (!screen_write(board, SCREEN_PATIENCE_MS))
		return;
	if (!failed) {
		screen_draw(board, true);
		return;
	}
	screen_show(board, alloc_text("\r" SCREEN_ERASE_BELOW), SCREEN_PATIENCE_MS);
	screen_say_done(board);
}

static void screen_end(struct sink *sink, enum verdict verdict, int signal)
{
	struct screen *board = (struct screen *)sink;

	if (board->terminal >= 0) {
		loop_timer_clear(&board->tick);
		suspend_clear(&board->suspend);
		screen_finish(board, verdict);
		close(board->terminal);
		board->terminal = -1;
	}
	board->text->end(board->text, verdict, signal);
	board->view = NULL;
}

static void screen_free(struct sink *sink)
{
	struct screen *board = (struct screen *)sink;

	if (board->terminal >= 0)
		close(board->terminal);
	board->text->free(board->text);
	free(board->shown);
	free(board);
}

struct sink *screen_new(struct log *log, int fd, bool colour)
{
	struct screen *board = alloc_zero(1, sizeof(*board));

	board->sink = (struct sink){.begin = screen_begin,
				    .attempted = screen_attempted,
				    .done = screen_done,
				    .end = screen_end,
				    .free = screen_free};
	board->text = lines_new(log);
	board->fd = fd;
	board->terminal = -1;
	board->colour = colour;
	return &board->sink;
}
