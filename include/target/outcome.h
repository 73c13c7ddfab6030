/* One fact about a peer, always with its reason: what an attempt found out. */
#ifndef TARGET_OUTCOME_H
#define TARGET_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

/* How far an attempt got. Getting further than before means that readiness is near. */
enum outcome_layer { OUTCOME_NAME, OUTCOME_CONNECT, OUTCOME_APP };

/* What an attempt costs the peer, and so how soon the next one may follow (see backoff.h). */
enum outcome_cost {
	OUTCOME_FREE,   /* the kernel answers, or nobody */
	OUTCOME_SHARED, /* a bystander works: somebody's DNS server, a proxy in front of the peer */
	OUTCOME_NOISY   /* the peer works for it, or writes a line to its log */
};

enum outcome_kind {
	OUTCOME_NONE, /* nothing is known yet */
	OUTCOME_READY,
	OUTCOME_NO_NAME,
	OUTCOME_NO_ADDRESS,
	OUTCOME_DNS_FAILED,
	OUTCOME_DNS_SILENT,
	OUTCOME_LOCAL,
	OUTCOME_NO_FILE,
	OUTCOME_REFUSED,
	OUTCOME_UNREACHABLE,
	OUTCOME_CONNECT_TIMEOUT,
	OUTCOME_CLOSED,
	OUTCOME_RESET,
	OUTCOME_SILENT,
	OUTCOME_GARBLED,
	OUTCOME_STARTING,
	OUTCOME_FULL,
	OUTCOME_UNSUITABLE,
	OUTCOME_DENIED,
	OUTCOME_TLS,
	OUTCOME_KINDS
};

/* A plain value, copied freely: a retry can neither leak nor fail. */
struct outcome {
	enum outcome_kind kind;
	char detail[200]; /* what this peer said, "" when the kind says it all; never a secret */
};

struct outcome_info {
	const char *name; /* for machines */
	enum outcome_layer layer;
	enum outcome_cost cost;
	bool lasting;     /* waiting does not help: --fail-fast gives up */
	bool down;        /* nothing answers there (--down). A name without an address proves nothing of that kind */
	bool answers;     /* somebody took the connection, so that what is missing is the peer's to say */
	int weight;       /* of two reasons why a name gave no address the heavier one is told */
	const char *text; /* for people */
};

/* Everything that is known about a kind: one row each. */
const struct outcome_info *outcome_info(enum outcome_kind kind);

/* Printf style; NULL as format for no detail. Too long a detail is cut. */
struct outcome outcome_make(enum outcome_kind kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a failed socket call says (an errno value); never READY. */
struct outcome outcome_from_errno(int error_number);

/*
 * The one worth telling out of what two addresses of the same target gave: READY before all, else the
 * one that got further, else the first.
 */
const struct outcome *outcome_better(const struct outcome *first, const struct outcome *second);

#endif
