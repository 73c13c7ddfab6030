/* The examples of RFC 5802 (5) and RFC 7677 (3), and servers that do not keep to them. */
#include "unit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "probe/scram.h"

#define NONCE_1   "fyko+d2lbbFgONRv9qkxdawL"
#define NONCE_256 "rOprNGfwEbeRWgbNEkqO"
#define BOTH_1    NONCE_1 "3rfcNHYJY1ZVvWVs7j"
#define BOTH_256  NONCE_256 "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"

/* In base64: the bytes of the examples' nonces. */
static const unsigned char random_1[] = {0x7f, 0x29, 0x28, 0xf9, 0xdd, 0xa5, 0x6d, 0xb1, 0x60,
					 0x38, 0xd4, 0x6f, 0xf6, 0xa9, 0x31, 0x75, 0xac, 0x0b};
static const unsigned char random_256[] = {0xac, 0xea, 0x6b, 0x34, 0x67, 0xf0, 0x11, 0xb7,
					   0x91, 0x5a, 0x06, 0xcd, 0x12, 0x4a, 0x8e};

static struct scram user_of(enum digest_kind kind, struct scram_key *key)
{
	*key = (struct scram_key){0};
	if (kind == DIGEST_SHA1)
		return (struct scram){kind, "user", "pencil", random_1, sizeof(random_1), key};
	return (struct scram){kind, "user", "pencil", random_256, sizeof(random_256), key};
}

static void check_begin(const struct scram *scram, const char *expected)
{
	struct buf said = {0};

	scram_begin(scram, &said);
	check_text("first message", said.data, expected);
	buf_release(&said);
}

/* What the server says, what we answer, and what the server must prove then. */
static void check_answer(const struct scram *scram, const char *said, const char *answer, const char *proof)
{
	struct buf out = {0}, expected = {0};
	struct outcome outcome = scram_answer(scram, said, strlen(said), &out, &expected);

	check_text(said, outcome.detail, "");
	check_int(said, outcome.kind, OUTCOME_READY);
	check_text(said, out.data, answer);
	check_text(said, expected.data, proof);
	buf_release(&out);
	buf_release(&expected);
}

