#include "unit.h"

#include <string.h>

#include "base/errors.h"

static void test_set(void **state)
{
	struct error err = {0};

	(void)state;
	check_int("set", errors_set(&err, "\"%s\" is not a port; write %d", "x", 5432), -1);
	check("set", err.set);
	check_text("set", err.text, "\"x\" is not a port; write 5432");
}

static void test_prefix_stacks_contexts(void **state)
{
	struct error err = {0};

	(void)state;
	errors_set(&err, "not a port");
	check_int("prefix", errors_prefix(&err, "target \"%s\"", "db:x"), -1);
	errors_prefix(&err, "WAITFOR_TARGETS");
	check("prefix", err.set);
	check_text("prefix", err.text, "WAITFOR_TARGETS: target \"db:x\": not a port");
}

/* "cut at the size of the buffer": the beginning is kept, and it stays a text. */
static void test_long_texts_are_cut(void **state)
{
	static const size_t lengths[] = {1022, 1023, 1024, 5000};
	char longer[5001], name[32];

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct error err;
		size_t expected = lengths[i] < sizeof(err.text) ? lengths[i] : sizeof(err.text) - 1;

		memset(&err, 0x55, sizeof(err));
		snprintf(name, sizeof(name), "%zu bytes", lengths[i]);
		memset(longer, 'a', lengths[i]);
		longer[lengths[i]] = '\0';
		errors_set(&err, "%s", longer);
		check_int(name, (long long)strnlen(err.text, sizeof(err.text)), (long long)expected);
		errors_prefix(&err, "where");
		check_int(name, strncmp(err.text, "where: aaaa", 11), 0);
		check_int(name, (long long)strnlen(err.text, sizeof(err.text)),
			  expected + 7 < sizeof(err.text) ? (long long)expected + 7 : (long long)sizeof(err.text) - 1);
	}
}

static void test_a_long_context_leaves_the_text(void **state)
{
	char context[4000];
	struct error err = {0};

	(void)state;
	memset(context, 'c', sizeof(context) - 1);
	context[sizeof(context) - 1] = '\0';
	errors_set(&err, "what went wrong");
	errors_prefix(&err, "%s", context);
	check_has("long context", err.text, "ccc...\": what went wrong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_prefix_stacks_contexts),
		cmocka_unit_test(test_long_texts_are_cut),
		cmocka_unit_test(test_a_long_context_leaves_the_text),
	};

	return unit_main(tests);
}
