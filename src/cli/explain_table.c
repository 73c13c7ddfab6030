/* The plan of --explain as people read it. */
#include "cli/explain.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cells.h"

enum { EXPLAIN_TABLE_COLUMNS = 6, EXPLAIN_TABLE_GAP = 2 };

/* Rows of cells, and how wide each column has to be. */
struct explain_table_grid {
	char *(*rows)[EXPLAIN_TABLE_COLUMNS];
	size_t count;
	int widths[EXPLAIN_TABLE_COLUMNS];
};

/* Copies the cells, clean; NULL is a cell that the row does not have. */
static void explain_table_add_row(struct explain_table_grid *grid, const char *const *cells)
{
	grid->rows = alloc_resize(grid->rows, grid->count + 1, sizeof(*grid->rows));
	for (size_t i = 0; i < EXPLAIN_TABLE_COLUMNS; i++) {
		char *cell = cells[i] ? cells_copy(cells[i]) : NULL;
		int width = cell ? cells_count(cell) : 0;

		grid->rows[grid->count][i] = cell;
		if (width > grid->widths[i])
			grid->widths[i] = width;
	}
	grid->count++;
}

/* Writes a row and frees its cells. No line ends in blanks. */
static void explain_table_flush_row(struct buf *out, char **cells, const int *widths)
{
	int missing = 0;

	for (size_t i = 0; i < EXPLAIN_TABLE_COLUMNS; i++) {
		for (; cells[i] && cells[i][0] && missing > 0; missing--)
			buf_add_text(out, " ");
		buf_add_text(out, cells[i] ? cells[i] : "");
		missing += widths[i] + EXPLAIN_TABLE_GAP - (cells[i] ? cells_count(cells[i]) : 0);
		free(cells[i]);
	}
	buf_add_text(out, "\n");
}

/* Writes the grid and empties it. */
static void explain_table_flush(struct buf *out, struct explain_table_grid *grid)
{
	for (size_t i = 0; i < grid->count; i++)
		explain_table_flush_row(out, grid->rows[i], grid->widths);
	free(grid->rows);
	*grid = (struct explain_table_grid){0};
}

static const cJSON *explain_table_get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *explain_table_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(explain_table_get(object, key));

	return text ? text : "none";
}

/* "DB_HOST DB_PORT DB_ADDR", or "none". The caller's. */
static char *explain_table_exports_text(const cJSON *target)
{
	const cJSON *item;
	struct buf out = {0};

	cJSON_ArrayForEach(item, explain_table_get(target, "exports"))
	{
		buf_add_text(&out, out.len ? " " : "");
		buf_add_text(&out, cJSON_GetStringValue(item));
	}
	return out.len ? buf_detach(&out) : alloc_text("none");
}

