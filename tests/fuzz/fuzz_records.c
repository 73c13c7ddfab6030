/*
 * Answers of DNS servers, as they come from the network. The first byte chooses a seed, the rest is the packet.
 * Covers: src/net/records.c src/net/srv.c
 */
#include "fuzz.h"

#include <ares.h>
#include <stdlib.h>
#include <string.h>

#include "net/records.h"
#include "net/srv.h"

static void check_records(const struct records *found)
{
	fuzz_check(found->addresses.count <= ADDRESS_LIST_MAX, NULL);
	fuzz_check(!found->texts.len || found->texts.data[found->texts.len - 1] == '\0', NULL);
}

/* Every record keeps its host, and the order is that of the priorities. */
static void check_srv(const struct records *found, uint64_t seed)
{
	struct srv_list list = {0};
	size_t ports = 0;

	srv_list_read(&list, &found->texts);
	fuzz_check(list.count <= SRV_LIST_MAX, NULL);
	for (size_t i = 0; i < list.count; i++) {
		fuzz_check(list.entries[i].host, NULL);
		ports += list.entries[i].port;
	}
	srv_list_order(&list, seed);
	for (size_t i = 0; i < list.count; i++) {
		fuzz_check(!i || list.entries[i - 1].priority <= list.entries[i].priority, NULL);
		ports -= list.entries[i].port;
	}
	fuzz_check(ports == 0, NULL);
	srv_list_release(&list);
}

void fuzz_one(struct fuzz *in)
{
	static const enum records_type types[] = {RECORDS_A,   RECORDS_NS,   RECORDS_CNAME, RECORDS_MX,
						  RECORDS_TXT, RECORDS_AAAA, RECORDS_SRV};
	uint64_t seed = fuzz_byte(in);
	ares_dns_record_t *reply = NULL;

	if (ares_dns_parse((const unsigned char *)in->at, in->left, 0, &reply) != ARES_SUCCESS)
		return;
	/* c-ares gives no other reply to the caller: the question must be the one that was asked. */
	for (size_t i = 0; ares_dns_record_query_cnt(reply) == 1 && i < sizeof(types) / sizeof(types[0]); i++) {
		struct records found = {0};

		records_take(&found, reply, types[i]);
		check_records(&found);
		if (types[i] == RECORDS_SRV)
			check_srv(&found, seed);
		records_release(&found);
	}
	ares_dns_record_destroy(reply);
}
