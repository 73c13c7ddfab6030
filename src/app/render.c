#include "app/render.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/compose.h"
#include "base/alloc.h"
#include "system/input.h"
#include "system/path.h"
#include "system/template.h"

int render_check_form(const struct options_list *items, struct error *err)
{
	for (size_t i = 0; i < items->count; i++) {
		const char *item = items->items[i], *colon = strchr(item, ':');

		if (!colon || colon == item || !colon[1] || strchr(colon + 1, ':'))
			return errors_set(err,
					  "--render: \"%s\" is not the names of two files with one ':' between them; "
					  "write --render SRC:DST",
					  item);
		if (strncmp(item, "-:", 2) == 0)
			return errors_set(err,
					  "--render: \"%s\" has no name of a file before the ':'; write --render "
					  "SRC:DST",
					  item);
	}
	return 0;
}

/* Reads SRC. Sets *mode to its mode if that can be known. */
static int render_read(struct render *render, mode_t *mode, struct error *err)
{
	struct stat found;
	size_t len;

	if (input_read(render->name, RENDER_MAX, &render->text, &len, err))
		return -1;
	if (strlen(render->text) != len)
		return errors_set(err, "%s holds a NUL byte; name a file of text", render->name);
	if (stat(render->name, &found) == 0)
		*mode = found.st_mode & 0777;
	return 0;
}

static bool render_is_same(const char *one, const char *other)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Are these the paths of one file, which need not exist yet? */
static bool render_is_same_place(const char *one, const char *other)
{
	char *folder = path_folder(one), *other_folder = path_folder(other);
	const char *slash = strrchr(one, '/'), *other_slash = strrchr(other, '/');
	bool same = strcmp(slash ? slash + 1 : one, other_slash ? other_slash + 1 : other) == 0 &&
		    render_is_same(folder, other_folder);

	free(folder);
	free(other_folder);
	return same;
}

/* Checks that writing DST destroys nothing else of this run. */
static int render_check_place(const struct renders *renders, const struct render *render, bool printing,
			      struct error *err)
{
	const struct outfile *file = &render->file;

	if (printing && outfile_is_stdout(file))
		return errors_set(err, "%s: standard output is for the variables of --print-env; name a file",
				  file->name);
	if (file->path && render_is_same(render->name, file->path))
		return errors_set(err,
				  "%s and %s are the same file; name another one to write, because the next start "
				  "needs the ${...}",
				  render->name, file->name);
	for (const struct render *other = renders->list; file->path && other != render; other++)
		if (other->file.path && render_is_same_place(other->file.path, file->path))
			return errors_set(err, "%s would be written twice, from %s and from %s; leave out one",
					  file->name, other->name, render->name);
	return 0;
}

static int render_open_one(struct renders *renders, const char *item, bool printing, struct error *err)
{
	const char *colon = strchr(item, ':');
	struct render *render = &renders->list[renders->count++];
	mode_t mode = 0600;

	render->name = alloc_slice(item, (size_t)(colon - item));
	if (render_read(render, &mode, err) || outfile_open(&render->file, colon + 1, err))
		return -1;
	render->file.new_mode = mode;
	return render_check_place(renders, render, printing, err);
}

int render_open(struct renders *renders, const struct options_list *items, bool printing, struct error *err)
{
	*renders = (struct renders){.list = alloc_zero(items->count, sizeof(*renders->list))};
	for (size_t i = 0; i < items->count; i++)
		if (render_open_one(renders, items->items[i], printing, err))
			return errors_prefix(err, "--render");
	return 0;
}

/* Returns the text of DST; NULL on failure. The caller's. */
static char *render_text(const struct render *render, const struct env *env, struct error *err)
{
	struct buf out = {0};

	if (template_expand(env, render->text, &out, err) == 0)
		return buf_detach(&out);
	buf_release(&out);
	errors_prefix(err, "--render: %s", render->name);
	return NULL;
}

/* Expands all with what will be known after the wait, and forgets it. */
static int render_try(const struct renders *renders, const struct exports *exports, const struct env *env,
		      struct error *err)
{
	struct env known;
	int failed = 0;

	env_copy(&known, env->list);
	exports_apply(exports, &known);
	for (size_t i = 0; i < renders->count && !failed; i++) {
		char *text = render_text(&renders->list[i], &known, err);

		failed = text ? 0 : -1;
		free(text);
	}
	env_release(&known);
	return failed;
}

int render_check(const struct renders *renders, const struct options_list *exports, const struct plan *plan,
		 bool run_anyway, const struct env *env, struct error *err)
{
	for (int surely = 0; surely <= 1 && renders->count; surely++) {
		struct exports foreseen;
		int failed;

		if (compose_foresee(&foreseen, exports, plan, run_anyway, surely, env, err))
			return -1;
		failed = render_try(renders, &foreseen, env, err);
		exports_release(&foreseen);
		if (failed)
			return surely ? errors_prefix(err, COMPOSE_NOT_READY) : -1;
	}
	return 0;
}

int render_write(const struct renders *renders, const struct env *env, struct error *err)
{
	for (size_t i = 0; i < renders->count; i++) {
		char *text = render_text(&renders->list[i], env, err);
		int failed = text ? outfile_write(&renders->list[i].file, text, strlen(text), err) : -1;

		free(text);
		if (failed)
			return text ? errors_prefix(err, "--render") : -1;
	}
	return 0;
}

void render_release(struct renders *renders)
{
	for (size_t i = 0; i < renders->count; i++) {
		free(renders->list[i].name);
		free(renders->list[i].text);
		outfile_release(&renders->list[i].file);
	}
	free(renders->list);
	*renders = (struct renders){0};
}
