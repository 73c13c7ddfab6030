#include "report/columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cells.h"

enum columns_form { COLUMNS_FULL, COLUMNS_BRIEF, COLUMNS_GONE, COLUMNS_FORMS };

enum { COLUMNS_GAP = 2 };

/* The least width of a column, in cells, so that the other columns do not jump when its text grows. */
static const int columns_reserved[COLUMNS_FORMS][COLUMNS_COUNT] = {
	[COLUMNS_FULL] = {[COLUMNS_STATE] = sizeof("waiting") - 1, [COLUMNS_ELAPSED] = sizeof("99.9s") - 1},
};

/* A step that shortens a column. It is taken if target and reason would get fewer cells than the step says. */
struct columns_step {
	enum columns_column column;
	enum columns_form form;
	int target, reason;
};

/* In this order. The elapsed time is left out first: it is nearly the same for all targets, and in the header. */
static const struct columns_step columns_steps[] = {
	{COLUMNS_ELAPSED, COLUMNS_GONE, 20, 26},
	{COLUMNS_STATE, COLUMNS_BRIEF, 14, 18},
	{COLUMNS_REASON, COLUMNS_GONE, 8, 8},
};

enum { COLUMNS_STEPS = sizeof(columns_steps) / sizeof(columns_steps[0]) };

/* How the columns of all lines are written. */
struct columns_layout {
	enum columns_form form[COLUMNS_COUNT];
	int wish[COLUMNS_COUNT];  /* cells that the widest text needs; 0: all texts are empty */
	int cells[COLUMNS_COUNT]; /* cells that the column gets; 0: it is left out */
};

static int columns_least(int a, int b)
{
	return a < b ? a : b;
}

static int columns_most(int a, int b)
{
	return a > b ? a : b;
}

static const char *columns_text(const struct columns_line *line, int column, enum columns_form form)
{
	if (form == COLUMNS_GONE)
		return "";
	return form == COLUMNS_BRIEF && line->brief[column] ? line->brief[column] : line->text[column];
}

static void columns_set_form(struct columns_layout *layout, int column, enum columns_form form,
			     const struct columns_line *lines, size_t count)
{
	int wish = 0;

	for (size_t i = 0; i < count; i++)
		wish = columns_most(wish, cells_count(columns_text(&lines[i], column, form)));
	layout->form[column] = form;
	layout->wish[column] = wish ? columns_most(wish, columns_reserved[form][column]) : 0;
	layout->cells[column] = layout->wish[column];
}

/* The width of a line with these columns, gaps included. */
static int columns_total(const struct columns_layout *layout)
{
	int total = -COLUMNS_GAP;

	for (int column = 0; column < COLUMNS_COUNT; column++)
		if (layout->cells[column])
			total += layout->cells[column] + COLUMNS_GAP;
	return total;
}

/* Distributes the free cells to target and reason: half to each, or more if the other does not need its half. */
static void columns_share(struct columns_layout *layout, int spare)
{
	int target = layout->wish[COLUMNS_TARGET] - layout->cells[COLUMNS_TARGET];
	int reason = layout->wish[COLUMNS_REASON] - layout->cells[COLUMNS_REASON];
	int to_target = columns_least(target, columns_most(spare / 2, spare - reason));

	layout->cells[COLUMNS_TARGET] += to_target;
	layout->cells[COLUMNS_REASON] += columns_least(reason, spare - to_target);
}

