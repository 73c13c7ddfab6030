#include "base/utf8.h"

/* The first byte of a character with 1, 2, 3 or 4 bytes, and the least code in that form; a lower code is overlong. */
struct utf8_form {
	unsigned char mask, lead;
	uint32_t least;
};

static const struct utf8_form utf8_forms[] = {
	{0x80, 0x00, 0x0},
	{0xe0, 0xc0, 0x80},
	{0xf0, 0xe0, 0x800},
	{0xf8, 0xf0, 0x10000},
};

size_t utf8_decode(const char *text, size_t len, uint32_t *code)
{
	const unsigned char *bytes = (const unsigned char *)text;
	uint32_t value;
	size_t more = 0; /* bytes after the first */

	while (len && more < 4 && (bytes[0] & utf8_forms[more].mask) != utf8_forms[more].lead)
		more++;
	if (more == 4 || len <= more)
		return 0;
	value = bytes[0] & ~utf8_forms[more].mask & 0xff;
	for (size_t i = 1; i <= more; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3f);
	}
	if (value < utf8_forms[more].least || (value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
		return 0;
	if (code)
		*code = value;
	return more + 1;
}

bool utf8_is_control(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x200b, 0x200f},
		{0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}
