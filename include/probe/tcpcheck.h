/*
 * tcp:// with ?send=TEXT&expect=REGEX: says something, and is ready when the reply matches. A dialog (attempt/dialog.h), to
 * which src/probe/tcp.c hands such targets over.
 */
#ifndef PROBE_TCPCHECK_H
#define PROBE_TCPCHECK_H

#include "attempt/dialog.h"
#include "base/errors.h"
#include "target/target.h"

/* The parameters, percent-decoded; NULL: not given. */
struct tcpcheck_params {
	int64_t stay;       /* how long a connection must stay open; 0: chosen by who waits */
	const char *send;   /* what is said; NULL: the service speaks first */
	const char *expect; /* what the reply must match; NULL: any reply will do */
};

/* Finds what it needs in target->plan. */
extern const struct dialog tcpcheck_dialog;

/*
 * Reads the escapes in params, of which one at least is given, compiles the expression, and sets target->plan. Returns -1
 * with err, which quotes nothing of send: it may hold a password. tcpcheck_unbind must be called in both cases.
 */
int tcpcheck_bind(struct target *target, const struct tcpcheck_params *params, struct error *err);

/* Frees target->plan, which may be NULL. */
void tcpcheck_unbind(struct target *target);

#endif
