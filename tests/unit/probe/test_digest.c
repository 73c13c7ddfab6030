/* The examples of the documents that say what these hashes are. */
#include "unit.h"

#include <string.h>

#include "probe/digest.h"

static void check_bytes(const char *row, enum digest_kind kind, const unsigned char *bytes, const char *hex)
{
	char text[2 * DIGEST_SIZE_MAX + 1] = "";

	for (size_t i = 0; i < digest_size(kind); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	check_text(row, text, hex);
}

/* RFC 1321 A.5, FIPS 180-4's "abc" (also RFC 3174, 7.3 and RFC 6234, 8.5). In two parts, and in place. */
static void test_hashes(void **state)
{
	static const struct {
		enum digest_kind kind;
		const char *hex;
	} rows[] = {
		{DIGEST_MD5, "900150983cd24fb0d6963f7d28e17f72"},
		{DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{DIGEST_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
				"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t first = 0; first <= 3; first++) {
			unsigned char bytes[DIGEST_SIZE_MAX] = "abc";

			digest_make(rows[i].kind, bytes, first, bytes + first, 3 - first, bytes);
			check_bytes("abc", rows[i].kind, bytes, rows[i].hex);
		}
}

/* RFC 2202, 3 (test case 2), and RFC 4231, 4.3. */
static void test_signatures(void **state)
{
	static const struct {
		enum digest_kind kind;
		const char *hex;
	} rows[] = {
		{DIGEST_MD5, "750c783e6ab0b503eaa86e310a5db738"},
		{DIGEST_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{DIGEST_SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{DIGEST_SHA512, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
				"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned char bytes[DIGEST_SIZE_MAX] = "what do ya want for nothing?";

		digest_sign(rows[i].kind, "Jefe", 4, bytes, strlen((char *)bytes), bytes);
		check_bytes("Jefe", rows[i].kind, bytes, rows[i].hex);
	}
}

/* RFC 6070, 2, and the first block of RFC 7914, 11. */
static void test_stretching(void **state)
{
	static const struct {
		enum digest_kind kind;
		const char *password, *salt;
		unsigned rounds;
		const char *hex;
	} rows[] = {
		{DIGEST_SHA1, "password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"},
		{DIGEST_SHA1, "password", "salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"},
		{DIGEST_SHA1, "password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1"},
		{DIGEST_SHA256, "passwd", "salt", 1,
		 "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"},
		{DIGEST_SHA256, "Password", "NaCl", 80000,
		 "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned char bytes[DIGEST_SIZE_MAX];

		digest_stretch(rows[i].kind, rows[i].password, rows[i].salt, 4, rows[i].rounds, bytes);
		check_bytes(rows[i].password, rows[i].kind, bytes, rows[i].hex);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_stretching),
	};

	return unit_main(tests);
}
