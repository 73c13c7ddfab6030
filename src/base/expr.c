#include "base/expr.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/*
 * What a zero byte is in an expression, and in the text that it is matched against, since regcomp and regexec take texts that
 * end at one. The control character "substitute" is as seldom as any, and in the same classes.
 */
enum { EXPR_ZERO = 0x1a };

/* The numbers in "{2,5}" make that many copies of what is before them, and those of nested ones are multiplied. */
enum { EXPR_COPIES_MAX = 10000 };

/* Reads the escape at *at, a '\', and moves *at behind it. Returns whether it is one. */
static bool expr_unescape(const char **at, char *byte)
{
	static const char letters[] = "rnt\\", meanings[] = "\r\n\t\\";
	const char *c = *at + 1, *letter = *c ? strchr(letters, *c) : NULL;

	if (letter) {
		*byte = meanings[letter - letters];
	} else if (*c == 'x' && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2])) {
		const char digits[] = {c[1], c[2], '\0'};

		*byte = (char)strtoul(digits, NULL, 16);
		c += 2;
	} else {
		return false;
	}
	*at = c + 1;
	return true;
}

int expr_bytes(struct buf *out, const char *text, struct error *err)
{
	char byte;

	while (*text) {
		byte = *text;
		if (byte != '\\')
			text++;
		else if (!expr_unescape(&text, &byte))
			return errors_set(err, "r, n, t, \\ or xHH must follow a '\\'; write \\\\ for a '\\' itself");
		buf_add(out, &byte, 1);
	}
	return 0;
}

/* Adds a byte that means itself. next is what follows it in a set: a zero may begin a range there, "[\x00-\x1f]". */
static void expr_add_byte(struct buf *out, char byte, bool in_set, char next)
{
	const char zero = (char)EXPR_ZERO;

	if (!byte) {
		buf_add(out, &zero, 1);
		buf_add_text(out, in_set && next == '-' ? "\x01" : "");
		return;
	}
	if (!in_set && strchr("\\^$.[]|()*+?{}", byte))
		buf_add_text(out, "\\");
	buf_add(out, &byte, 1);
}

/* Adds the escape at *at, and moves *at behind it. In a set a '\' that begins none of ours means itself (POSIX, 9.3.5). */
static int expr_add_escape(struct buf *out, const char **at, bool in_set, struct error *err)
{
	char byte, sign = (*at)[1];
	size_t len = sign && !in_set ? 2 : 1;

	if (expr_unescape(at, &byte)) {
		expr_add_byte(out, byte, in_set, **at);
		return 0;
	}
	if (!in_set && sign && (!ispunct((unsigned char)sign) || strchr("<>`'", sign)))
		return errors_set(err,
				  "\"\\%c\" is not known; write \\r, \\n, \\t, \\xHH, or a set such as [0-9] or "
				  "[[:space:]]",
				  isprint((unsigned char)sign) ? sign : '?');
	buf_add(out, *at, len);
	*at += len;
	return 0;
}

/* Returns the length of a set's item at c: of "[:alpha:]" or the like, else 1. */
static size_t expr_item_length(const char *c)
{
	const char *end;

	if (c[0] != '[' || !c[1] || !strchr(":.=", c[1]))
		return 1;
	end = strchr(c + 2, c[1]);
	return end && end[1] == ']' ? (size_t)(end + 2 - c) : 1;
}

/* Multiplies *copies by the greater number of the "{2,5}" at c. */
static void expr_count(const char *c, unsigned long *copies)
{
	char *end;
	unsigned long number = strtoul(c + 1, &end, 10), most = *end == ',' ? strtoul(end + 1, NULL, 10) : 0;

	number = most > number ? most : number;
	if (number > EXPR_COPIES_MAX)
		number = EXPR_COPIES_MAX + 1; /* the product must fit as well */
	if (number && *copies <= EXPR_COPIES_MAX)
		*copies *= number;
}

/* Adds to out the expression as regcomp takes it. Returns -1 with err. */
static int expr_translate(struct buf *out, const char *text, struct error *err)
{
	const char *set = NULL; /* the first item of the set that c is in; a ']' there means itself */
	unsigned long copies = 1;

	for (const char *c = text; *c;) {
		size_t len = set ? expr_item_length(c) : 1;

		if (*c == '\\') {
			if (expr_add_escape(out, &c, set != NULL, err))
				return -1;
			continue;
		}
		if (!set && *c == '{')
			expr_count(c, &copies);
		if (!set && *c == '[') {
			len += c[1] == '^';
			set = c + len;
		} else if (set && *c == ']' && c != set) {
			set = NULL;
		}
		buf_add(out, c, len);
		c += len;
	}
	if (copies > EXPR_COPIES_MAX)
		return errors_set(err, "its numbers in { } are too large together; write smaller ones, or a '+'");
	return 0;
}

int expr_compile(struct expr *expr, const char *text, struct error *err)
{
	struct buf pattern = {0};
	char reason[100];
	int failed = expr_translate(&pattern, text, err), code;

	code = failed ? 0 : regcomp(&expr->compiled, pattern.data, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
	if (code) {
		regerror(code, &expr->compiled, reason, sizeof(reason));
		failed = errors_set(err,
				    "%s; write an extended regular expression, and a sign that means itself with "
				    "a '\\' before it",
				    reason);
	}
	expr->is_compiled = !failed;
	buf_release(&pattern);
	return failed;
}

void expr_release(struct expr *expr)
{
	if (expr->is_compiled)
		regfree(&expr->compiled);
	expr->is_compiled = false;
}

bool expr_matches(const struct expr *expr, const char *data, size_t len, bool whole)
{
	char *text = alloc_slice(data, len), *end = text + len;
	int failed;

	for (char *zero = text; (zero = memchr(zero, '\0', (size_t)(end - zero))); zero++)
		*zero = EXPR_ZERO;
	failed = regexec(&expr->compiled, text, 0, NULL, whole ? 0 : REG_NOTEOL);
	free(text);
	return !failed;
}
