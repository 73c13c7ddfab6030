/*
 * MongoDB's login by SCRAM-SHA-256 or SCRAM-SHA-1.
 * https://github.com/mongodb/specifications/blob/master/source/auth/auth.md
 */
#ifndef PROBE_MONGODB_MONGOLOGIN_H
#define PROBE_MONGODB_MONGOLOGIN_H

#include "probe/mongodb/mongotalk.h"

/* The parameters of the URL. */
struct mongologin_params {
	const char *replica_set; /* NULL: any server will do */
	const char *source;      /* authSource; NULL: see mongologin_bind */
	const char *mechanism;   /* authMechanism; NULL: the server chooses */
	const char *ca_file, *cert;
	int insecure;
};

/* Makes the target's plan. Warns if there will be no login. Returns -1 with err if the path cannot name a database. */
int mongologin_bind(struct target *target, struct log *log, struct error *err);
void mongologin_unbind(struct target *target);

/* Are there a password and a mechanism that is spoken? */
bool mongologin_is_wanted(const struct target *target);

/* Adds to a question which mechanisms there are for the user, if there is a login that leaves it open. */
void mongologin_ask_mechanisms(const struct target *target, struct buf *document);

/* Begins after the answer to that question, and goes on after each answer until *talk->outcome is set. */
void mongologin_begin(struct mongotalk *talk);
void mongologin_go_on(struct mongotalk *talk);

#endif
