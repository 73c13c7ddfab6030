/* Is this reply the one that the URL asks for? Pure: no request is needed to find out. */
#ifndef PROBE_HTTP_HTTPJUDGE_H
#define PROBE_HTTP_HTTPJUDGE_H

#include <stdbool.h>

#include "net/fetch.h"
#include "probe/http/httpplan.h"
#include "target/outcome.h"

/* Judges a reply whose head is there, and whose body as well if httpplan_reads_body. login: a user or password was sent. */
struct outcome httpjudge_reply(const struct httpplan *plan, const struct fetch_reply *reply, bool login);

#endif
