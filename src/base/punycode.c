#include "base/punycode.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"

/* The parameters of RFC 3492, 5. */
enum {
	PUNYCODE_BASE = 36,
	PUNYCODE_T_MIN = 1,
	PUNYCODE_T_MAX = 26,
	PUNYCODE_SKEW = 38,
	PUNYCODE_DAMP = 700,
	PUNYCODE_BIAS = 72,
	PUNYCODE_FIRST = 128
};

enum { PUNYCODE_LABEL_MAX = 63 };

/* RFC 3492, 6.1. */
static uint32_t punycode_adapt(uint32_t delta, uint32_t count, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / PUNYCODE_DAMP : delta / 2;
	delta += delta / count;
	for (; delta > (PUNYCODE_BASE - PUNYCODE_T_MIN) * PUNYCODE_T_MAX / 2; k += PUNYCODE_BASE)
		delta /= PUNYCODE_BASE - PUNYCODE_T_MIN;
	return k + (PUNYCODE_BASE - PUNYCODE_T_MIN + 1) * delta / (delta + PUNYCODE_SKEW);
}

static void punycode_add_digit(struct buf *out, uint32_t digit)
{
	buf_add(out, &"abcdefghijklmnopqrstuvwxyz0123456789"[digit], 1);
}

/* Appends delta as an integer of variable length (RFC 3492, 3.3). */
static void punycode_add(struct buf *out, uint32_t delta, uint32_t bias)
{
	for (uint32_t k = PUNYCODE_BASE;; k += PUNYCODE_BASE) {
		uint32_t t = k <= bias ? PUNYCODE_T_MIN : k >= bias + PUNYCODE_T_MAX ? PUNYCODE_T_MAX : k - bias;

		if (delta < t) {
			punycode_add_digit(out, delta);
			return;
		}
		punycode_add_digit(out, t + (delta - t) % (PUNYCODE_BASE - t));
		delta = (delta - t) / (PUNYCODE_BASE - t);
	}
}

/* Returns the lowest code that is at least `least`; UINT32_MAX if there is none. */
static uint32_t punycode_next(const uint32_t *codes, size_t count, uint32_t least)
{
	uint32_t next = UINT32_MAX;

	for (size_t i = 0; i < count; i++)
		if (codes[i] >= least && codes[i] < next)
			next = codes[i];
	return next;
}

/* The state of an encoder (RFC 3492, 6.3). */
struct punycode_walk {
	struct buf out;
	uint32_t code, delta, bias, handled, basic;
};

/* Appends each place of walk->code. */
static void punycode_add_code(struct punycode_walk *walk, const uint32_t *codes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		walk->delta += codes[i] < walk->code;
		if (codes[i] != walk->code)
			continue;
		punycode_add(&walk->out, walk->delta, walk->bias);
		walk->bias = punycode_adapt(walk->delta, walk->handled + 1, walk->handled == walk->basic);
		walk->delta = 0;
		walk->handled++;
	}
}

char *punycode_encode(const uint32_t *codes, size_t count)
{
	struct punycode_walk walk = {.code = PUNYCODE_FIRST, .bias = PUNYCODE_BIAS};

	for (size_t i = 0; i < count; i++)
		if (codes[i] < PUNYCODE_FIRST) {
			buf_add(&walk.out, &(const char){(char)codes[i]}, 1);
			walk.basic++;
		}
	walk.handled = walk.basic;
	if (walk.basic)
		buf_add_text(&walk.out, "-");
	while (walk.handled < count) {
		uint32_t next = punycode_next(codes, count, walk.code);

		if (next - walk.code > (UINT32_MAX - walk.delta) / (walk.handled + 1)) {
			buf_release(&walk.out);
			return NULL;
		}
		walk.delta += (next - walk.code) * (walk.handled + 1);
		walk.code = next;
		punycode_add_code(&walk, codes, count);
		walk.delta++;
		walk.code++;
	}
	return buf_detach(&walk.out);
}

/* Lower case for the letters of Latin, Greek and Cyrillic; towlower of glibc would need a locale. */
static uint32_t punycode_lower(uint32_t code)
{
	if (code < 0x80)
		return (uint32_t)tolower((int)code);
	if ((code >= 0xc0 && code <= 0xde && code != 0xd7) || (code >= 0x391 && code <= 0x3a9) ||
	    (code >= 0x410 && code <= 0x42f))
		return code + 0x20;
	if (code >= 0x400 && code <= 0x40f)
		return code + 0x50;
	if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e))
		return code + code % 2;
	if (code >= 0x100 && code <= 0x177 && code != 0x130 && code != 0x131 && code != 0x138)
		return code | 1;
	return code == 0x178 ? 0xff : code;
}

/* The dots of IDNA (RFC 3490, 3.1): '.', and three that Chinese and Japanese keyboards write. */
static bool punycode_is_dot(uint32_t code)
{
	return code == '.' || code == 0x3002 || code == 0xff0e || code == 0xff61;
}

/* Appends the ASCII form of a label. Returns whether it has one that fits. */
static bool punycode_add_label(struct buf *out, const uint32_t *codes, size_t count)
{
	bool is_ascii = punycode_next(codes, count, PUNYCODE_FIRST) == UINT32_MAX;
	char *encoded = count <= PUNYCODE_LABEL_MAX ? punycode_encode(codes, count) : NULL;
	/* Of an ASCII label the encoder makes the label and a '-'. */
	size_t len = encoded ? strlen(encoded) - (is_ascii && count) : 0;
	bool fits = encoded && len + (is_ascii ? 0 : 4) <= PUNYCODE_LABEL_MAX;

	if (fits) {
		buf_add_text(out, is_ascii ? "" : "xn--");
		buf_add(out, encoded, len);
	}
	free(encoded);
	return fits;
}

char *punycode_host(const char *host)
{
	uint32_t *codes = alloc_zero(strlen(host) + 1, sizeof(*codes)), code = 0;
	struct buf out = {0};
	size_t count = 0, len;
	bool good = true;

	for (; good && *host; host += len) {
		len = utf8_decode(host, strlen(host), &code);
		good = len && !(code >= 0x300 && code <= 0x36f) && !utf8_is_control(code);
		if (!good || !punycode_is_dot(code)) {
			codes[count++] = punycode_lower(code);
			continue;
		}
		good = punycode_add_label(&out, codes, count);
		buf_add_text(&out, ".");
		count = 0;
	}
	good = good && punycode_add_label(&out, codes, count);
	free(codes);
	if (good)
		return buf_detach(&out);
	buf_release(&out);
	return NULL;
}
