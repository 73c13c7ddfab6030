#include "app/heldport.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/address.h"

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

static uint16_t heldport_number(const struct heldport_item *item)
{
	return (uint16_t)strtoul(item->digits, NULL, 10);
}

static bool heldport_find(const char *ports, const struct target *target, bool is_only, uint16_t *port)
{
	struct heldport_item item;

	while (heldport_next_item(&ports, &item))
		if (heldport_item_is_of(&item, target, is_only)) {
			*port = heldport_number(&item);
			return true;
		}
	return false;
}

/* Whose is the item? rest: the items after it, none of which may be for the same target. Returns -1 with err. */
static int heldport_check_owner(const struct heldport_item *item, const char *rest, const struct plan *plan,
				struct error *err)
{
	bool is_only = plan->target_count == 1, is_known = false;
	uint16_t another;

	for (size_t i = 0; i < plan->target_count; i++) {
		if (!heldport_item_is_of(item, &plan->targets[i], is_only))
			continue;
		if (heldport_find(rest, &plan->targets[i], is_only, &another))
			return errors_set(err, "--hold=%.*s: the target has the port %u as well; write one of them",
					  (int)item->len, item->text, (unsigned)another);
		is_known = true;
	}
	if (is_known)
		return 0;
	return errors_set(err, "--hold=%.*s: %s", (int)item->len, item->text,
			  item->digits != item->text ? "no target has this name; see --explain"
						     : "there are several targets; write NAME=PORT");
}

int heldport_check(const char *ports, const struct plan *plan, struct error *err)
{
	struct heldport_item item;

	while (heldport_next_item(&ports, &item)) {
		size_t count = strspn(item.digits, "0123456789");

		if (!count || item.digits + count != item.text + item.len || count > 5 ||
		    strtoul(item.digits, NULL, 10) > UINT16_MAX)
			return errors_set(err,
					  "--hold=%.*s: write the port to listen at, as in --hold=5433, or NAME=PORT "
					  "for each of several targets; NAME=0 is a free one",
					  (int)item.len, item.text);
		if (heldport_check_owner(&item, ports, plan, err))
			return -1;
	}
	return 0;
}

static bool heldport_is_loopback(const char *host)
{
	struct address address;

	return strcasecmp(host, "localhost") == 0 ||
	       (address_of_host(&address, host, 0) && address_is_loopback(&address));
}

/* May the target be on this machine at this port, so that waitfor would take it? */
static bool heldport_is_here(const struct target *target, uint16_t port)
{
	for (size_t i = 0; i < target->endpoint_count; i++)
		if (target->endpoints[i].port == port && heldport_is_loopback(target->endpoints[i].host))
			return true;
	return false;
}

/* Is the port written for some target? */
static bool heldport_is_written(const char *ports, uint16_t port)
{
	struct heldport_item item;

	while (heldport_next_item(&ports, &item))
		if (heldport_number(&item) == port)
			return true;
	return false;
}

int heldport_choose(const char *ports, const struct target *target, bool is_only, bool exports, uint16_t *port,
		    struct error *err)
{
	uint16_t own = target->is_elsewhere ? 0 : target->endpoints[0].port;
	bool is_own = !heldport_find(ports, target, is_only, port);

	if (is_own)
		*port = own;
	if (is_own && exports) {
		if (heldport_is_here(target, own) || heldport_is_written(ports, own))
			*port = 0;
		return true;
	}
	if (*port && heldport_is_here(target, *port))
		return errors_set(err,
				  "%u is the port of the target itself, which is on this machine; write another one",
				  (unsigned)*port);
	return false;
}