/* "db:5432", "[::1]:5432", "/run/pg, port 5432". The caller's. */
static char *explain_table_peer_text(const cJSON *endpoint)
{
	const char *host = explain_table_text(endpoint, "host");
	int port = (int)cJSON_GetNumberValue(explain_table_get(endpoint, "port"));

	if (host[0] == '/')
		return alloc_format("%s, port %d", host, port);
	return alloc_format(strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
}

/* "DNS and /etc/hosts, else 172.17.0.2 of a variable". The caller's. */
static char *explain_table_source_text(const cJSON *endpoint)
{
	const char *from = explain_table_text(endpoint, "address_from");
	const char *fallback = cJSON_GetStringValue(explain_table_get(endpoint, "fallback"));

	if (strcmp(from, "hostaddr") == 0)
		return alloc_format("hostaddr %s", explain_table_text(endpoint, "address"));
	if (strcmp(from, "unix-socket") == 0)
		return alloc_text("a Unix socket");
	if (strcmp(from, "literal") == 0)
		return alloc_text("the target itself");
	if (fallback)
		return alloc_format("DNS and /etc/hosts, else %s of a variable", fallback);
	return alloc_text("DNS and /etc/hosts");
}

/* "all", "any of group 1": what of it the wait depends on. The caller's. */
static char *explain_table_wanted(const cJSON *plan, const cJSON *target)
{
	int index = (int)cJSON_GetNumberValue(explain_table_get(target, "group"));
	const char *wanted = explain_table_text(cJSON_GetArrayItem(explain_table_get(plan, "groups"), index), "wanted");

	return index ? alloc_format("%s of group %d", wanted, index) : alloc_text(wanted);
}

/* A row for each endpoint; what holds for the whole target stands in the first. */
static void explain_table_add_target(struct explain_table_grid *grid, const cJSON *plan, const cJSON *target)
{
	char *wanted = explain_table_wanted(plan, target), *exports = explain_table_exports_text(target);
	const cJSON *endpoint, *endpoints = explain_table_get(target, "endpoints");

	cJSON_ArrayForEach(endpoint, endpoints)
	{
		char *peer = explain_table_peer_text(endpoint), *source = explain_table_source_text(endpoint);
		bool first = endpoint == endpoints->child;

		explain_table_add_row(grid, (const char *[EXPLAIN_TABLE_COLUMNS]){
						    first ? explain_table_text(target, "target") : "",
						    first ? explain_table_text(target, "kind") : "",
						    first ? wanted : "", peer, source, first ? exports : ""});
		free(peer);
		free(source);
	}
	free(wanted);
	free(exports);
}

static void explain_table_add_targets(struct buf *out, const cJSON *plan)
{
	struct explain_table_grid grid = {0};
	const cJSON *targets = explain_table_get(plan, "targets"), *target;

	if (!cJSON_GetArraySize(targets)) {
		buf_add_text(out, "no targets, nothing to wait for\n");
		return;
	}
	explain_table_add_row(&grid, (const char *[EXPLAIN_TABLE_COLUMNS]){"TARGET", "PROBE", "WANTED", "PEER",
									   "ADDRESS FROM", "EXPORTS"});
	cJSON_ArrayForEach(target, targets)
	{
		explain_table_add_target(&grid, plan, target);
	}
	explain_table_flush(out, &grid);
}

/* What WANTED does not show: a group that is not simply one of all. */
static void explain_table_add_groups(struct buf *out, const cJSON *plan)
{
	const cJSON *groups = explain_table_get(plan, "groups"), *group;
	int index = 0;

	cJSON_ArrayForEach(group, groups)
	{
		int outer = (int)cJSON_GetNumberValue(explain_table_get(group, "member_of"));
		const char *wanted = explain_table_text(cJSON_GetArrayItem(groups, outer), "wanted");
		char *line = outer ? alloc_format("group %d itself: %s of group %d\n", index, wanted, outer)
				   : alloc_format("group %d itself: %s\n", index, wanted);

		if (index++ && (outer || strcmp(wanted, "all") != 0))
			buf_add_text(out, line);
		free(line);
	}
}

static void explain_table_add_setting(struct explain_table_grid *grid, const cJSON *setting, const char *only_for)
{
	explain_table_add_row(
		grid, (const char *[EXPLAIN_TABLE_COLUMNS]){setting->string, explain_table_text(setting, "value"),
							    explain_table_text(setting, "source"), only_for});
}

/* The settings of the target that are its own: those of another source than the wait's. */
static bool explain_table_add_own_settings(struct explain_table_grid *grid, const cJSON *target, const cJSON *settings)
{
	const cJSON *setting;
	bool any = false;

	cJSON_ArrayForEach(setting, explain_table_get(target, "settings"))
	{
		const cJSON *common = explain_table_get(settings, setting->string);

		if (strcmp(explain_table_text(setting, "source"), explain_table_text(common, "source")) == 0)
			continue;
		explain_table_add_setting(grid, setting, explain_table_text(target, "target"));
		any = true;
	}
	return any;
}

static void explain_table_add_settings(struct buf *out, const cJSON *plan)
{
	struct explain_table_grid grid = {0};
	const cJSON *settings = explain_table_get(plan, "settings"), *setting, *target;
	bool any_own = false;

	explain_table_add_row(&grid, (const char *[EXPLAIN_TABLE_COLUMNS]){"SETTING", "VALUE", "FROM"});
	cJSON_ArrayForEach(setting, settings)
	{
		explain_table_add_setting(&grid, setting, NULL);
	}
	cJSON_ArrayForEach(target, explain_table_get(plan, "targets"))
	{
		any_own |= explain_table_add_own_settings(&grid, target, settings);
	}
	if (any_own)
		grid.rows[0][3] = alloc_text("ONLY FOR");
	explain_table_flush(out, &grid);
}

/* What comes after the wait. */
static void explain_table_add_end(struct buf *out, const cJSON *plan)
{
	const char *command = cJSON_GetStringValue(explain_table_get(plan, "command"));
	const char *form = cJSON_GetStringValue(explain_table_get(plan, "print_env"));
	char *path = command ? cells_copy(command) : NULL;

	buf_add_text(out, path ? "command: " : form ? "print-env: " : "command: none");
	buf_add_text(out, path ? path : form ? form : "");
	buf_add_text(out, "\n");
	free(path);
}

char *explain_table(const cJSON *plan)
{
	struct buf out = {0};

	explain_table_add_targets(&out, plan);
	explain_table_add_groups(&out, plan);
	buf_add_text(&out, "\n");
	explain_table_add_settings(&out, plan);
	buf_add_text(&out, "\n");
	explain_table_add_end(&out, plan);
	return buf_detach(&out);
}
