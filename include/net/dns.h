/* Resolves names with /etc/hosts and DNS, through c-ares on the loop. Notices changes of hosts and resolv.conf. */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <netinet/in.h>
#include <stddef.h>

#include "base/errors.h"
#include "net/loop.h"
#include "target/outcome.h"

struct dns;
struct dns_question;

/* The answer to a question: addresses, or the reason why there are none. */
struct dns_answer {
	struct outcome outcome;             /* READY if there are addresses, else the reason */
	struct sockaddr_storage *addresses; /* their port is 0; valid only during the callback */
	size_t count;
};

/* Returns a resolver, which dns_free frees. It opens nothing before the first question, and many waits ask none. */
struct dns *dns_new(struct loop *loop);

/* First drop all open questions. Do not call it in a callback (c-ares#347, FACTS 15). NULL does nothing. */
void dns_free(struct dns *dns);

/*
 * Asks for the addresses of a name in one family, AF_INET or AF_INET6. A and AAAA are separate questions, so that a
 * lost answer to one does not delay the other (FACTS 13). The loop calls `answered` once, unless dns_drop was called
 * before, and never inside dns_ask. When it is called, the question is no longer valid. The only time limit is that of
 * c-ares, so the caller sets its own timer. If resolv.conf or hosts changes before the answer, the question is sent
 * again with the new contents (FACTS 8, 9, 14). The name is copied.
 */
struct dns_question *dns_ask(struct dns *dns, const char *name, int family,
			     void (*answered)(void *arg, const struct dns_answer *answer), void *arg);

/* Cancels a question that was not answered yet: its callback is never called. NULL does nothing. */
void dns_drop(struct dns_question *question);

#endif
