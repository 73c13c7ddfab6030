/* Questions to hosts file and DNS through c-ares on the loop, following /etc/resolv.conf and /etc/hosts as they change. */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <netinet/in.h>
#include <stddef.h>

#include "base/errors.h"
#include "net/loop.h"
#include "target/outcome.h"

struct dns;
struct dns_question;

/* What came of a question: addresses (possibly none), and where there are none the reason. */
struct dns_answer {
	struct outcome outcome;             /* READY when there are addresses */
	struct sockaddr_storage *addresses; /* port 0; valid during the callback */
	size_t count;
};

/* Nothing is opened before the first question: most waits in CI are for an address. */
struct dns *dns_new(struct loop *loop);

/* Only when no question is open, and never inside a callback of it (c-ares#347, FACTS 15). */
void dns_free(struct dns *dns);

/*
 * Asks for the addresses of one family (AF_INET or AF_INET6; A and AAAA are apart so that one that is
 * lost does not delay the other, FACTS 13). answered is called once, on a later turn of the loop,
 * unless dns_drop came first. There is no limit but c-ares' own: the caller has its own timer. A change
 * of resolv.conf or hosts meanwhile asks again with what they say now (FACTS 8, 9, 14).
 */
struct dns_question *dns_ask(struct dns *dns, const char *name, int family,
			     void (*answered)(void *arg, const struct dns_answer *answer), void *arg);

/* Forgets a question that was not answered yet. NULL does nothing. */
void dns_drop(struct dns_question *question);

#endif
