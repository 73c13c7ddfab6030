/* SRV records: where DNS says that a service is, and in which order to try the places (RFC 2782). */
#ifndef NET_SRV_H
#define NET_SRV_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct srv_record {
	char *host;
	uint16_t port, priority, weight;
};

/* So many records of one name are used. Each of their hosts is looked up. */
enum { SRV_LIST_MAX = 64 };

/* Zeroed: empty. */
struct srv_list {
	struct srv_record *entries;
	size_t count;
};

/*
 * Replaces the list by the records of an answer, as net/records.h has them: "10 5 7001 one.test" with priority, weight and
 * port, each with a NUL behind it. What is too much for the list is left out.
 */
void srv_list_read(struct srv_list *list, const struct buf *texts);

/* Frees the entries. The list is empty afterwards. */
void srv_list_release(struct srv_list *list);

/*
 * Puts the records into the order in which to try them: the lowest priority first; those of one priority by chance, where a
 * larger weight makes it more probable to come early. The same seed gives the same order.
 */
void srv_list_order(struct srv_list *list, uint64_t seed);

#endif
