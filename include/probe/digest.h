/* Hashes for logins. libpq has the code, for its own. */
#ifndef PROBE_DIGEST_H
#define PROBE_DIGEST_H

#include <stddef.h>

/* The values are those of libpq's pg_cryptohash_type. */
enum digest_kind { DIGEST_MD5 = 0, DIGEST_SHA1 = 1, DIGEST_SHA256 = 3, DIGEST_SHA512 = 5 };

enum {
	DIGEST_MD5_SIZE = 16,
	DIGEST_SHA1_SIZE = 20,
	DIGEST_SHA256_SIZE = 32,
	DIGEST_SHA512_SIZE = 64,
	DIGEST_SIZE_MAX = DIGEST_SHA512_SIZE
};

/* Returns the size of the hash in bytes. */
size_t digest_size(enum digest_kind kind);

/* Hashes one text behind the other. out has the size of the hash, and may be one of the texts. */
void digest_make(enum digest_kind kind, const void *first, size_t first_len, const void *second, size_t second_len,
		 unsigned char *out);

/* HMAC (RFC 2104). out has the size of the hash, and may be the key or the text. */
void digest_sign(enum digest_kind kind, const void *key, size_t key_len, const void *text, size_t len,
		 unsigned char *out);

/* The first block of PBKDF2 with HMAC (RFC 8018, 5.2): so many rounds of it. out has the size of the hash. */
void digest_stretch(enum digest_kind kind, const char *password, const void *salt, size_t salt_len, unsigned rounds,
		    unsigned char *out);

#endif
