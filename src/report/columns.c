#include "report/columns.h"

#include <stdlib.h>

#include "base/cells.h"

enum board_form { BOARD_FULL, BOARD_BRIEF, BOARD_GONE, BOARD_FORMS };

enum { BOARD_GAP = 2 };

/* Cells that are kept for a column, so that the others do not jump when it grows. */
static const int board_reserved[BOARD_FORMS][BOARD_COLUMNS] = {
	[BOARD_FULL] = {[BOARD_STATE] = sizeof("waiting") - 1,
			[BOARD_ELAPSED] = sizeof("99.9s") - 1,
			[BOARD_ATTEMPTS] = sizeof("100 attempts") - 1,
			[BOARD_NEXT] = sizeof("next in 0.0s") - 1},
	[BOARD_BRIEF] = {[BOARD_ATTEMPTS] = sizeof("100x") - 1, [BOARD_NEXT] = sizeof("in 0.0s") - 1},
};

/* What gives way, one after the other, as long as there are not so many cells for target and reason. */
struct board_step {
	enum board_column column;
	enum board_form form;
	int target, reason;
};

/* The elapsed time is the first to go: it is nearly the same for all that wait, and the header says it. */
static const struct board_step board_steps[] = {
	{BOARD_ATTEMPTS, BOARD_BRIEF, 20, 26}, {BOARD_NEXT, BOARD_BRIEF, 20, 26}, {BOARD_ELAPSED, BOARD_GONE, 20, 26},
	{BOARD_ATTEMPTS, BOARD_GONE, 20, 26},  {BOARD_NEXT, BOARD_GONE, 14, 18},  {BOARD_STATE, BOARD_BRIEF, 14, 18},
	{BOARD_REASON, BOARD_GONE, 8, 8},
};

enum { BOARD_STEPS = sizeof(board_steps) / sizeof(board_steps[0]) };

/* How the columns of all lines are written. */
struct board_layout {
	enum board_form form[BOARD_COLUMNS];
	int wish[BOARD_COLUMNS];  /* cells for the widest text; 0: there is none */
	int cells[BOARD_COLUMNS]; /* cells it gets; 0: it is left out */
};

static int board_least(int a, int b)
{
	return a < b ? a : b;
}

static int board_most(int a, int b)
{
	return a > b ? a : b;
}

static const char *board_text(const struct board_line *line, int column, enum board_form form)
{
	if (form == BOARD_GONE)
		return "";
	return form == BOARD_BRIEF && line->brief[column] ? line->brief[column] : line->text[column];
}

static void board_set_form(struct board_layout *layout, int column, enum board_form form,
			   const struct board_line *lines, size_t count)
{
	int wish = 0;

	for (size_t i = 0; i < count; i++)
		wish = board_most(wish, cells_count(board_text(&lines[i], column, form)));
	layout->form[column] = form;
	layout->wish[column] = wish ? board_most(wish, board_reserved[form][column]) : 0;
	layout->cells[column] = layout->wish[column];
}

/* Of a line with these columns, gaps included. */
static int board_total(const struct board_layout *layout)
{
	int total = -BOARD_GAP;

	for (int column = 0; column < BOARD_COLUMNS; column++)
		if (layout->cells[column])
			total += layout->cells[column] + BOARD_GAP;
	return total;
}

/* Gives the spare cells to target and reason, one half to each as long as both want more. */
static void board_share(struct board_layout *layout, int spare)
{
	int target = layout->wish[BOARD_TARGET] - layout->cells[BOARD_TARGET];
	int reason = layout->wish[BOARD_REASON] - layout->cells[BOARD_REASON];
	int to_target = board_least(target, board_most(spare / 2, spare - reason));

	layout->cells[BOARD_TARGET] += to_target;
	layout->cells[BOARD_REASON] += board_least(reason, spare - to_target);
}

static void board_fit(struct board_layout *layout, const struct board_line *lines, size_t count, int width)
{
	for (int column = 0; column < BOARD_COLUMNS; column++)
		board_set_form(layout, column, BOARD_FULL, lines, count);
	for (int i = 0; i < BOARD_STEPS; i++) {
		const struct board_step *step = &board_steps[i];

		layout->cells[BOARD_TARGET] = board_least(layout->wish[BOARD_TARGET], step->target);
		layout->cells[BOARD_REASON] = board_least(layout->wish[BOARD_REASON], step->reason);
		if (board_total(layout) <= width) {
			board_share(layout, width - board_total(layout));
			return;
		}
		board_set_form(layout, step->column, step->form, lines, count);
	}
	/* State and target are left. */
	layout->cells[BOARD_STATE] = board_least(layout->wish[BOARD_STATE], width);
	layout->cells[BOARD_TARGET] =
		board_most(0, board_least(layout->wish[BOARD_TARGET], width - layout->cells[BOARD_STATE] - BOARD_GAP));
}

static void board_add_blanks(struct buf *buf, int count)
{
	for (; count > 0; count--)
		buf_add_text(buf, " ");
}

static void board_add_line(struct buf *buf, const struct board_line *line, const struct board_layout *layout,
			   bool colour)
{
	int blanks = 0; /* to be added before the next text: no line ends with them */

	for (int column = 0; column < BOARD_COLUMNS; column++) {
		int cells = layout->cells[column];
		/* The end of a target, its port, tells more than its middle. */
		char *text = cells_cut(board_text(line, column, layout->form[column]), cells,
				       column == BOARD_TARGET ? cells / 2 : 0);
		bool is_number = column == BOARD_ELAPSED || column == BOARD_ATTEMPTS;
		bool is_coloured = colour && column == BOARD_STATE && *line->colour;
		int left = cells - cells_count(text), before = is_number ? left : 0;

		if (*text) {
			board_add_blanks(buf, blanks + before);
			blanks = 0;
			left -= before;
			buf_add_text(buf, is_coloured ? line->colour : "");
			buf_add_text(buf, text);
			buf_add_text(buf, is_coloured ? "\033[m" : "");
		}
		if (cells)
			blanks += left + BOARD_GAP;
		free(text);
	}
	buf_add_text(buf, "\n");
}

void board_columns_add(struct buf *buf, const struct board_line *lines, size_t count, int width, bool colour)
{
	struct board_layout layout;

	board_fit(&layout, lines, count, width);
	for (size_t i = 0; i < count; i++)
		board_add_line(buf, &lines[i], &layout, colour);
}
