/* One name that is looked up, and what came of it. */
#ifndef SEEKER_H
#define SEEKER_H

#include "name_server.h"
#include "net/lookup.h"
#include "unit_loop.h"

/* What all look-ups of a test share. It needs the files of own_files.h. */
struct seeker_rig {
	struct unit_loop unit;
	struct name_server server;
	struct lookup_shared *shared;
};

/* more: lines of /etc/resolv.conf besides the server; hosts: all of /etc/hosts. */
void seeker_rig_open(struct seeker_rig *rig, const struct name_server_row *rows, size_t count, const char *more,
		     const char *hosts);
void seeker_rig_close(struct seeker_rig *rig);

struct seeker {
	struct unit_loop *unit;
	struct lookup *lookup;
	char told[64];       /* a "6" or "4" for each answer since seeker_start */
	bool stops_at_first; /* the first answer stops the loop, and not only the one that makes both known */
	char texts[LOOKUP_FAMILIES][256];
};

void seeker_open(struct seeker *seeker, struct seeker_rig *rig, const char *name);
void seeker_open_srv(struct seeker *seeker, struct seeker_rig *rig, const char *name); /* of SRV records */
void seeker_close(struct seeker *seeker);

void seeker_start(struct seeker *seeker);

/* Waits until both families are answered. */
void seeker_wait(struct seeker *seeker, const char *row);

/* What is known of a family: its addresses, joined by blanks, or the reason, as in JSON; or "open" or "late". */
const char *seeker_text(struct seeker *seeker, enum lookup_family family);

/* Fails the test unless this is known. */
void seeker_check(const char *row, struct seeker *seeker, const char *v6, const char *v4);

#endif
