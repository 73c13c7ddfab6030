#include "unit.h"

#include <stdlib.h>

#include "base/punycode.h"

enum { CODES = 40 };

struct encode_row {
	const char *name;
	uint32_t codes[CODES]; /* they end with 0 */
	const char *encoded;
};

/* The examples of RFC 3492, 7.1, in lower case. */
static void test_encode(void **state)
{
	static const struct encode_row rows[] = {
		{"Arabic",
		 {0x644, 0x64a, 0x647, 0x645, 0x627, 0x628, 0x62a, 0x643, 0x644, 0x645, 0x648, 0x634, 0x639, 0x631,
		  0x628, 0x64a, 0x61f},
		 "egbpdaj6bu4bxfgehfvwxn"},
		{"Chinese",
		 {0x4ed6, 0x4eec, 0x4e3a, 0x4ec0, 0x4e48, 0x4e0d, 0x8bf4, 0x4e2d, 0x6587},
		 "ihqwcrb4cv8a8dqg056pqjye"},
		{"Czech",
		 {'p', 'r', 'o', 0x10d, 'p', 'r',  'o',   's', 't', 0x11b, 'n',
		  'e', 'm', 'l', 'u',   'v', 0xed, 0x10d, 'e', 's', 'k',   'y'},
		 "proprostnemluvesky-uyb24dma41a"},
		{"Hebrew",
		 {0x5dc, 0x5de, 0x5d4, 0x5d4, 0x5dd, 0x5e4, 0x5e9, 0x5d5, 0x5d8, 0x5dc, 0x5d0,
		  0x5de, 0x5d3, 0x5d1, 0x5e8, 0x5d9, 0x5dd, 0x5e2, 0x5d1, 0x5e8, 0x5d9, 0x5ea},
		 "4dbcagdahymbxekheh6e0a7fei0b"},
		{"Russian",
		 {0x43f, 0x43e, 0x447, 0x435, 0x43c, 0x443, 0x436, 0x435, 0x43e, 0x43d, 0x438, 0x43d, 0x435, 0x433,
		  0x43e, 0x432, 0x43e, 0x440, 0x44f, 0x442, 0x43f, 0x43e, 0x440, 0x443, 0x441, 0x441, 0x43a, 0x438},
		 "b1abfaaepdrnnbgefbadotcwatmq2g4l"},
		{"a Japanese artist",
		 {'3', 0x5e74, 'b', 0x7d44, 0x91d1, 0x516b, 0x5148, 0x751f},
		 "3b-ww4c5e180e575a65lsy2b"},
		{"a Japanese title",
		 {'M', 'a', 'j', 'i', 0x3067, 'K', 'o', 'i', 0x3059, 0x308b, '5', 0x79d2, 0x524d},
		 "MajiKoi5-783gue6qz075azm5e"},
		{"with a '-'",
		 {'H', 'e', 'l', 'l', 'o', '-',    'A',    'n',    'o',    't',    'h',    'e',   'r',
		  '-', 'W', 'a', 'y', '-', 0x305d, 0x308c, 0x305e, 0x308c, 0x306e, 0x5834, 0x6240},
		 "Hello-Another-Way--fc4qua05auwb3674vfr0b"},
		{"one more", {0x3072, 0x3068, 0x3064, 0x5c4b, 0x6839, 0x306e, 0x4e0b, '2'}, "2-u9tlzr9756bt3uc0v"},
		{"another", {0x305d, 0x306e, 0x30b9, 0x30d4, 0x30fc, 0x30c9, 0x3067}, "d9juau41awczczp"},
		{"ASCII that breaks the rules for hosts",
		 {'-', '>', ' ', '$', '1', '.', '0', '0', ' ', '<', '-'},
		 "-> $1.00 <--"},
		{"nothing", {0}, ""},
		{"too large", {1, 0xfffffffe}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t count = 0;
		char *encoded;

		while (rows[i].codes[count])
			count++;
		encoded = punycode_encode(rows[i].codes, count);
		check_text(rows[i].name, encoded, rows[i].encoded);
		free(encoded);
	}
}

struct host_row {
	const char *host, *ascii;
};

/* The right values are those of Python's idna codec, which follows RFC 3490. */
static void test_host(void **state)
{
	static const struct host_row rows[] = {
		{"bücher.test", "xn--bcher-kva.test"},
		{"BÜCHER.Test", "xn--bcher-kva.test"},
		{"db.BÜRO.example.", "db.xn--bro-hoa.example."},
		{"münchen", "xn--mnchen-3ya"},
		{"例え.テスト", "xn--r8jz45g.xn--zckzah"},
		{"例え。テスト", "xn--r8jz45g.xn--zckzah"},
		{"почта.РФ", "xn--80a1acny.xn--p1ai"},
		{"ČESKÝ.žluť", "xn--esk-noa0f.xn--lu-yta1h"},
		{"ΑΘΗΝΑ", "xn--mxaard0a"},
		{"plain.Test", "plain.test"},
		{"a..é", "a..xn--9ca"},
		{"", ""},
		{"\xff.test", NULL},
		{"bu\xcc\x88"
		 "cher",
		 NULL}, /* u and a separate accent */
		{"a\xe2\x80\x8b"
		 "b",
		 NULL}, /* a character that nobody sees */
		{"ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *ascii = punycode_host(rows[i].host);

		check_text(rows[i].host, ascii, rows[i].ascii);
		free(ascii);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_host),
	};

	return unit_main(tests);
}
