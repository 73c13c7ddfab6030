/* The plan of --explain for people, as a table. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cells.h"
#include "base/json.h"
#include "cli/explain.h"
#include "target/scheme.h"

/*
 * A cell that is wider than EXPLAIN_TABLE_WIDEST does not widen its column: the text of one target may have 20,000 hosts,
 * and each of them has a row.
 */
enum { EXPLAIN_TABLE_COLUMNS = 6, EXPLAIN_TABLE_GAP = 2, EXPLAIN_TABLE_WIDEST = 200 };

/* Rows of cells, and the width of each column. */
struct explain_table_grid {
	char *(*rows)[EXPLAIN_TABLE_COLUMNS];
	size_t count;
	int widths[EXPLAIN_TABLE_COLUMNS];
};

/* Returns the text cleaned for a terminal, with U+FFFD for bytes that are not UTF-8; NULL for NULL. The caller's. */
static char *explain_table_clean(const char *text)
{
	return text ? json_clean(text, SIZE_MAX) : NULL;
}

/* Adds a row with cleaned copies of the cells. NULL means that the row does not have the cell. */
static void explain_table_add_row(struct explain_table_grid *grid, const char *const *cells)
{
	grid->rows = alloc_resize(grid->rows, grid->count + 1, sizeof(*grid->rows));
	for (size_t i = 0; i < EXPLAIN_TABLE_COLUMNS; i++) {
		char *cell = explain_table_clean(cells[i]);
		int width = cell ? cells_count(cell) : 0;

		grid->rows[grid->count][i] = cell;
		if (width > grid->widths[i])
			grid->widths[i] = width < EXPLAIN_TABLE_WIDEST ? width : EXPLAIN_TABLE_WIDEST;
	}
	grid->count++;
}

