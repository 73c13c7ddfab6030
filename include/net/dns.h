/* Asks the DNS servers for records of one complete name: which server when, how often, and for how long. */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stddef.h>

#include "net/loop.h"
#include "net/records.h"
#include "net/resolvconf.h"
#include "target/outcome.h"

/* The longest name that can exist (RFC 1035, 2.3.4), and space for it, a dot at its end and a NUL. */
enum { DNS_NAME_MAX = 253, DNS_NAME_SIZE = DNS_NAME_MAX + 2 };

struct dns;
struct dns_question;

/* The answer to a question: records, or the reason why there are none. */
struct dns_answer {
	struct outcome
		outcome; /* READY if there are records, else the reason; NO_ADDRESS: the name has none of the type, and
			  * with a detail: it says that there is no such service */
	struct records found; /* the callback may take it and zero it */
};

/*
 * Returns a resolver, which dns_free frees. It uses the servers of conf, which must outlive it, and opens nothing before
 * the first question.
 */
struct dns *dns_new(struct loop *loop, const struct resolvconf *conf);

/* First drop all open questions. Do not call it in a callback (c-ares#347, FACTS 15). NULL does nothing. */
void dns_free(struct dns *dns);

/* Uses the servers as they are in conf now. First drop all open questions. */
void dns_reset(struct dns *dns);

/*
 * Asks for the records of one type that a name has; nothing is added to the name. The loop calls `answered` once, unless dns_drop was called before, and never inside dns_ask; the question is then no longer valid.
 * The callback may ask again, and drop other questions.
 *
 * The first server is asked, then after 0.5 s of silence the next one, after 1 s more the next, then after 2 s; if one
 * answers that it cannot tell, the next is asked at once, and the silence is counted from then on. The first answer
 * counts, however late it comes: a slow resolver needs one answer and not a quick one. 5 s after the last of them the
 * outcome is DNS_SILENT, so after 8.5 s in all if there is no error. A server that was silent is asked together with the
 * next one, until it answers again.
 */
struct dns_question *dns_ask(struct dns *dns, const char *name, enum records_type type,
			     void (*answered)(void *arg, struct dns_answer *answer), void *arg);

/* Cancels a question that was not answered yet: its callback is never called. NULL does nothing. */
void dns_drop(struct dns_question *question);

#endif
