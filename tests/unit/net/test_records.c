#include "unit.h"

#include <ares.h>
#include <string.h>

#include "net/records.h"

/* A reply to the question for the name "db.test", as c-ares would have read it. */
static ares_dns_record_t *reply_new(void)
{
	ares_dns_record_t *reply = NULL;

	check_int("made", ares_dns_record_create(&reply, 1, ARES_FLAG_QR, ARES_OPCODE_QUERY, ARES_RCODE_NOERROR),
		  ARES_SUCCESS);
	check_int("asked", ares_dns_record_query_add(reply, "db.test", ARES_REC_TYPE_TXT, ARES_CLASS_IN), ARES_SUCCESS);
	return reply;
}

static ares_dns_rr_t *reply_add(ares_dns_record_t *reply, const char *owner, ares_dns_rec_type_t type)
{
	ares_dns_rr_t *record = NULL;

	check_int(owner, ares_dns_record_rr_add(&record, reply, ARES_SECTION_ANSWER, owner, type, ARES_CLASS_IN, 600),
		  ARES_SUCCESS);
	return record;
}

/* What is found of the type: texts with blanks and bars between them. Destroys the reply. */
static void check_found(ares_dns_record_t *reply, enum records_type type, const char *expected)
{
	struct records found = {0};
	char joined[512] = "", one[ADDRESS_TEXT_MAX];

	records_take(&found, reply, type);
	for (size_t i = 0; i < found.addresses.count; i++)
		snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s|",
			 address_text(&found.addresses.entries[i], one, sizeof(one)));
	for (size_t at = 0; at < found.texts.len; at += strlen(found.texts.data + at) + 1)
		snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s|", found.texts.data + at);
	check_text("found", joined, expected);
	records_release(&found);
	ares_dns_record_destroy(reply);
}

static void test_names_and_numbers(void **state)
{
	ares_dns_record_t *reply = reply_new();
	ares_dns_rr_t *record = reply_add(reply, "db.test", ARES_REC_TYPE_SRV);

	(void)state;
	ares_dns_rr_set_u16(record, ARES_RR_SRV_PRIORITY, 10);
	ares_dns_rr_set_u16(record, ARES_RR_SRV_WEIGHT, 0);
	ares_dns_rr_set_u16(record, ARES_RR_SRV_PORT, 65535);
	ares_dns_rr_set_str(record, ARES_RR_SRV_TARGET, "sip.test");
	record = reply_add(reply, "DB.TEST", ARES_REC_TYPE_SRV); /* one that says "there is none" */
	ares_dns_rr_set_str(record, ARES_RR_SRV_TARGET, "");
	check_found(reply, RECORDS_SRV, "10 0 65535 sip.test|");

	reply = reply_new();
	record = reply_add(reply, "db.test", ARES_REC_TYPE_MX);
	ares_dns_rr_set_str(record, ARES_RR_MX_EXCHANGE, "");
	record = reply_add(reply, "db.test", ARES_REC_TYPE_MX);
	ares_dns_rr_set_u16(record, ARES_RR_MX_PREFERENCE, 5);
	ares_dns_rr_set_str(record, ARES_RR_MX_EXCHANGE, "Mail.test");
	check_found(reply, RECORDS_MX, "5 Mail.test|");

	reply = reply_new();
	for (int i = 0; i < 2; i++)
		ares_dns_rr_set_str(reply_add(reply, "db.test", ARES_REC_TYPE_NS), ARES_RR_NS_NSDNAME,
				    i ? "ns1.test" : "ns0.test");
	check_found(reply, RECORDS_NS, "ns0.test|ns1.test|");
}

/* The strings of one record are joined. No byte of one can end it early. */
static void test_strings(void **state)
{
	static const unsigned char first[] = {'v', '=', '\0', '1', '"', ' ', 0xff}, second[] = {'!'};
	ares_dns_record_t *reply = reply_new();
	ares_dns_rr_t *record = reply_add(reply, "db.test", ARES_REC_TYPE_TXT);

	(void)state;
	ares_dns_rr_add_abin(record, ARES_RR_TXT_DATA, first, sizeof(first));
	ares_dns_rr_add_abin(record, ARES_RR_TXT_DATA, second, sizeof(second));
	record = reply_add(reply, "db.test", ARES_REC_TYPE_TXT);
	ares_dns_rr_add_abin(record, ARES_RR_TXT_DATA, second, 0);
	check_found(reply, RECORDS_TXT, "v=?1\" \377!||");
}

/* Aliases are followed, but not if they are what is asked for. Records of other names and types do not count. */
static void test_owners(void **state)
{
	const struct in_addr v4 = {htonl(0x0a000002)};
	const struct ares_in6_addr v6 = {{{0xfd, [15] = 2}}};

	(void)state;
	for (int asked = 0; asked < 4; asked++) {
		static const enum records_type types[] = {RECORDS_CNAME, RECORDS_A, RECORDS_AAAA, RECORDS_TXT};
		static const char *const expected[] = {"a.test|", "10.0.0.2|", "fd00::2|", ""};
		ares_dns_record_t *reply = reply_new();

		ares_dns_rr_set_addr(reply_add(reply, "c.test", ARES_REC_TYPE_A), ARES_RR_A_ADDR, &v4);
		ares_dns_rr_set_str(reply_add(reply, "A.test", ARES_REC_TYPE_CNAME), ARES_RR_CNAME_CNAME, "b.test");
		ares_dns_rr_set_str(reply_add(reply, "db.test", ARES_REC_TYPE_CNAME), ARES_RR_CNAME_CNAME, "a.test");
		for (int i = 0; i < 2; i++)
			ares_dns_rr_set_addr(reply_add(reply, "b.test", ARES_REC_TYPE_A), ARES_RR_A_ADDR, &v4);
		ares_dns_rr_set_addr6(reply_add(reply, "b.test", ARES_REC_TYPE_AAAA), ARES_RR_AAAA_ADDR, &v6);
		check_found(reply, types[asked], expected[asked]);
	}
}

/* Aliases that lead in a circle end. */
static void test_a_circle(void **state)
{
	ares_dns_record_t *reply = reply_new();

	(void)state;
	ares_dns_rr_set_str(reply_add(reply, "db.test", ARES_REC_TYPE_CNAME), ARES_RR_CNAME_CNAME, "a.test");
	ares_dns_rr_set_str(reply_add(reply, "a.test", ARES_REC_TYPE_CNAME), ARES_RR_CNAME_CNAME, "db.test");
	check_found(reply, RECORDS_A, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_a_circle),
	};

	return unit_main(tests);
}
