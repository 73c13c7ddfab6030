/* The result of a wait as JUnit XML, for CI services. Each target is a test case. */
#ifndef REPORT_JUNIT_H
#define REPORT_JUNIT_H

#include "report/facts.h"

/* Returns the document, which the caller frees. */
char *junit_document(const struct facts *facts);

#endif
