/* --render SRC:DST: files for the app that are made of templates, such as an nginx.conf with DB_HOST. */
#ifndef APP_RENDER_H
#define APP_RENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/errors.h"
#include "options/options.h"
#include "system/env.h"
#include "system/outfile.h"
#include "target/plan.h"

struct render {
	char *name; /* of SRC, as the user wrote it */
	char *text; /* what SRC holds */
	struct outfile file;
};

struct renders {
	struct render *list;
	size_t count;
};

/* The maximum size of SRC. */
enum { RENDER_MAX = 1 << 20 };

/* Checks the form SRC:DST of each item, without a look at the files. */
int render_check_form(const struct options_list *items, struct error *err);

/*
 * Call it before the wait, with items that render_check_form accepted. Reads each SRC, and checks that each DST can be
 * written. Changes nothing. printing: standard output is for --print-env, so that no DST may be that. The caller must
 * call render_release, also on failure.
 */
int render_open(struct renders *renders, const struct options_list *items, bool printing, struct error *err);

/*
 * Call it before the wait, after compose_check, whose parameters the others are. Checks that every ${...} in each SRC can
 * be replaced whichever way the wait may end with a start of the app. Errors name the file and the line.
 */
int render_check(const struct renders *renders, const struct options_list *exports, const struct plan *plan,
		 bool run_anyway, const struct env *env, struct error *err);

/*
 * Writes each DST. env is what the app gets, with the exported variables. A new file gets the mode of SRC without the
 * bits of the umask; one that is replaced keeps its own, as with cp: it may be the one that protects a password.
 */
int render_write(const struct renders *renders, const struct env *env, struct error *err);

void render_release(struct renders *renders);

#endif
