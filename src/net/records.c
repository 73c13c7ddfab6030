#include "net/records.h"

#include <ares.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

/* CNAME records that are followed in one answer. */
enum { RECORDS_ALIASES_MAX = 16 };

/* Returns the record of this type and owner, from number *at on, or NULL; *at is then the number after it. */
static const ares_dns_rr_t *records_next(const ares_dns_record_t *reply, enum records_type type, const char *owner,
					 size_t *at)
{
	size_t count = ares_dns_record_rr_cnt(reply, ARES_SECTION_ANSWER);

	while (*at < count) {
		const ares_dns_rr_t *record = ares_dns_record_rr_get_const(reply, ARES_SECTION_ANSWER, (*at)++);

		if ((int)ares_dns_rr_get_type(record) == (int)type &&
		    strcasecmp(ares_dns_rr_get_name(record), owner) == 0)
			return record;
	}
	return NULL;
}

/* Returns the name that the CNAME records lead to (RFC 1034, 3.6.2). */
static const char *records_owner(const ares_dns_record_t *reply, enum records_type type)
{
	const char *owner = NULL;

	ares_dns_record_query_get(reply, 0, &owner, NULL, NULL);
	for (int i = 0; i < RECORDS_ALIASES_MAX && type != RECORDS_CNAME; i++) {
		size_t at = 0;
		const ares_dns_rr_t *alias = records_next(reply, RECORDS_CNAME, owner, &at);

		if (!alias)
			break;
		owner = ares_dns_rr_get_str(alias, ARES_RR_CNAME_CNAME);
	}
	return owner;
}

/* Adds a text of count numbers and a name, unless that is the root. */
static void records_add_name(struct records *found, const int *numbers, size_t count, const char *name)
{
	if (!*name) {
		found->names_root = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		char *number = alloc_format("%d ", numbers[i]);

		buf_add_text(&found->texts, number);
		free(number);
	}
	buf_add(&found->texts, name, strlen(name) + 1);
}

static void records_add_strings(struct records *found, const ares_dns_rr_t *record)
{
	size_t len = 0;
	const char *bytes = (const char *)ares_dns_rr_get_bin(record, ARES_RR_TXT_DATA, &len);

	for (size_t i = 0; i < len; i++)
		buf_add(&found->texts, bytes[i] ? &bytes[i] : "?", 1);
	buf_add(&found->texts, "", 1);
}

static void records_add_address(struct records *found, const ares_dns_rr_t *record, bool is_v4)
{
	struct address address;

	address_of_bytes(&address, is_v4 ? AF_INET : AF_INET6,
			 is_v4 ? (const void *)ares_dns_rr_get_addr(record, ARES_RR_A_ADDR)
			       : (const void *)ares_dns_rr_get_addr6(record, ARES_RR_AAAA_ADDR));
	address_list_add(&found->addresses, &address);
}

static void records_add(struct records *found, const ares_dns_rr_t *record, enum records_type type)
{
	int numbers[3];

	switch (type) {
	case RECORDS_TXT:
		records_add_strings(found, record);
		break;
	case RECORDS_NS:
		records_add_name(found, numbers, 0, ares_dns_rr_get_str(record, ARES_RR_NS_NSDNAME));
		break;
	case RECORDS_CNAME:
		records_add_name(found, numbers, 0, ares_dns_rr_get_str(record, ARES_RR_CNAME_CNAME));
		break;
	case RECORDS_MX:
		numbers[0] = ares_dns_rr_get_u16(record, ARES_RR_MX_PREFERENCE);
		records_add_name(found, numbers, 1, ares_dns_rr_get_str(record, ARES_RR_MX_EXCHANGE));
		break;
	case RECORDS_SRV:
		numbers[0] = ares_dns_rr_get_u16(record, ARES_RR_SRV_PRIORITY);
		numbers[1] = ares_dns_rr_get_u16(record, ARES_RR_SRV_WEIGHT);
		numbers[2] = ares_dns_rr_get_u16(record, ARES_RR_SRV_PORT);
		records_add_name(found, numbers, 3, ares_dns_rr_get_str(record, ARES_RR_SRV_TARGET));
		break;
	default:
		records_add_address(found, record, type == RECORDS_A);
	}
}

void records_take(struct records *found, const struct ares_dns_record *reply, enum records_type type)
{
	const char *owner = records_owner(reply, type);
	const ares_dns_rr_t *record;

	for (size_t at = 0; (record = records_next(reply, type, owner, &at));)
		records_add(found, record, type);
}

void records_release(struct records *found)
{
	address_list_release(&found->addresses);
	buf_release(&found->texts);
}
