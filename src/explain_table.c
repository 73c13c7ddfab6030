/* The plan of --explain as people read it. */
#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"

enum { EXPLAIN_COLUMNS = 5, EXPLAIN_GAP = 2 };

/* Rows of cells, and how wide each column has to be. */
struct explain_grid {
	char *(*rows)[EXPLAIN_COLUMNS];
	size_t count;
	size_t widths[EXPLAIN_COLUMNS];
};

/* Takes the cells over; a row has as many as the table has columns, NULL beyond. */
static void explain_add_row(struct explain_grid *grid, char *const *cells)
{
	grid->rows = alloc_resize(grid->rows, grid->count + 1, sizeof(*grid->rows));
	for (size_t i = 0; i < EXPLAIN_COLUMNS; i++) {
		size_t len = cells[i] ? strlen(cells[i]) : 0;

		grid->rows[grid->count][i] = cells[i];
		if (len > grid->widths[i])
			grid->widths[i] = len;
	}
	grid->count++;
}

static void explain_add_cell(struct buf *out, const char *cell, size_t width, bool last)
{
	buf_add_text(out, cell);
	for (size_t i = strlen(cell); i < width + EXPLAIN_GAP && !last; i++)
		buf_add_text(out, " ");
}

/* Writes the grid and empties it. */
static void explain_flush(struct buf *out, struct explain_grid *grid)
{
	for (size_t i = 0; i < grid->count; i++) {
		for (size_t j = 0; j < EXPLAIN_COLUMNS && grid->rows[i][j]; j++) {
			bool last = j + 1 == EXPLAIN_COLUMNS || !grid->rows[i][j + 1];

			explain_add_cell(out, grid->rows[i][j], grid->widths[j], last);
			free(grid->rows[i][j]);
		}
		buf_add_text(out, "\n");
	}
	free(grid->rows);
	*grid = (struct explain_grid){0};
}

static const char *explain_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "-";
}

/* "DB_HOST DB_PORT DB_ADDR", or "-". The caller's. */
static char *explain_join(const cJSON *list)
{
	const cJSON *item;
	struct buf out = {0};

	cJSON_ArrayForEach(item, list)
	{
		buf_add_text(&out, out.len ? " " : "");
		buf_add_text(&out, cJSON_GetStringValue(item));
	}
	return out.len ? buf_detach(&out) : alloc_text("-");
}

/* "DNS and /etc/hosts"; of several endpoints each that is another. The caller's. */
static char *explain_addresses(const cJSON *endpoints)
{
	const cJSON *endpoint;
	struct buf out = {0};

	cJSON_ArrayForEach(endpoint, endpoints)
	{
		const char *from = explain_text(endpoint, "address_from");

		if (out.data && strstr(out.data, from))
			continue;
		buf_add_text(&out, out.len ? "; " : "");
		buf_add_text(&out, from);
	}
	return buf_detach(&out);
}

/* "all", "any of group 1": what of it the wait depends on. The caller's. */
static char *explain_wanted(const cJSON *plan, const cJSON *target)
{
	const cJSON *groups = cJSON_GetObjectItemCaseSensitive(plan, "groups");
	int index = (int)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(target, "group"));
	const char *wanted = explain_text(cJSON_GetArrayItem(groups, index), "wanted");

	return index ? alloc_format("%s of group %d", wanted, index) : alloc_text(wanted);
}

static void explain_add_targets(struct explain_grid *grid, const cJSON *plan)
{
	const cJSON *targets = cJSON_GetObjectItemCaseSensitive(plan, "targets"), *target;

	explain_add_row(grid, (char *[EXPLAIN_COLUMNS]){alloc_text("TARGET"), alloc_text("PROBE"), alloc_text("WANTED"),
							alloc_text("ADDRESS FROM"), alloc_text("EXPORTS")});
	cJSON_ArrayForEach(target, targets)
	{
		explain_add_row(grid, (char *[EXPLAIN_COLUMNS]){
					      alloc_text(explain_text(target, "target")),
					      alloc_text(explain_text(target, "kind")), explain_wanted(plan, target),
					      explain_addresses(cJSON_GetObjectItemCaseSensitive(target, "endpoints")),
					      explain_join(cJSON_GetObjectItemCaseSensitive(target, "exports"))});
	}
}

/* A row for each setting whose value is not the one of `beside`, where that is given. */
static void explain_add_settings(struct explain_grid *grid, const char *of, const cJSON *settings, const cJSON *beside)
{
	const cJSON *setting;

	cJSON_ArrayForEach(setting, settings)
	{
		const cJSON *other = cJSON_GetObjectItemCaseSensitive(beside, setting->string);
		const char *value = explain_text(setting, "value");

		if (other && strcmp(explain_text(setting, "source"), explain_text(other, "source")) == 0)
			continue;
		explain_add_row(grid, (char *[EXPLAIN_COLUMNS]){
					      alloc_text(setting->string), alloc_text(value[0] ? value : "-"),
					      alloc_text(explain_text(setting, "source")), of ? alloc_text(of) : NULL});
	}
}

static void explain_add_groups(struct buf *out, const cJSON *plan)
{
	const cJSON *groups = cJSON_GetObjectItemCaseSensitive(plan, "groups"), *group;
	int index = 0;

	cJSON_ArrayForEach(group, groups)
	{
		const cJSON *parent = cJSON_GetObjectItemCaseSensitive(group, "member_of");
		char *line = alloc_format("group %d is wanted: %s of its members; it is a member of group %d\n", index,
					  explain_text(group, "wanted"), (int)cJSON_GetNumberValue(parent));

		if (index++ && cJSON_GetNumberValue(parent) > 0)
			buf_add_text(out, line);
		free(line);
	}
}

char *explain_table(const cJSON *plan)
{
	const cJSON *settings = cJSON_GetObjectItemCaseSensitive(plan, "settings"), *target;
	const char *command = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(plan, "command"));
	struct explain_grid grid = {0};
	struct buf out = {0};
	char *line;

	explain_add_targets(&grid, plan);
	explain_flush(&out, &grid);
	explain_add_groups(&out, plan);
	buf_add_text(&out, "\n");
	explain_add_row(&grid, (char *[EXPLAIN_COLUMNS]){alloc_text("SETTING"), alloc_text("VALUE"), alloc_text("FROM"),
							 alloc_text("ONLY FOR")});
	explain_add_settings(&grid, NULL, settings, NULL);
	cJSON_ArrayForEach(target, cJSON_GetObjectItemCaseSensitive(plan, "targets"))
	{
		explain_add_settings(&grid, explain_text(target, "target"),
				     cJSON_GetObjectItemCaseSensitive(target, "settings"), settings);
	}
	explain_flush(&out, &grid);
	line = alloc_format("\ncommand: %s\n", command ? command : "none");
	buf_add_text(&out, line);
	free(line);
	return buf_detach(&out);
}
