#include "probe/digest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"

/* The prototypes are in libpq's common/cryptohash.h and common/hmac.h, but not in its public headers. */
typedef struct pg_cryptohash_ctx pg_cryptohash_ctx;
pg_cryptohash_ctx *pg_cryptohash_create(int type);
int pg_cryptohash_init(pg_cryptohash_ctx *ctx);
int pg_cryptohash_update(pg_cryptohash_ctx *ctx, const uint8_t *data, size_t len);
int pg_cryptohash_final(pg_cryptohash_ctx *ctx, uint8_t *dest, size_t len);
void pg_cryptohash_free(pg_cryptohash_ctx *ctx);

typedef struct pg_hmac_ctx pg_hmac_ctx;
pg_hmac_ctx *pg_hmac_create(int type);
int pg_hmac_init(pg_hmac_ctx *ctx, const uint8_t *key, size_t len);
int pg_hmac_update(pg_hmac_ctx *ctx, const uint8_t *data, size_t len);
int pg_hmac_final(pg_hmac_ctx *ctx, uint8_t *dest, size_t len);
void pg_hmac_free(pg_hmac_ctx *ctx);

size_t digest_size(enum digest_kind kind)
{
	static const unsigned char sizes[] = {
		[DIGEST_MD5] = DIGEST_MD5_SIZE,
		[DIGEST_SHA1] = DIGEST_SHA1_SIZE,
		[DIGEST_SHA256] = DIGEST_SHA256_SIZE,
		[DIGEST_SHA512] = DIGEST_SHA512_SIZE,
	};

	return sizes[kind];
}

/* libpq's functions fail only in OpenSSL, without memory. */
static void digest_expect(bool done)
{
	if (!done)
		alloc_check(NULL);
}

void digest_make(enum digest_kind kind, const void *first, size_t first_len, const void *second, size_t second_len,
		 unsigned char *out)
{
	pg_cryptohash_ctx *ctx = alloc_check(pg_cryptohash_create(kind));

	digest_expect(!pg_cryptohash_init(ctx) && !pg_cryptohash_update(ctx, first, first_len) &&
		      !pg_cryptohash_update(ctx, second, second_len) &&
		      !pg_cryptohash_final(ctx, out, digest_size(kind)));
	pg_cryptohash_free(ctx);
}

static void digest_sign_by(pg_hmac_ctx *ctx, enum digest_kind kind, const void *key, size_t key_len, const void *text,
			   size_t len, unsigned char *out)
{
	digest_expect(!pg_hmac_init(ctx, key, key_len) && !pg_hmac_update(ctx, text, len) &&
		      !pg_hmac_final(ctx, out, digest_size(kind)));
}

void digest_sign(enum digest_kind kind, const void *key, size_t key_len, const void *text, size_t len,
		 unsigned char *out)
{
	pg_hmac_ctx *ctx = alloc_check(pg_hmac_create(kind));

	digest_sign_by(ctx, kind, key, key_len, text, len, out);
	pg_hmac_free(ctx);
}

void digest_stretch(enum digest_kind kind, const char *password, const void *salt, size_t salt_len, unsigned rounds,
		    unsigned char *out)
{
	static const unsigned char block[] = {0, 0, 0, 1}; /* the number of the first one */
	size_t size = digest_size(kind), password_len = strlen(password);
	pg_hmac_ctx *ctx = alloc_check(pg_hmac_create(kind));
	unsigned char round[DIGEST_SIZE_MAX] = {0};

	digest_expect(!pg_hmac_init(ctx, (const uint8_t *)password, password_len) &&
		      !pg_hmac_update(ctx, salt, salt_len) && !pg_hmac_update(ctx, block, sizeof(block)) &&
		      !pg_hmac_final(ctx, round, size));
	memcpy(out, round, size);
	while (--rounds) {
		digest_sign_by(ctx, kind, password, password_len, round, size, round);
		for (size_t i = 0; i < size; i++)
			out[i] ^= round[i];
	}
	pg_hmac_free(ctx);
}
