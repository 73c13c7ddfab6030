#include "target/place.h"

#include <stdio.h>
#include <string.h>

struct place place_of(const struct endpoint *endpoint)
{
	struct place place = {0};

	if (!endpoint)
		return place;
	place.port = endpoint->port;
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

void place_add_other(struct place *place, const struct place *other)
{
	/* Two hosts of a PostgreSQL URI may be one address. */
	bool same = place->port == other->port && strcmp(place->address, other->address) == 0;

	if (same || !place->address[0] || !other->address[0])
		return;
	if (place->others++ == 0)
		place_text(other, place->other, sizeof(place->other));
}

char *place_all_text(const struct place *place, char *out, size_t size)
{
	char first[PLACE_TEXT_MAX];

	place_text(place, first, sizeof(first));
	if (place->others > 1)
		snprintf(out, size, "%s and %zu more", first, place->others);
	else
		snprintf(out, size, "%s%s%s", first, place->others ? " and " : "", place->other);
	return out;
}
