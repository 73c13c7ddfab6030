#include "unit.h"

#include "base/spelling.h"

struct nearest_row {
	const char *word, *nearest; /* NULL: no candidate is near enough */
};

static void test_nearest(void **state)
{
	static const char *const candidates[] = {"time", "any-time", "max-pause", "deep-voice", "any", NULL};
	static const struct nearest_row rows[] = {
		{"time", "time"},           /* the word itself */
		{"any", "any"},             /* also when a longer candidate comes before it */
		{"tine", "time"},           /* replaced */
		{"tme", "time"},            /* left out */
		{"timme", "time"},          /* put in */
		{"itme", "time"},           /* swapped */
		{"tiem", "time"},           /* at the end */
		{"max-puase", "max-pause"}, /* in a long word */
		{"maxpaus", "max-pause"},   /* two, in a long word */
		{"tone-", NULL},            /* two, in a short word */
		{"deep", "deep-voice"},     /* the beginning */
		{"de", NULL},               /* too short to be a beginning */
		{"an", "any"},              /* one letter missing */
		{"", NULL},                 /* nothing */
		{"something-else", NULL},   /* another word */
		{"a-word-that-is-far-longer-than-any-candidate", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_text(rows[i].word, spelling_nearest(rows[i].word, candidates), rows[i].nearest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest),
	};

	return unit_main(tests);
}
