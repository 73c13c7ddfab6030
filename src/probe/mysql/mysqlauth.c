/*
 * mysql_native_password: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html
 * caching_sha2_password: https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
 * RSA with OAEP, SHA-1 and MGF1: RFC 8017, 7.1.1 and B.2.1; the key: RFC 7468 13, RFC 5280 4.1, RFC 8017 A.1.1.
 */
#include "probe/mysql/mysqlauth.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "probe/base64.h"
#include "probe/digest.h"

enum {
	MYSQLAUTH_PADDING_MIN = 2 * DIGEST_SHA1_SIZE + 2,
	MYSQLAUTH_KEY_MIN = 1024 / 8, /* bytes */
	MYSQLAUTH_KEY_MAX = 4096 / 8,
	MYSQLAUTH_DER_MAX = MYSQLAUTH_KEY_MAX + 64,
	MYSQLAUTH_WORDS = MYSQLAUTH_KEY_MAX / 4
};

static bool mysqlauth_is(const struct mysqlauth *auth, const char *method)
{
	return strcmp(auth->method, method) == 0;
}

bool mysqlauth_is_known(const struct mysqlauth *auth)
{
	return mysqlauth_is(auth, MYSQLAUTH_NATIVE) || mysqlauth_is(auth, "caching_sha2_password");
}

void mysqlauth_answer(const struct mysqlauth *auth, const char *password, struct buf *out)
{
	bool native = mysqlauth_is(auth, MYSQLAUTH_NATIVE);
	enum digest_kind type = native ? DIGEST_SHA1 : DIGEST_SHA256;
	size_t size = native ? DIGEST_SHA1_SIZE : DIGEST_SHA256_SIZE;
	unsigned char once[DIGEST_SHA256_SIZE] = {0}, twice[DIGEST_SHA256_SIZE] = {0};
	/* To less than this client_ed25519 says "bad handshake", which counts (MariaDB 10.11). */
	static const char nothing[64];

	if (!mysqlauth_is_known(auth)) {
		buf_add(out, nothing, sizeof(nothing));
		return;
	}
	if (!*password) {
		buf_add(out, "", native ? 0 : 1); /* caching_sha2_password: a zero byte */
		return;
	}
	/* XOR(H(password), H(nonce, H(H(password)))); caching_sha2_password has the nonce behind the rest. */
	digest_make(type, password, strlen(password), "", 0, once);
	digest_make(type, once, size, "", 0, twice);
	if (native)
		digest_make(type, auth->nonce, sizeof(auth->nonce), twice, size, twice);
	else
		digest_make(type, twice, size, auth->nonce, sizeof(auth->nonce), twice);
	for (size_t i = 0; i < size; i++)
		once[i] ^= twice[i];
	buf_add(out, (const char *)once, size);
}

/* Decodes the lines between "-----BEGIN" and "-----END" into out. Returns how many bytes; 0 if there are none. */
static size_t mysqlauth_read_pem(const char *pem, size_t len, unsigned char out[MYSQLAUTH_DER_MAX])
{
	static const char begin[] = "-----BEGIN PUBLIC KEY-----";
	const char *at = memmem(pem, len, begin, sizeof(begin) - 1);
	struct buf digits = {0};
	size_t size = 0;

	for (at = at ? at + sizeof(begin) - 1 : pem + len; at < pem + len && *at != '-'; at++)
		if (*at != '\r' && *at != '\n')
			buf_add(&digits, at, 1);
	base64_read(digits.data, digits.len, out, MYSQLAUTH_DER_MAX, &size);
	buf_release(&digits);
	return size;
}

struct mysqlauth_slice {
	const unsigned char *at;
	size_t len;
};

/* Takes a value with this tag off the beginning of DER (X.690, 8.1). Lengths have one to three bytes here. */
static bool mysqlauth_take(struct mysqlauth_slice *from, unsigned char tag, struct mysqlauth_slice *value)
{
	size_t head = 2, len;

	if (from->len < head || from->at[0] != tag)
		return false;
	head += from->at[1] > 0x80 ? from->at[1] - 0x80u : 0;
	if (head > 4 || from->len < head)
		return false;
	len = head > 2 ? number_read(from->at + 2, head - 2) : from->at[1];
	if (len > from->len - head)
		return false;
	*value = (struct mysqlauth_slice){from->at + head, len};
	*from = (struct mysqlauth_slice){value->at + len, from->len - head - len};
	return true;
}

/* Numbers of count words of 32 bits, the lowest first. */
struct mysqlauth_key {
	uint32_t modulus[MYSQLAUTH_WORDS];
	size_t count;
	uint32_t exponent;
};

static void mysqlauth_load(uint32_t *words, size_t count, const unsigned char *bytes)
{
	for (size_t i = 0; i < count; i++)
		words[i] = number_read(bytes + (count - 1 - i) * 4, 4);
}

/* An INTEGER has a zero byte before a first byte above 127. */
static void mysqlauth_trim(struct mysqlauth_slice *number)
{
	while (number->len && !*number->at) {
		number->at++;
		number->len--;
	}
}