static void test_examples(void **state)
{
	struct scram_key key;
	struct scram scram = user_of(DIGEST_SHA1, &key);

	(void)state;
	check_begin(&scram, "n,,n=user,r=" NONCE_1);
	check_answer(&scram, "r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=4096",
		     "c=biws,r=" BOTH_1 ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
	scram = user_of(DIGEST_SHA256, &key);
	check_begin(&scram, "n,,n=user,r=" NONCE_256);
	for (size_t again = 0; again < 2; again++) /* the second time with the key that is there */
		check_answer(&scram, "r=" BOTH_256 ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
			     "c=biws,r=" BOTH_256 ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
			     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

/* A key is of one salt and one number of rounds: the key that is there is not taken for another. */
static void test_another_salt(void **state)
{
	static const char *const others[] = {"r=" BOTH_256 ",s=W22ZaJ0SNY7soEsUEjb6gA==,i=4096",
					     "r=" BOTH_256 ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4097",
					     "r=" BOTH_256 ",s=W22ZaJ0SNY7soEsUEjb6,i=4096"};
	struct scram_key key;
	struct scram scram = user_of(DIGEST_SHA256, &key);

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		unsigned char before[DIGEST_SIZE_MAX];
		struct buf out = {0}, proof = {0};

		memcpy(before, key.hash, sizeof(before));
		scram_answer(&scram, others[i], strlen(others[i]), &out, &proof);
		check(others[i], memcmp(before, key.hash, DIGEST_SHA256_SIZE) != 0);
		buf_release(&out);
		buf_release(&proof);
		check_answer(&scram, "r=" BOTH_256 ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
			     "c=biws,r=" BOTH_256 ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
			     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
	}
}

/* RFC 5802, 5.1: '=' and ',' in a name. */
static void test_names(void **state)
{
	struct scram_key key;
	struct scram scram = user_of(DIGEST_SHA1, &key);

	(void)state;
	scram.user = "a=b,c==";
	check_begin(&scram, "n,,n=a=3Db=2Cc=3D=3D,r=" NONCE_1);
}

#define SALT_OF_64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
#define SALT_OF_66 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void test_what_a_server_may_say(void **state)
{
	static const struct {
		const char *said;
		enum outcome_kind kind;
		const char *detail;
	} rows[] = {
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=4096,x=of the future", OUTCOME_READY, ""},
		{"r=" BOTH_1 ",s=" SALT_OF_64 ",i=4096", OUTCOME_READY, ""},
		{"r=" BOTH_1 ",s=" SALT_OF_66 ",i=4096", OUTCOME_GARBLED, "not SCRAM"},
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=100000", OUTCOME_READY, ""},
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=4095", OUTCOME_UNSUITABLE, "it wants 4095 rounds"},
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=0", OUTCOME_UNSUITABLE, "it wants 0 rounds"},
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=100001", OUTCOME_UNSUITABLE, "it wants 100001 rounds"},
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=2147483648", OUTCOME_UNSUITABLE, "4096 to 100000 are done"},
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=99999999999999999999999999", OUTCOME_UNSUITABLE, "rounds"},
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=-4096", OUTCOME_GARBLED, "not SCRAM"},
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i= 4096", OUTCOME_GARBLED, "not SCRAM"},
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=", OUTCOME_GARBLED, "not SCRAM"},
		{"r=" BOTH_1 ",s=QSXCR+Q6sek8bf92", OUTCOME_GARBLED, "not SCRAM"},
		{"r=" BOTH_1 ",s=,i=4096", OUTCOME_GARBLED, "not SCRAM"},
		{"r=" BOTH_1 ",s=*,i=4096", OUTCOME_GARBLED, "not SCRAM"},
		{"r=" BOTH_1 ",i=4096,s=QSXCR+Q6sek8bf92", OUTCOME_GARBLED, "not SCRAM"},
		{"m=must be known,r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=4096", OUTCOME_GARBLED, "not SCRAM"},
		{"r=" NONCE_1 ",s=QSXCR+Q6sek8bf92,i=4096", OUTCOME_GARBLED, "not SCRAM"},
		{"r=" BOTH_256 ",s=QSXCR+Q6sek8bf92,i=4096", OUTCOME_GARBLED, "not SCRAM"},
		{"r=,s=QSXCR+Q6sek8bf92,i=4096", OUTCOME_GARBLED, "not SCRAM"},
		{"r", OUTCOME_GARBLED, "not SCRAM"},
		{"", OUTCOME_GARBLED, "not SCRAM"},
	};
	struct scram_key key;
	struct scram scram = user_of(DIGEST_SHA1, &key);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* A block of exactly this size, so that the sanitizer notices a read beyond its end. */
		size_t len = strlen(rows[i].said);
		char *said = memcpy(alloc_zero(1, len ? len : 1), rows[i].said, len);
		struct buf out = {0}, proof = {0};
		struct outcome outcome = scram_answer(&scram, said, len, &out, &proof);

		check_int(rows[i].said, outcome.kind, rows[i].kind);
		check_has(rows[i].said, outcome.detail, rows[i].detail);
		check(rows[i].said, (outcome.kind == OUTCOME_READY) == (out.len > 0));
		buf_release(&out);
		buf_release(&proof);
		free(said);
	}
}

static void test_a_zero_byte_is_no_end(void **state)
{
	static const char said[] = "r=" BOTH_1 ",s=QSXCR+Q6sek8bf92,i=4096\0,x=y";
	struct scram_key key;
	struct scram scram = user_of(DIGEST_SHA1, &key);
	struct buf out = {0}, proof = {0};

	(void)state;
	check_int("zero byte", scram_answer(&scram, said, sizeof(said) - 1, &out, &proof).kind, OUTCOME_GARBLED);
	buf_release(&out);
	buf_release(&proof);
}

static void test_the_end(void **state)
{
	static const struct {
		const char *said;
		enum outcome_kind kind;
		const char *detail;
	} rows[] = {
		{"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", OUTCOME_READY, ""},
		{"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,x=of the future", OUTCOME_READY, ""},
		{"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=x", OUTCOME_UNSUITABLE, "does not prove"},
		{"v=rmF9pqV8S7suAoZWja4dJRkFsKR=", OUTCOME_UNSUITABLE, "does not prove"},
		{"v=rmF9pqV8S7suAoZWja4dJRkFsKQ", OUTCOME_UNSUITABLE, "does not prove"},
		{"v=", OUTCOME_UNSUITABLE, "does not prove"},
		{"", OUTCOME_UNSUITABLE, "does not prove"},
		{"e=invalid-proof", OUTCOME_DENIED, "invalid-proof"},
		{"e=", OUTCOME_UNSUITABLE, "does not prove"},
	};
	struct buf proof = {0};

	(void)state;
	buf_add_text(&proof, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct outcome outcome = scram_check(&proof, rows[i].said, strlen(rows[i].said));

		check_int(rows[i].said, outcome.kind, rows[i].kind);
		check_has(rows[i].said, outcome.detail, rows[i].detail);
	}
	buf_release(&proof);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_another_salt),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_what_a_server_may_say),
		cmocka_unit_test(test_a_zero_byte_is_no_end),
		cmocka_unit_test(test_the_end),
	};

	return unit_main(tests);
}
