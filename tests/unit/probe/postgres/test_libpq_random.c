#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"

/* A function of libpq that is not in its public headers. */
void pg_strong_random_init(void);
bool pg_strong_random(void *buf, size_t len);

/* Every requested byte is random, and no other byte is written. A random byte is 0 in all 16 draws once in 2^128. */
static void test_fills_what_was_asked(void **state)
{
	/* One call of getrandom always delivers up to 256 bytes. The nonce of SCRAM has 18. */
	static const size_t lengths[] = {0, 1, 18, 255, 256, 257, 5000};
	static unsigned char drawn[5001], seen[5001];

	(void)state;
	pg_strong_random_init();
	for (size_t i = 0; i < COUNT(lengths); i++) {
		char name[32];

		snprintf(name, sizeof(name), "%zu bytes", lengths[i]);
		memset(seen, 0, sizeof(seen));
		for (int draw = 0; draw < 16; draw++) {
			memset(drawn, 0, sizeof(drawn));
			check(name, pg_strong_random(drawn, lengths[i]));
			for (size_t j = 0; j < sizeof(drawn); j++)
				seen[j] |= drawn[j];
		}
		for (size_t j = 0; j < sizeof(seen); j++)
			check(name, (seen[j] != 0) == (j < lengths[i]));
	}
}

static void test_never_the_same_twice(void **state)
{
	unsigned char first[18], second[18];

	(void)state;
	check("first", pg_strong_random(first, sizeof(first)));
	check("second", pg_strong_random(second, sizeof(second)));
	check("another", memcmp(first, second, sizeof(first)) != 0);
}

static void on_signal(int number)
{
	(void)number;
}

/* If a signal interrupts a long read, the rest is read nevertheless. */
static void test_signals(void **state)
{
	static const size_t size = 32 << 20;
	static const unsigned char nothing[64];
	const struct sigaction ignore = {.sa_handler = on_signal};
	const struct itimerspec often = {.it_interval.tv_nsec = 1000000, .it_value.tv_nsec = 1000000};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t timer;
	unsigned char *drawn = alloc_zero(size, 1);

	(void)state;
	sigaction(SIGUSR1, &ignore, NULL);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
	check("signals", pg_strong_random(drawn, size));
	timer_delete(timer);
	check("the end is drawn", memcmp(drawn + size - sizeof(nothing), nothing, sizeof(nothing)) != 0);
	free(drawn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fills_what_was_asked),
		cmocka_unit_test(test_never_the_same_twice),
		cmocka_unit_test(test_signals),
	};

	return unit_main(tests);
}