/* SEQUENCE { SEQUENCE (the algorithm), BIT STRING { SEQUENCE { INTEGER modulus, INTEGER exponent } } } */
static bool mysqlauth_read_key(const unsigned char *der, size_t len, struct mysqlauth_key *key)
{
	struct mysqlauth_slice all = {der, len}, info, algorithm, bits, numbers, modulus, exponent;

	if (!mysqlauth_take(&all, 0x30, &info) || !mysqlauth_take(&info, 0x30, &algorithm) ||
	    !mysqlauth_take(&info, 0x03, &bits) || !bits.len)
		return false;
	bits = (struct mysqlauth_slice){bits.at + 1, bits.len - 1}; /* the number of unused bits, which is 0 */
	if (!mysqlauth_take(&bits, 0x30, &numbers) || !mysqlauth_take(&numbers, 0x02, &modulus) ||
	    !mysqlauth_take(&numbers, 0x02, &exponent))
		return false;
	mysqlauth_trim(&modulus);
	mysqlauth_trim(&exponent);
	if (modulus.len < MYSQLAUTH_KEY_MIN || modulus.len > MYSQLAUTH_KEY_MAX || modulus.len % 4 || exponent.len > 4)
		return false;
	key->count = modulus.len / 4;
	mysqlauth_load(key->modulus, key->count, modulus.at);
	key->exponent = number_read(exponent.at, exponent.len);
	return true;
}

/* x = x + y modulo the key; both are below it, and may be the same. */
static void mysqlauth_add(const struct mysqlauth_key *key, uint32_t *x, const uint32_t *y)
{
	uint64_t carry = 0;
	size_t top = key->count - 1;

	for (size_t i = 0; i < key->count; i++) {
		carry += (uint64_t)x[i] + y[i];
		x[i] = (uint32_t)carry;
		carry >>= 32;
	}
	while (!carry && top && x[top] == key->modulus[top])
		top--;
	if (!carry && x[top] < key->modulus[top])
		return;
	carry = 0; /* of the subtraction: 0 or -1 */
	for (size_t i = 0; i < key->count; i++) {
		carry += (uint64_t)x[i] - key->modulus[i];
		x[i] = (uint32_t)carry;
		carry = (uint64_t)((int64_t)carry >> 32);
	}
}

/* x = x * y modulo the key, bit for bit: some milliseconds for a whole power, which is once in a login. */
static void mysqlauth_multiply(const struct mysqlauth_key *key, uint32_t *x, const uint32_t *y)
{
	uint32_t product[MYSQLAUTH_WORDS] = {0};

	for (size_t bit = key->count * 32; bit-- > 0;) {
		mysqlauth_add(key, product, product);
		if (y[bit / 32] >> bit % 32 & 1)
			mysqlauth_add(key, product, x);
	}
	memcpy(x, product, sizeof(product));
}

/* Encrypts bytes, which has the length of the key, in place. */
static void mysqlauth_power(const struct mysqlauth_key *key, unsigned char *bytes)
{
	uint32_t base[MYSQLAUTH_WORDS] = {0}, power[MYSQLAUTH_WORDS];
	int bit = 31;

	mysqlauth_load(base, key->count, bytes);
	memcpy(power, base, sizeof(power));
	while (bit > 0 && !(key->exponent >> bit & 1))
		bit--;
	while (bit-- > 0) {
		mysqlauth_multiply(key, power, power);
		if (key->exponent >> bit & 1)
			mysqlauth_multiply(key, power, base);
	}
	for (size_t i = 0; i < key->count * 4; i++)
		bytes[key->count * 4 - 1 - i] = (unsigned char)(power[i / 4] >> i % 4 * 8);
}

/* Hides bytes behind a mask that the seed gives (MGF1). */
static void mysqlauth_mask(unsigned char *bytes, size_t len, const unsigned char *seed, size_t seed_len)
{
	unsigned char mask[DIGEST_SHA1_SIZE] = {0};

	for (size_t i = 0; i < len; i++) {
		size_t block = i / sizeof(mask);
		const unsigned char counter[] = {0, 0, (unsigned char)(block >> 8), (unsigned char)block};

		if (i % sizeof(mask) == 0)
			digest_make(DIGEST_SHA1, seed, seed_len, counter, sizeof(counter), mask);
		bytes[i] ^= mask[i % sizeof(mask)];
	}
}

/*
 * OAEP wants a seed that nobody guesses. This one is made of the password and the nonce, so that judge gives the same words
 * for the same bytes. Who guesses the password could see by it that the guess is right, but that the answer to
 * the nonce shows already.
 */
bool mysqlauth_encrypt(const struct mysqlauth *auth, const char *password, const char *pem, size_t len, struct buf *out)
{
	unsigned char der[MYSQLAUTH_DER_MAX], bytes[MYSQLAUTH_KEY_MAX] = {0};
	unsigned char *seed = bytes + 1, *data = seed + DIGEST_SHA1_SIZE;
	size_t secret = strlen(password) + 1, size; /* the zero at its end is sent, too */
	struct mysqlauth_key key;

	if (!mysqlauth_read_key(der, mysqlauth_read_pem(pem, len, der), &key))
		return false;
	size = key.count * 4;
	if (secret + MYSQLAUTH_PADDING_MIN > size)
		return false;
	digest_make(DIGEST_SHA1, auth->nonce, sizeof(auth->nonce), password, secret, seed);
	digest_make(DIGEST_SHA1, "", 0, "", 0, data);
	bytes[size - secret - 1] = 1;
	for (size_t i = 0; i < secret; i++)
		bytes[size - secret + i] = (unsigned char)password[i] ^ auth->nonce[i % sizeof(auth->nonce)];
	mysqlauth_mask(data, size - 1 - DIGEST_SHA1_SIZE, seed, DIGEST_SHA1_SIZE);
	mysqlauth_mask(seed, DIGEST_SHA1_SIZE, data, size - 1 - DIGEST_SHA1_SIZE);
	mysqlauth_power(&key, bytes);
	buf_add(out, (const char *)bytes, size);
	return true;
}
