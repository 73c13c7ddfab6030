/* The ports of --hold: "5433" for the only target, "db=5433,cache=0" for several; 0 is a free one. */
#ifndef APP_HELDPORT_H
#define APP_HELDPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/errors.h"
#include "target/plan.h"

/* Checks them; ports may be NULL. Returns -1 with err. */
int heldport_check(const char *ports, const struct plan *plan, struct error *err);

/*
 * Finds the port to listen at for a target, 0 for a free one; is_only: there is no other target; exports: the app is told the port,
 * so any will do. Returns 1 if a free one will do in its place, else 0; -1 with err.
 */
int heldport_choose(const char *ports, const struct target *target, bool is_only, bool exports, uint16_t *port,
		    struct error *err);

#endif
