/* The records that a DNS server's answer has for the name that it was asked for. c-ares has read the packet. */
#ifndef NET_RECORDS_H
#define NET_RECORDS_H

#include <stdbool.h>

#include "base/buf.h"
#include "net/address.h"

/* Their numbers are those of DNS: RFC 1035, 3.2.2; RFC 3596, 2.1; RFC 2782. */
enum records_type {
	RECORDS_A = 1,
	RECORDS_NS = 2,
	RECORDS_CNAME = 5,
	RECORDS_MX = 15,
	RECORDS_TXT = 16,
	RECORDS_AAAA = 28,
	RECORDS_SRV = 33
};

struct ares_dns_record; /* c-ares' */

/* Zeroed: none. */
struct records {
	struct address_list addresses; /* of A and AAAA, with port 0 */
	/*
	 * Of other types, as zone files write them (RFC 1035, 5.1), each with a NUL behind it: "10 mail.test" for MX,
	 * "0 5 5060 sip.test" for SRV. Names have no dot at the end. The strings of a TXT record are joined, as in RFC 7208,
	 * 3.3, and a NUL in them is a '?'.
	 */
	struct buf texts;
	bool names_root; /* an MX or SRV record names the root: there is no such service (RFC 7505, 3; RFC 2782) */
};

/*
 * Adds the records of one type that belong to the name that was asked for, or to where CNAME records lead from it, unless
 * they are asked for themselves. Those of other names do not count, nor does an MX or SRV record that names the root.
 */
void records_take(struct records *found, const struct ares_dns_record *reply, enum records_type type);

void records_release(struct records *found);

#endif
