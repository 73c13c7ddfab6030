#include "net/reserved.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Returns the length of what is before `end`, a dot included; -1 if the name does not end with this label. */
static ptrdiff_t reserved_before(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	if (len && name[len - 1] == '.')
		len--;
	if (len < end_len || strncasecmp(name + len - end_len, end, end_len) != 0)
		return -1;
	return len == end_len || name[len - end_len - 1] == '.' ? (ptrdiff_t)(len - end_len) : -1;
}

bool reserved_is_localhost(const char *name)
{
	return reserved_before(name, "localhost") >= 0;
}

bool reserved_is_onion(const char *name)
{
	return reserved_before(name, "onion") > 0;
}
