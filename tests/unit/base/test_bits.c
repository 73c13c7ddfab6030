#include "unit.h"

#include <signal.h>

#include "base/bits.h"

/* Each number is kept apart: none is lost, and none counts as another one, as it would in a mask that is too narrow. */
static void test_each_number(void **state)
{
	(void)state;
	for (size_t number = 0; number < BITS_MAX; number++) {
		struct bits bits = {0};

		bits_add(&bits, number);
		for (size_t other = 0; other < 3 * BITS_MAX; other++)
			check_int("has", bits_has(&bits, other), other == number);
	}
}

static void test_several(void **state)
{
	static const size_t members[] = {0, 31, 32, 63, 64, BITS_MAX - 1};
	struct bits bits = {0};
	int found = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(members); i++)
		bits_add(&bits, members[i]);
	bits_add(&bits, 32);
	for (size_t number = 0; number < BITS_MAX; number++)
		found += bits_has(&bits, number);
	check_int("all of them, once", found, COUNT(members));
	for (size_t i = 0; i < COUNT(members); i++)
		check("member", bits_has(&bits, members[i]));
}

static void add_too_large(void *arg)
{
	struct bits bits = {0};

	bits_add(&bits, *(const size_t *)arg);
}

static void test_what_does_not_fit(void **state)
{
	static size_t numbers[] = {BITS_MAX, (size_t)-1};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct unit_child child;

		unit_child_run(&child, add_too_large, &numbers[i]);
		check_int("ends", child.code, 128 + SIGABRT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_number),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_what_does_not_fit),
	};

	return unit_main(tests);
}
