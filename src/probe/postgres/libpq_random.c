/*
 * libpq's source of random bytes (SCRAM nonces), on getrandom(2). Its own reads /dev/urandom, which an
 * empty root does not have: "could not generate nonce". Linked before libpgport, so that this one is taken.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/random.h>

/* The prototypes that libpq's port.h has and its public headers do not. */
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
