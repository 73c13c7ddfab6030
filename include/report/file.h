/* What a wait came to, as one document that is written when it is over. */
#ifndef REPORT_FILE_H
#define REPORT_FILE_H

#include "base/errors.h"
#include "system/log.h"
#include "wait/sinks.h"

/*
 * spec: "[json:|junit:]FILE", as outfile.h takes the file. NULL and err when there is no such form, or the file could
 * not be written as it is now. A failure at the end is a line in the log, and no more: the wait is what counts. log
 * must outlive it.
 */
struct sink *report_file_new(const char *spec, struct log *log, struct error *err);

/* Will it be written to standard output? sink: one of report_file_new's. */
bool report_file_is_stdout(const struct sink *sink);

#endif
