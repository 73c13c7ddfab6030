#include "target/place.h"

#include <stdio.h>
#include <string.h>

struct place place_of(const struct endpoint *endpoint)
{
	struct place place = {.port = endpoint->port};

	snprintf(place.host, sizeof(place.host), "%s", endpoint->host);
	return place;
}

char *place_text(const struct place *place, char *out, size_t size)
{
	if (!place->address[0] || place->address[0] == '/')
		snprintf(out, size, "%s", place->address);
	else
		snprintf(out, size, strchr(place->address, ':') ? "[%s]:%u" : "%s:%u", place->address,
			 (unsigned)place->port);
	return out;
}
