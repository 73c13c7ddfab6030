#include "app/heldport.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One item of "5433" or "db=5433,cache=0". */
struct heldport_item {
	const char *text, *digits;
	size_t len, name; /* of all of it; of the name before '=', 0 if there is none */
};

/* Takes the next item from *ports, which moves on. Returns false at the end; ports may be NULL. */
static bool heldport_next_item(const char **ports, struct heldport_item *item)
{
	size_t name;

	if (!*ports || !**ports)
		return false;
	name = strcspn(*ports, "=,");
	*item = (struct heldport_item){.text = *ports, .digits = *ports, .len = strcspn(*ports, ",")};
	if ((*ports)[name] == '=') {
		item->name = name;
		item->digits = *ports + name + 1;
	}
	*ports += item->len + ((*ports)[item->len] == ',');
	return true;
}

static bool heldport_item_is_of(const struct heldport_item *item, const struct target *target, bool is_only)
{
	if (item->digits == item->text)
		return is_only;
	return target->name && strlen(target->name) == item->name &&
	       strncasecmp(item->text, target->name, item->name) == 0;
}

bool heldport_find(const char *ports, const struct target *target, bool is_only, uint16_t *port)
{
	struct heldport_item item;

	while (heldport_next_item(&ports, &item))
		if (heldport_item_is_of(&item, target, is_only)) {
			*port = (uint16_t)strtoul(item.digits, NULL, 10);
			return true;
		}
	return false;
}

int heldport_check(const char *ports, const struct plan *plan, struct error *err)
{
	struct heldport_item item;

	while (heldport_next_item(&ports, &item)) {
		size_t count = strspn(item.digits, "0123456789");
		bool is_known = false;

		if (!count || item.digits + count != item.text + item.len || count > 5 ||
		    strtoul(item.digits, NULL, 10) > UINT16_MAX)
			return errors_set(err,
					  "--hold=%.*s: write the port to listen at, as in --hold=5433, or NAME=PORT "
					  "for each of several targets; NAME=0 is a free one",
					  (int)item.len, item.text);
		for (size_t i = 0; i < plan->target_count; i++)
			is_known |= heldport_item_is_of(&item, &plan->targets[i], plan->target_count == 1);
		if (!is_known)
			return errors_set(err, "--hold=%.*s: %s", (int)item.len, item.text,
					  item.digits != item.text ? "no target has this name; see --explain"
								   : "there are several targets; write NAME=PORT");
	}
	return 0;
}