static void columns_fit(struct columns_layout *layout, const struct columns_line *lines, size_t count, int width)
{
	for (int column = 0; column < COLUMNS_COUNT; column++)
		columns_set_form(layout, column, COLUMNS_FULL, lines, count);
	for (int i = 0; i < COLUMNS_STEPS; i++) {
		const struct columns_step *step = &columns_steps[i];

		layout->cells[COLUMNS_TARGET] = columns_least(layout->wish[COLUMNS_TARGET], step->target);
		layout->cells[COLUMNS_REASON] = columns_least(layout->wish[COLUMNS_REASON], step->reason);
		if (columns_total(layout) <= width) {
			columns_share(layout, width - columns_total(layout));
			return;
		}
		columns_set_form(layout, step->column, step->form, lines, count);
	}
	/* Only state and target are left. */
	layout->cells[COLUMNS_STATE] = columns_least(layout->wish[COLUMNS_STATE], width);
	layout->cells[COLUMNS_TARGET] = columns_most(
		0, columns_least(layout->wish[COLUMNS_TARGET], width - layout->cells[COLUMNS_STATE] - COLUMNS_GAP));
}

static void columns_add_blanks(struct buf *buf, int count)
{
	for (; count > 0; count--)
		buf_add_text(buf, " ");
}

/* Is the reason too long for its column? */
static bool columns_is_cut(const struct columns_line *line, const struct columns_layout *layout)
{
	int cells = layout->cells[COLUMNS_REASON];

	return cells > 0 && cells_count(line->text[COLUMNS_REASON]) > cells;
}

/* Returns the text as it is shown in the column. wrap: the reason goes on in a second line. The caller frees it. */
static char *columns_cell(const struct columns_line *line, int column, const struct columns_layout *layout, bool wrap)
{
	const char *text = columns_text(line, column, layout->form[column]);
	int cells = layout->cells[column];

	if (wrap && column == COLUMNS_REASON)
		return alloc_slice(text, cells_wrap(text, cells));
	/* A target is cut in the middle, because its end, the port, matters more. */
	return cells_cut(text, cells, column == COLUMNS_TARGET ? cells / 2 : 0);
}

static void columns_add_line(struct buf *buf, const struct columns_line *line, const struct columns_layout *layout,
			     bool wrap, bool colour)
{
	int blanks = 0; /* to add before the next text, so that no line ends with blanks */

	for (int column = 0; column < COLUMNS_COUNT; column++) {
		int cells = layout->cells[column];
		char *text = columns_cell(line, column, layout, wrap);
		bool is_coloured = colour && column == COLUMNS_STATE && *line->colour;
		int left = cells - cells_count(text), before = column == COLUMNS_ELAPSED ? left : 0;

		if (*text) {
			columns_add_blanks(buf, blanks + before);
			blanks = 0;
			left -= before;
			buf_add_text(buf, is_coloured ? line->colour : "");
			buf_add_text(buf, text);
			buf_add_text(buf, is_coloured ? "\033[m" : "");
		}
		if (cells)
			blanks += left + COLUMNS_GAP;
		free(text);
	}
	buf_add_text(buf, "\n");
}

/* Adds the rest of a wrapped reason. No column is to the right of it, so it may be wider than its column. */
static void columns_add_rest(struct buf *buf, const struct columns_line *line, const struct columns_layout *layout,
			     int width)
{
	const char *reason = line->text[COLUMNS_REASON];
	const char *rest = reason + cells_wrap(reason, layout->cells[COLUMNS_REASON]);
	int indent = layout->cells[COLUMNS_STATE] + COLUMNS_GAP + layout->cells[COLUMNS_TARGET] + COLUMNS_GAP;
	char *text = cells_cut(rest + strspn(rest, " "), width - indent, 0);

	columns_add_blanks(buf, indent);
	buf_add_text(buf, text);
	buf_add_text(buf, "\n");
	free(text);
}

void columns_add(struct buf *buf, const struct columns_line *lines, size_t count, int width, size_t spare, bool colour)
{
	struct columns_layout layout;

	columns_fit(&layout, lines, count, width);
	for (size_t i = 0; i < count; i++) {
		bool wrap = spare > 0 && columns_is_cut(&lines[i], &layout);

		columns_add_line(buf, &lines[i], &layout, wrap, colour);
		if (wrap) {
			columns_add_rest(buf, &lines[i], &layout, width);
			spare--;
		}
	}
}