/* Writes a row and frees its cells. The line has no blanks at its end. */
static void explain_table_flush_row(struct buf *out, char **cells, const int *widths)
{
	int missing = 0;

	for (size_t i = 0; i < EXPLAIN_TABLE_COLUMNS; i++) {
		int width = cells[i] ? cells_count(cells[i]) : 0;

		for (; width && missing > 0; missing--)
			buf_add_text(out, " ");
		buf_add_text(out, cells[i] ? cells[i] : "");
		missing += EXPLAIN_TABLE_GAP + (width < widths[i] ? widths[i] - width : 0);
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

/* Returns "DB_HOST DB_PORT DB_ADDR", or "none". The caller's. */
static char *explain_table_exports_text(const struct config *config, size_t index)
{
	struct buf out = {0};
	char *name;

	for (size_t i = 0; (name = explain_export(config, index, i)); i++) {
		buf_add_text(&out, i ? " " : "");
		buf_add_text(&out, name);
		free(name);
	}
	return out.len ? buf_detach(&out) : alloc_text("none");
}

/* Returns "db:5432", "[::1]:5432", "/run/pg, port 5432" or "/run/api.sock"; "none" if row is NULL. The caller's. */
static char *explain_table_endpoint_text(const struct explain_endpoint *row)
{
	if (!row)
		return alloc_text("none");
	if (!row->port)
		return alloc_text(row->host);
	if (row->host[0] == '/')
		return alloc_format("%s, port %u", row->host, row->port);
	return alloc_format(strchr(row->host, ':') ? "[%s]:%u" : "%s:%u", row->host, row->port);
}

/*
 * Returns where the address comes from: "DNS and /etc/hosts, else 172.17.0.2 of a variable"; "none" if row is NULL. The
 * caller's.
 */
static char *explain_table_source_text(const struct explain_endpoint *row)
{
	if (!row)
		return alloc_text("none");
	switch (row->source) {
	case EXPLAIN_HOSTADDR:
		return alloc_format("hostaddr %s", row->address);
	case EXPLAIN_UNIX_SOCKET:
		return alloc_text("a Unix socket");
	case EXPLAIN_LITERAL:
		return alloc_text("the target itself");
	case EXPLAIN_SRV:
		return alloc_text("SRV records of DNS");
	case EXPLAIN_NAME:
		break;
	}
	if (row->fallback)
		return alloc_format("DNS and /etc/hosts, else %s of a variable", row->fallback);
	return alloc_text("DNS and /etc/hosts");
}

/* Returns "all" or "any of group 1": how many members of the group must be ready. The caller's. */
static char *explain_table_wanted_text(const struct config *config, size_t group)
{
	const char *wanted = explain_wanted(config, group);

	return group ? alloc_format("%s of group %zu", wanted, group) : alloc_text(wanted);
}

/* Adds a row. The cells about the whole target are only in the first row. endpoint is NULL if the target has none. */
static void explain_table_add_endpoint(struct explain_table_grid *grid, const struct config *config, size_t index,
				       const struct endpoint *endpoint, bool first)
{
	const struct target *target = &config->plan.targets[index];
	const struct explain_endpoint row =
		endpoint ? explain_endpoint(target, endpoint) : (struct explain_endpoint){0};
	char *wanted = explain_table_wanted_text(config, target->group);
	char *exports = explain_table_exports_text(config, index);
	char *where = explain_table_endpoint_text(endpoint ? &row : NULL);
	char *source = explain_table_source_text(endpoint ? &row : NULL);

	explain_table_add_row(grid, (const char *[EXPLAIN_TABLE_COLUMNS]){
					    first ? target->text : "", first ? target->scheme->name : "",
					    first ? wanted : "", where, source, first ? exports : ""});
	free(wanted);
	free(exports);
	free(where);
	free(source);
}

static void explain_table_add_target(struct explain_table_grid *grid, const struct config *config, size_t index)
{
	const struct target *target = &config->plan.targets[index];

	if (!target->endpoint_count)
		explain_table_add_endpoint(grid, config, index, NULL, true);
	for (size_t i = 0; i < target->endpoint_count; i++)
		explain_table_add_endpoint(grid, config, index, &target->endpoints[i], i == 0);
}

static void explain_table_add_targets(struct buf *out, const struct config *config)
{
	struct explain_table_grid grid = {0};

	if (!config->plan.target_count) {
		buf_add_text(out, "no targets, nothing to wait for\n");
		return;
	}
	explain_table_add_row(&grid, (const char *[EXPLAIN_TABLE_COLUMNS]){"TARGET", "PROBE", "WANTED", "ENDPOINT",
									   "ADDRESS FROM", "EXPORTS"});
	for (size_t i = 0; i < config->plan.target_count; i++)
		explain_table_add_target(&grid, config, i);
	explain_table_flush(out, &grid);
}

/* Adds a line for each group inside another group or an "any": the column WANTED does not show that. */
static void explain_table_add_groups(struct buf *out, const struct config *config)
{
	for (size_t i = 1; i < config->plan.group_count; i++) {
		size_t outer = config->plan.groups[i].parent;
		char *wanted = explain_table_wanted_text(config, outer);
		char *line = alloc_format("group %zu itself: %s\n", i, wanted);

		if (outer || config->plan.groups[outer].any)
			buf_add_text(out, line);
		free(line);
		free(wanted);
	}
}

/* Returns where connections to the target are held; NULL: they are not. The caller's. */
static char *explain_table_held_text(const struct config *config, size_t index)
{
	struct explain_held held;

	if (!explain_held(config, index, &held))
		return NULL;
	if (!held.port)
		return alloc_text("held at a free port of 127.0.0.1");
	return alloc_format("held at 127.0.0.1:%u%s", (unsigned)held.port,
			    held.or_free ? ", or at a free port if that is taken" : "");
}

/* Adds "TARGET: TEXT", and frees the text. NULL adds nothing. */
static void explain_table_add_remark(struct buf *out, const struct target *target, char *text)
{
	char *line, *clean;

	if (!text)
		return;
	line = alloc_format("%s: %s", target->text, text);
	clean = explain_table_clean(line);
	buf_add_text(out, clean);
	buf_add_text(out, "\n");
	free(clean);
	free(line);
	free(text);
}

/* Adds a paragraph: how each probe logs in, and where connections are held. */
static void explain_table_add_remarks(struct buf *out, const struct config *config)
{
	struct buf remarks = {0};

	for (size_t i = 0; i < config->plan.target_count; i++) {
		const struct target *target = &config->plan.targets[i];

		explain_table_add_remark(&remarks, target, explain_login(target));
		explain_table_add_remark(&remarks, target, explain_table_held_text(config, i));
	}
	if (remarks.len) {
		buf_add_text(out, "\n");
		buf_add(out, remarks.data, remarks.len);
	}
	buf_release(&remarks);
}

static void explain_table_add_setting(struct explain_table_grid *grid, const struct explain_setting *row,
				      const char *only_for)
{
	const char *value = row->value && !row->no_limit ? row->value : "none";

	if (!grid->count)
		explain_table_add_row(grid, (const char *[EXPLAIN_TABLE_COLUMNS]){"SETTING", "VALUE", "FROM"});
	explain_table_add_row(grid, (const char *[EXPLAIN_TABLE_COLUMNS]){row->key, value, row->source, only_for});
}

/*
 * Adds the settings of the wait if target is NULL, else the target's own. Without `all` it leaves those out that have
 * their default: they would hide the few that somebody set. Returns how many it left out.
 */
static size_t explain_table_add_settings_of(struct explain_table_grid *grid, const struct config *config,
					    const struct target *target, bool all)
{
	struct explain_setting row;
	size_t left_out = 0;

	for (size_t i = 0; i < config_options.count; i++) {
		if (!explain_setting(&row, config, target, i))
			continue;
		if (target ? row.own : all || !row.is_default)
			explain_table_add_setting(grid, &row, target ? target->text : NULL);
		else
			left_out++;
		explain_release_setting(&row);
	}
	return left_out;
}

/* Adds the paragraph of the settings: those that somebody set, and how many others there are. */
static void explain_table_add_settings(struct buf *out, const struct config *config)
{
	struct explain_table_grid grid = {0};
	size_t left_out, of_wait;
	char *line;

	left_out = explain_table_add_settings_of(&grid, config, NULL, config->verbosity == CONFIG_VERBOSITY_VERBOSE);
	of_wait = grid.count;
	for (size_t i = 0; i < config->plan.target_count; i++)
		explain_table_add_settings_of(&grid, config, &config->plan.targets[i], false);
	if (grid.count > of_wait)
		grid.rows[0][3] = alloc_text("ONLY FOR");
	explain_table_flush(out, &grid);
	if (!left_out)
		return;
	line = alloc_format("%zu settings are at their defaults; -v lists them\n", left_out);
	buf_add_text(out, line);
	free(line);
}

/* Adds what happens after the wait. */
static void explain_table_add_end(struct buf *out, const struct config *config, const struct explain_command *command)
{
	char *form = explain_print_env(config), *path = explain_table_clean(command->path);
	char *problem = explain_table_clean(command->problem);

	buf_add_text(out, path ? "command: " : form ? "print-env: " : "command: none");
	buf_add_text(out, path ? path : form ? form : "");
	buf_add_text(out, problem ? "\nnote: this machine cannot start it: " : "");
	buf_add_text(out, problem ? problem : "");
	buf_add_text(out, "\n");
	free(problem);
	free(path);
	free(form);
}

char *explain_table(const struct config *config, const struct explain_command *command)
{
	struct buf out = {0};

	explain_table_add_targets(&out, config);
	explain_table_add_groups(&out, config);
	explain_table_add_remarks(&out, config);
	buf_add_text(&out, "\n");
	explain_table_add_settings(&out, config);
	buf_add_text(&out, "\n");
	explain_table_add_end(&out, config, command);
	return buf_detach(&out);
}
