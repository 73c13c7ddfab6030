#include "probe/postgres/pgwords.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"

/* Is text[at..at + len) a part of an occurrence of name in text? */
static bool pgwords_is_within(const char *text, size_t at, size_t len, const char *name)
{
	size_t name_len;

	if (!name)
		return false;
	name_len = strlen(name);
	if (name_len < len)
		return false;
	for (const char *found = text; (found = strstr(found, name)) && (size_t)(found - text) <= at; found++)
		if (at + len <= (size_t)(found - text) + name_len)
			return true;
	return false;
}

/* Returns where the password begins in words, at keep or later, or the length of words. */
static size_t pgwords_find_password(const char *words, size_t keep, const struct pgwords_sent *sent)
{
	size_t len = strlen(sent->password);

	for (const char *found = words + keep; (found = strstr(found, sent->password)); found++) {
		size_t at = (size_t)(found - words);

		if (!pgwords_is_within(words, at, len, sent->user) &&
		    !pgwords_is_within(words, at, len, sent->database))
			return at;
	}
	return strlen(words);
}

char *pgwords_quote(const char *words, size_t keep, const struct pgwords_sent *sent)
{
	size_t len = strcspn(words, "\n"), secret;

	if (!sent->password || !*sent->password || strlen(words) < keep)
		return alloc_slice(words, len);
	/* All of words is searched, because a newline in the password would end the line within it. */
	secret = pgwords_find_password(words, keep, sent);
	if (secret < len)
		for (len = secret; len > keep && strchr(" :\"'(", words[len - 1]); len--)
			;
	return alloc_slice(words, len);
}

const char *pgwords_without_place(const char *message)
{
	static const char before[] = " failed: ";
	const char *found = strstr(message, before);

	return found ? found + sizeof(before) - 1 : message;
}

int pgwords_errno(const char *message)
{
	static const int reasons[] = {ECONNREFUSED,  ENOENT, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, ECONNRESET,
				      EADDRNOTAVAIL, EMFILE, ENFILE,      EAFNOSUPPORT, EACCES,    EPERM};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strstr(message, strerror(reasons[i])))
			return reasons[i];
	return 0;
}
