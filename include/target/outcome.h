/* The result of one attempt: what was found out about the peer, and why. */
#ifndef TARGET_OUTCOME_H
#define TARGET_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

/* How far an attempt got. If it gets further than the one before, the peer will probably be ready soon. */
enum outcome_layer { OUTCOME_NAME, OUTCOME_CONNECT, OUTCOME_APP };

/* What an attempt costs the peer. The pause before the next attempt depends on it (see wait/schedule.h). */
enum outcome_cost {
	OUTCOME_FREE,   /* only a kernel answers, or nobody */
	OUTCOME_SHARED, /* somebody else does work: a DNS server, or a proxy in front of the peer */
	OUTCOME_NOISY   /* the peer itself does work, or writes a line to its log */
};

enum outcome_kind {
	OUTCOME_NONE, /* not tried yet */
	OUTCOME_READY,
	OUTCOME_NO_NAME,
	OUTCOME_NO_ADDRESS,
	OUTCOME_NO_SERVICE,
	OUTCOME_DNS_FAILED,
	OUTCOME_DNS_SILENT,
	OUTCOME_NO_RECORD, /* what a target of DNS asks for is not in the answer */
	OUTCOME_LOCAL,
	OUTCOME_NO_FILE,
	OUTCOME_NO_PROCESS,
	OUTCOME_CHECK_FAILED,
	OUTCOME_UNMET, /* what this machine itself shows is not what the target asks for */
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
	OUTCOME_LOCKED, /* somebody else has the lock */
	OUTCOME_DENIED,
	OUTCOME_TLS,
	OUTCOME_KINDS
};

/* A plain value without pointers: it can be copied, and nothing must be freed. */
struct outcome {
	enum outcome_kind kind;
	char detail[200]; /* what this peer said; "" if the kind says enough; never a secret */
};

struct outcome_info {
	const char *name; /* for JSON; never changes */
	enum outcome_layer layer;
	enum outcome_cost cost;
	bool lasting;     /* waiting does not help: --fail-fast ends the wait */
	bool down;        /* nothing answers at the address (--down); a name without an address does not count */
	bool answers;     /* the peer itself accepted the connection, so only the peer can say what is missing */
	int weight;       /* if A and AAAA both fail, the outcome with the higher weight is reported */
	const char *text; /* for people; ": " and the detail follow */
};

/* Returns the row of a kind, with all facts about it. */
const struct outcome_info *outcome_info(enum outcome_kind kind);

/* Does the name lead nowhere? It may be misspelt, or belong to a service that is gone (--down=absent). */
bool outcome_is_absent(enum outcome_kind kind);

/* Makes an outcome with a detail in printf style; NULL as format gives no detail. A long detail is cut. */
struct outcome outcome_make(enum outcome_kind kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes the outcome of a socket call that failed with this errno value (FACTS 18). It is never READY. */
struct outcome outcome_from_errno(int error_number);

/*
 * Chooses which of two outcomes to report for one target, found at two of its addresses: READY if one is READY, else
 * the one that got further, else the first. Returns one of its arguments; OUTCOME_NONE only if both are.
 */
const struct outcome *outcome_better(const struct outcome *first, const struct outcome *second);

#endif
