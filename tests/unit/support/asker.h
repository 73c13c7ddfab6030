/* One question to the resolver, and what came of it. */
#ifndef ASKER_H
#define ASKER_H

#include "net/dns.h"
#include "unit_loop.h"

struct asker {
	struct unit_loop *unit;
	struct dns_question *question;
	int answers;
	bool without_port; /* all addresses are */
	struct outcome outcome;
	char addresses[256]; /* joined by blanks */
};

/* Asks; the answer stops the loop. */
void asker_ask(struct asker *asker, struct unit_loop *unit, struct dns *dns, const char *name, int family);

/* Asks, waits, and fails the test unless there is one answer. */
void asker_wait(struct asker *asker, struct unit_loop *unit, struct dns *dns, const char *name, int family);

#endif
