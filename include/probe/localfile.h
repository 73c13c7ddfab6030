/* What the probes of files on this machine share: the path in the URL, and what stands in the way of a look at it. */
#ifndef PROBE_LOCALFILE_H
#define PROBE_LOCALFILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/errors.h"
#include "target/outcome.h"
#include "target/target.h"

/* Returns the decoded path of "scheme:///path?parameters", the caller's; NULL with err. */
char *localfile_path(const struct target *target, struct error *err);

/* Returns the outcome of a stat(2) or open(2) that failed. It is OUTCOME_NO_FILE if there cannot be a file at the path. */
struct outcome localfile_failure(int error_number);

/*
 * Reads the last max bytes of the regular file at path, or with from_begin the first. Returns true, and then *text is the
 * caller's, has *len bytes and a NUL behind them, and *cut says whether there are more. Else false, with *outcome. Never waits
 * for anybody: a pipe or a device is refused.
 */
bool localfile_read(const char *path, size_t max, bool from_begin, char **text, size_t *len, bool *cut,
		    struct outcome *outcome);

#endif
