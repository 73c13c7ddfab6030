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

/* Of a text that does not fit, both ends are kept, and it stays a text. */
static void test_long_texts_lose_their_middle(void **state)
{
	static const size_t lengths[] = {1021, 1022, 1023, 1024, 1025, 5000};
	char longer[5001], name[32];

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct error err;
		bool fits = lengths[i] < sizeof(err.text);

		memset(&err, 0x55, sizeof(err));
		snprintf(name, sizeof(name), "%zu bytes", lengths[i]);
		memset(longer, 'a', lengths[i]);
		longer[0] = 'A';
		longer[lengths[i] - 1] = 'z';
		longer[lengths[i]] = '\0';
		errors_set(&err, "%s", longer);
		check_int(name, (long long)strnlen(err.text, sizeof(err.text)), fits ? (long long)lengths[i] : 1023);
		check(name, err.text[0] == 'A' && err.text[strlen(err.text) - 1] == 'z');
		check_int(name, strstr(err.text, "a...a") != NULL, !fits);
		errors_prefix(&err, "where");
		check_int(name, strncmp(err.text, "where: A", 8), 0);
		check(name, strnlen(err.text, sizeof(err.text)) == 1023 && err.text[1022] == 'z');
	}
}

static void test_a_long_context_leaves_both_ends(void **state)
{
	char context[4000];
	struct error err = {0};

	(void)state;
	memset(context, 'c', sizeof(context) - 1);
	context[sizeof(context) - 1] = '\0';
	errors_set(&err, "what went wrong");
	errors_prefix(&err, "target \"%s\"", context);
	check_has("the beginning", err.text, "target \"ccc");
	check_has("the end", err.text, "ccc\": what went wrong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_prefix_stacks_contexts),
		cmocka_unit_test(test_long_texts_lose_their_middle),
		cmocka_unit_test(test_a_long_context_leaves_both_ends),
	};

	return unit_main(tests);
}
