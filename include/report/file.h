/* --report: the result of a wait as a document that is written when the wait is over. */
#ifndef REPORT_FILE_H
#define REPORT_FILE_H

#include "base/errors.h"
#include "system/log.h"
#include "wait/sinks.h"

/*
 * spec is "[json:|junit:]FILE"; outfile.h describes FILE. Returns NULL with err if the format is unknown or the file
 * cannot be written now. If writing fails at the end, that is only a line in the log: the result of the wait does not
 * change. log must outlive the sink.
 */
struct sink *report_file_new(const char *spec, struct log *log, struct error *err);

/* Will the document be written to standard output? sink must come from report_file_new. */
bool report_file_is_stdout(const struct sink *sink);

#endif
