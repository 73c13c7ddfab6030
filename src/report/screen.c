#include "report/screen.h"

#include <errno.h>
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
#include "system/terminal.h"

/*
 * Between two frames the cursor is at the beginning of the board's first line. So a frame begins where the previous one
 * did, even if the terminal moved that line: because the screen scrolled, or because the window was resized and its
 * lines were wrapped differently. A frame overwrites the previous one, and erases only what remains to the right of
 * each line and below the last. So nothing flickers.
 */
#define SCREEN_ERASE_LINE  "\033[K"
#define SCREEN_ERASE_BELOW "\033[J"

#define SCREEN_INTERVAL (100 * CLOCK_MS)

/* How long the last writes of a wait may block. */
enum { SCREEN_PATIENCE_MS = 50 };

struct screen {
	struct sink sink;
	struct sink *text; /* report/lines.h: prints the last lines, and all lines if there is no terminal */
	int fd;            /* as given to screen_new */
	int terminal;      /* opened by this sink for itself; -1: there is none */
	bool colour;
	const struct sinks_view *view;
	struct loop_timer tick;
	struct suspend suspend;
	char *shown;           /* the last frame; it may be written only in part */
	size_t written, whole; /* how many bytes of it are written, and how many it has */
};

/* Is another process group in the foreground? Then the screen belongs to it; most often it is the shell. */
static bool screen_is_in_background(int terminal)
{
	pid_t front = tcgetpgrp(terminal);

	return front > 0 && front != getpgrp();
}

bool screen_fits(const struct env *env, int fd)
{
	const char *term = env_get(env, "TERM");
	int terminal = term && *term && strcmp(term, "dumb") != 0 ? terminal_open(fd) : -1;
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

/* Writes what is left of the frame. Returns whether all of it is written now. */
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

/*
 * Turns the lines into a frame, which the caller frees; cuts lines up. The cursor ends below the lines if last, else at
 * the beginning of the first.
 */
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

/* Writes the frame unless the screen shows it already. It owns the frame from now on. */
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
	/* The last board may be longer than the window: it scrolls. */
	lines = board_draw(board->view, window.ws_col, last ? BOARD_ALL_ROWS : window.ws_row, clock_now(),
			   board->colour);
	screen_show(board, screen_frame(lines, last), last ? SCREEN_PATIENCE_MS : 0);
	free(lines);
}

static void screen_tick(void *arg)
{
	struct screen *board = arg;

	/* The next frame is drawn only when the previous one is written completely. */
	if (!screen_is_in_background(board->terminal) && screen_write(board, 0))
		screen_draw(board, false);
	loop_timer_set(&board->tick, SCREEN_INTERVAL);
}

/* Leaves the cursor below the board, so that the shell, which gets the terminal now, writes there. */
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
	board->terminal = terminal_open(board->fd);
	if (board->terminal < 0)
		return;
	/* The first frame comes after an interval: most services that are up answer before anybody could read it. */
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

/* Prints the lines about targets that are done. The board showed them, but it is not on the screen any more. */
static void screen_say_done(struct screen *board)
{
	for (size_t i = 0; i < board->view->count; i++)
		if (board->view->list[i].state == PROGRESS_DONE)
			board->text->done(board->text, &board->view->list[i]);
}

/* Draws the last frame, or erases the board if the wait has failed. */
static void screen_finish(struct screen *board, enum verdict verdict)
{
	bool failed = verdict == VERDICT_TIMED_OUT || verdict == VERDICT_GAVE_UP;

	if (screen_is_in_background(board->terminal)) {
		screen_say_done(board);
		return;
	}
	/* If the terminal does not accept the rest of a frame, it will not accept another. */
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

static void screen_exec(struct sink *sink, const char *path)
{
	struct screen *board = (struct screen *)sink;

	board->text->exec(board->text, path);
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
				    .exec = screen_exec,
				    .free = screen_free};
	board->text = lines_new(log);
	board->fd = fd;
	board->terminal = -1;
	board->colour = colour;
	return &board->sink;
}
