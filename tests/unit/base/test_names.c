#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/names.h"

enum { SHORT = 3, MANY = 400 };

/* Texts of up to three letters out of "aAb_", so that many are equal, or the beginning of others. */
struct made {
	char texts[MANY][SHORT + 1];
	size_t count;
};

static void make_texts(struct made *made, unsigned seed, size_t count)
{
	srand(seed);
	made->count = count;
	for (size_t i = 0; i < count; i++) {
		size_t len = (size_t)rand() % (SHORT + 1);

		for (size_t c = 0; c < len; c++)
			made->texts[i][c] = "aAb_"[rand() % 4];
		made->texts[i][len] = '\0';
	}
}

static bool same(const char *a, const char *b, bool any_case)
{
	return any_case ? strcasecmp(a, b) == 0 : strcmp(a, b) == 0;
}

/* The number that a walk through all texts finds. */
static size_t walk(const struct made *made, const char *text, bool any_case)
{
	for (size_t i = 0; i < made->count; i++)
		if (same(made->texts[i], text, any_case))
			return i;
	return NAMES_NONE;
}

static size_t walk_prefix(const struct made *made, const char *text, bool any_case)
{
	size_t count = 0, len = strlen(text);

	for (size_t i = 0; i < made->count; i++)
		count += any_case ? strncasecmp(made->texts[i], text, len) == 0
				  : strncmp(made->texts[i], text, len) == 0;
	return count;
}

static size_t seek_prefix(const struct names *names, const char *text)
{
	size_t count = 0, len = strlen(text), at = names_seek(names, text, len);

	for (; at < names->count; at++, count++) {
		const struct names_entry *entry = &names->list[at];
		bool begins = entry->len >= len && (names->any_case ? strncasecmp(entry->text, text, len) == 0
								    : strncmp(entry->text, text, len) == 0);

		if (!begins)
			break;
	}
	return count;
}

/* names_find gives what a walk gives, and all entries with a prefix stand together. */
static void check_against_walk(const struct made *made, const struct made *asked, bool any_case)
{
	struct names names = {.any_case = any_case};

	for (size_t i = 0; i < made->count; i++)
		names_add(&names, made->texts[i], strlen(made->texts[i]), i);
	names_sort(&names);
	for (size_t i = 0; i < asked->count; i++) {
		const char *text = asked->texts[i];

		check_int(text, (long long)names_find(&names, text, strlen(text)),
			  (long long)walk(made, text, any_case));
		check_int(text, (long long)seek_prefix(&names, text), (long long)walk_prefix(made, text, any_case));
	}
	names_release(&names);
	check("released", !names.list && !names.count);
}

static void test_against_a_walk(void **state)
{
	static const size_t counts[] = {0, 1, 2, 3, 17, MANY};
	static struct made made, asked;

	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++)
		for (size_t i = 0; i < COUNT(counts); i++) {
			make_texts(&asked, 1000 + seed, 60);
			make_texts(&made, seed, counts[i]);
			check_against_walk(&made, &asked, false);
			check_against_walk(&made, &asked, true);
		}
}

/* A text may be a part of a longer one: "DB" of "DB=1". */
static void test_slices(void **state)
{
	static const char text[] = "DB=1";
	struct names names = {0};

	(void)state;
	names_add(&names, text, 2, 7);
	names_sort(&names);
	check_int("DB", (long long)names_find(&names, "DB_PORT", 2), 7);
	check("DB_", names_find(&names, "DB_PORT", 3) == NAMES_NONE);
	check("D", names_find(&names, "DB_PORT", 1) == NAMES_NONE);
	names_release(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_walk),
		cmocka_unit_test(test_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
