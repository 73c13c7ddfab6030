#include "base/pattern.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/steps.h"

/* PATTERN_REPEAT is POSIX's RE_DUP_MAX. */
enum { PATTERN_STEPS = 1000, PATTERN_DEPTH = 64, PATTERN_REPEAT = 255 };

struct pattern {
	struct steps_step *steps;
	int count;
};

/* An expression that is being compiled. */
struct pattern_parser {
	struct pattern *pattern;
	const char *at;
	int depth;
	struct error *err;
	bool failed; /* err is set; what is compiled further has no meaning */
};

static void pattern_fail(struct pattern_parser *parser, const char *reason)
{
	if (!parser->failed)
		errors_set(parser->err, "%s", reason);
	parser->failed = true;
	parser->at = "";
}

/* Inserts a step before the one with that index, or at the end. */
static struct steps_step *pattern_insert(struct pattern_parser *parser, int index, enum steps_kind kind)
{
	struct pattern *pattern = parser->pattern;
	struct steps_step *step;

	if (pattern->count == PATTERN_STEPS) {
		pattern_fail(parser, "the expression is too large; write smaller numbers in {}");
		index = --pattern->count; /* what was compiled is dropped anyway */
	}
	pattern->steps = alloc_resize(pattern->steps, (size_t)pattern->count + 1, sizeof(*pattern->steps));
	step = &pattern->steps[index];
	memmove(step + 1, step, (size_t)(pattern->count - index) * sizeof(*step));
	*step = (struct steps_step){.kind = kind};
	pattern->count++;
	return step;
}

static void pattern_fork(struct pattern_parser *parser, int index, int first, int second)
{
	struct steps_step *step = pattern_insert(parser, index, STEPS_FORK);

	step->to[0] = first;
	step->to[1] = second;
}

static void pattern_add_byte(struct steps_step *step, int byte)
{
	step->set[byte / 32] |= UINT32_C(1) << byte % 32;
}

static void pattern_invert(struct steps_step *step)
{
	for (int i = 0; i < 8; i++)
		step->set[i] = ~step->set[i];
	step->set['\n' / 32] &= ~(UINT32_C(1) << '\n' % 32);
}

/* Adds the class whose name and ":]" are at parser->at. */
static void pattern_add_class(struct pattern_parser *parser, struct steps_step *step)
{
	static const struct {
		const char *name;
		int (*has)(int byte);
	} classes[] = {{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
		       {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
		       {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit}};
	size_t len = strcspn(parser->at, ":]");

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strlen(classes[i].name) != len || strncmp(parser->at, classes[i].name, len) != 0)
			continue;
		if (strncmp(parser->at + len, ":]", 2) != 0)
			break;
		for (int byte = 0; byte < 128; byte++)
			if (classes[i].has(byte))
				pattern_add_byte(step, byte);
		parser->at += len + 2;
		return;
	}
	pattern_fail(parser, "unknown class in []; write one such as [[:digit:]]");
}

/* Reads one byte of a set. A '\' that begins no escape is itself there (POSIX, 9.3.5). */
static int pattern_set_byte(struct pattern_parser *parser)
{
	char byte;

	if (*parser->at != '\\' || !escape_read(&parser->at, &byte))
		byte = *parser->at++;
	return (unsigned char)byte;
}

/* Adds "a", or "a-z". */
static void pattern_add_range(struct pattern_parser *parser, struct steps_step *step)
{
	int first = pattern_set_byte(parser), last = first;

	if (parser->at[0] == '-' && parser->at[1] && parser->at[1] != ']') {
		parser->at++;
		last = pattern_set_byte(parser);
	}
	if (last < first || (last == '[' && strchr(".=:", *parser->at) && *parser->at))
		pattern_fail(parser, "a range in [] has its ends in the wrong order; write it as in [a-z]");
	for (int byte = first; byte <= last; byte++)
		pattern_add_byte(step, byte);
}

/* Compiles what follows a '['. */
static void pattern_brackets(struct pattern_parser *parser)
{
	struct steps_step *step = pattern_insert(parser, parser->pattern->count, STEPS_BYTE);
	bool inverted = *parser->at == '^';
	const char *first;

	parser->at += inverted;
	first = parser->at; /* a ']' here is one of the bytes */
	while (*parser->at && (*parser->at != ']' || parser->at == first)) {
		if (parser->at[0] == '[' && parser->at[1] && strchr(".=", parser->at[1])) {
			pattern_fail(parser, "[.a.] and [=a=] are not known; write the character alone");
		} else if (strncmp(parser->at, "[:", 2) == 0) {
			parser->at += 2;
			pattern_add_class(parser, step);
		} else {
			pattern_add_range(parser, step);
		}
	}
	if (*parser->at != ']')
		pattern_fail(parser, "a [ has no ]; write a [ that stands for itself as \\[");
	else
		parser->at++;
	if (inverted)
		pattern_invert(step);
}

static void pattern_choices(struct pattern_parser *parser);

/* Compiles what follows a '('. */
static void pattern_group(struct pattern_parser *parser)
{
	if (++parser->depth > PATTERN_DEPTH)
		pattern_fail(parser, "its parentheses are nested too deeply; leave some out");
	else
		pattern_choices(parser);
	parser->depth--;
	if (*parser->at != ')')
		pattern_fail(parser, "a ( has no ); write a ( that stands for itself as \\(");
	else
		parser->at++;
}

static void pattern_one_byte(struct pattern_parser *parser, char byte)
{
	pattern_add_byte(pattern_insert(parser, parser->pattern->count, STEPS_BYTE), (unsigned char)byte);
}

