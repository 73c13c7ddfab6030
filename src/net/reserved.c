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

void reserved_add_loopback(const char *name, struct address_list *found)
{
	static const char *const loopback[] = {"127.0.0.1", "::1"};

	for (size_t i = 0; i < 2 && found->count <= i && reserved_is_localhost(name); i++) {
		struct address address;

		address_of_host(&address, loopback[i], 0);
		address_list_add(found, &address);
	}
}

bool reserved_is_onion(const char *name)
{
	return reserved_before(name, "onion") > 0;
}
