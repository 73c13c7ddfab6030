/* The ports of --hold: "5433" for the only target, "db=5433,cache=0" for several; 0 is a free one. */
#ifndef APP_HELDPORT_H
#define APP_HELDPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/errors.h"
#include "target/plan.h"

/* Checks them; ports may be NULL. Returns -1 with err. */
int heldport_check(const char *ports, const struct plan *plan, struct error *err);

/* Stores the port that the checked ports have for the target. Returns whether they have one. is_only: there is no other target. */
bool heldport_find(const char *ports, const struct target *target, bool is_only, uint16_t *port);

#endif