/* Compiles what follows a '\'. Other libraries have extensions there: a letter, or a sign, for the end of a word. */
static void pattern_escaped(struct pattern_parser *parser)
{
	const char *begin = parser->at - 1;
	char byte;

	if (escape_read(&begin, &byte)) {
		parser->at = begin;
		pattern_one_byte(parser, byte);
		return;
	}
	if (!*parser->at)
		pattern_fail(parser, "it ends with a \\; write one that stands for itself as \\\\");
	else if (!ispunct((unsigned char)*parser->at) || strchr("<>`'", *parser->at))
		pattern_fail(parser, "this sign is not known after a \\; write \\r, \\n, \\t, \\xHH, or a set such as "
				     "[[:digit:]]");
	else
		pattern_one_byte(parser, *parser->at++);
}

/* Compiles what a '*' would repeat: a character, a set, or what is in parentheses. */
static void pattern_atom(struct pattern_parser *parser)
{
	int end = parser->pattern->count;
	char byte = *parser->at++;

	switch (byte) {
	case '(':
		pattern_group(parser);
		break;
	case '[':
		pattern_brackets(parser);
		break;
	case '\\':
		pattern_escaped(parser);
		break;
	case '.':
		pattern_invert(pattern_insert(parser, end, STEPS_BYTE));
		break;
	case '^':
		pattern_insert(parser, end, STEPS_BEGIN);
		break;
	case '$':
		pattern_insert(parser, end, STEPS_END);
		break;
	case '*':
	case '+':
	case '?':
	case '{':
		pattern_fail(parser, "nothing stands before a *, +, ? or {; write one that stands for itself as \\*");
		break;
	default:
		pattern_one_byte(parser, byte);
	}
}

/* Appends a copy of the steps. */
static void pattern_copy(struct pattern_parser *parser, const struct steps_step *steps, int count)
{
	for (int i = 0; i < count && !parser->failed; i++)
		*pattern_insert(parser, parser->pattern->count, steps[i].kind) = steps[i];
}

/* Makes the steps from start on be taken at least `least` times and at most `most` times; -1: any number of times. */
static void pattern_repeat(struct pattern_parser *parser, int start, int least, int most)
{
	struct pattern *pattern = parser->pattern;
	int len = pattern->count - start;
	struct steps_step *body = alloc_resize(NULL, (size_t)len + 1, sizeof(*body));

	if (len)
		memcpy(body, pattern->steps + start, (size_t)len * sizeof(*body));
	pattern->count = start;
	for (int i = 0; i < least; i++)
		pattern_copy(parser, body, len);
	if (most < 0) {
		pattern_fork(parser, pattern->count, 1, len + 2);
		pattern_copy(parser, body, len);
		pattern_fork(parser, pattern->count, -len - 1, -len - 1);
	}
	for (int i = least; i < most; i++) {
		pattern_fork(parser, pattern->count, 1, len + 1);
		pattern_copy(parser, body, len);
	}
	free(body);
}

/* Reads a number of at most three digits; -1 if there is none. */
static int pattern_number(struct pattern_parser *parser)
{
	int number = -1;

	for (int i = 0; i < 3 && isdigit((unsigned char)*parser->at); i++)
		number = (number < 0 ? 0 : number * 10) + (*parser->at++ - '0');
	return number;
}

/* Compiles what follows a '{', such as "2,3}". */
static void pattern_bound(struct pattern_parser *parser, int start)
{
	int least = pattern_number(parser), most = least;

	if (*parser->at == ',') {
		parser->at++;
		most = pattern_number(parser);
	}
	if (*parser->at != '}' || least < 0 || (most >= 0 && most < least) || least > PATTERN_REPEAT ||
	    most > PATTERN_REPEAT) {
		pattern_fail(parser, "wrong numbers in {}; write {2}, {2,} or {2,5} with at most 255, and a { that "
				     "stands for itself as \\{");
		return;
	}
	parser->at++;
	pattern_repeat(parser, start, least, most);
}

/* Compiles an atom and all that repeats it. */
static void pattern_piece(struct pattern_parser *parser)
{
	int start = parser->pattern->count;

	pattern_atom(parser);
	while (*parser->at && strchr("*+?{", *parser->at) && !parser->failed) {
		char sign = *parser->at++;

		if (sign == '{')
			pattern_bound(parser, start);
		else
			pattern_repeat(parser, start, sign == '+', sign == '?' ? 1 : -1);
	}
}

/* Compiles "a|b|c", up to a ')' or the end. */
static void pattern_choices(struct pattern_parser *parser)
{
	struct pattern *pattern = parser->pattern;
	int start = pattern->count, end;

	while (*parser->at && *parser->at != '|' && (*parser->at != ')' || !parser->depth))
		pattern_piece(parser);
	if (*parser->at != '|')
		return;
	parser->at++;
	pattern_fork(parser, start, 1, pattern->count - start + 2);
	/* What follows is compiled first: only then it is known how far the way before must jump over it. */
	end = pattern->count;
	pattern_choices(parser);
	pattern_fork(parser, end, pattern->count - end + 1, pattern->count - end + 1);
}

struct pattern *pattern_new(const char *text, struct error *err)
{
	struct pattern *pattern = alloc_zero(1, sizeof(*pattern));
	struct pattern_parser parser = {.pattern = pattern, .at = text, .err = err};

	if (!*text)
		pattern_fail(&parser, "the expression is empty");
	pattern_choices(&parser);
	pattern_insert(&parser, pattern->count, STEPS_FOUND);
	if (!parser.failed)
		return pattern;
	pattern_free(pattern);
	return NULL;
}

void pattern_free(struct pattern *pattern)
{
	if (pattern)
		free(pattern->steps);
	free(pattern);
}

bool pattern_finds(const struct pattern *pattern, const char *data, size_t len, bool whole)
{
	return steps_find(pattern->steps, (size_t)pattern->count, data, len, whole);
}
