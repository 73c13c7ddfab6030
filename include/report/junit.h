/* What a wait came to as JUnit's XML: for a CI service each target is a test case. */
#ifndef REPORT_JUNIT_H
#define REPORT_JUNIT_H

#include "report/facts.h"

/* The document. The caller's. */
char *junit_document(const struct facts *facts);

#endif
