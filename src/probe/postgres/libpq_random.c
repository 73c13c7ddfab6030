/*
 * Replaces libpq's source of random bytes, which it needs for SCRAM, by getrandom(2). libpq's own reads /dev/urandom,
 * which an empty root does not have; the error is "could not generate nonce". This file is linked before libpgport, so
 * that the linker takes these functions.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/random.h>

/* The prototypes are in libpq's port.h, but not in its public headers. */
void pg_strong_random_init(void);
bool pg_strong_random(void *buf, size_t len);

void pg_strong_random_init(void)
{
}

bool pg_strong_random(void *buf, size_t len)
{
	unsigned char *at = buf;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		at += got;
		len -= (size_t)got;
	}
	return true;
}
