/* A wait as the sinks for machines see it: bound targets with progress of the test's choice. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "wait/progress.h"
#include "wait/sinks.h"

enum { MACHINE_TARGETS = 3 };

struct machine {
	struct sink *sink;
	struct sinks_view view;
	struct target targets[MACHINE_TARGETS];
	struct progress list[MACHINE_TARGETS];
};

/* count targets, tcp://db:5432, tcp://web:80 and tcp://mq:5672; the first is named DB. Begins the wait. */
void machine_open(struct machine *machine, struct sink *sink, size_t count, bool down);
void machine_close(struct machine *machine);

/* An attempt at 10.0.0.2 ended. address: "" for none. */
void machine_attempt(struct machine *machine, size_t index, enum outcome_kind kind, const char *detail,
		     const char *address);

/* Like it, and the target is done after so many microseconds. */
void machine_done(struct machine *machine, size_t index, enum outcome_kind kind, int64_t took);

void machine_end(struct machine *machine, enum verdict verdict, int signal);

/* A member's text or number; NULL and -1 where it is none. */
const char *machine_text(const cJSON *object, const char *key);
long long machine_number(const cJSON *object, const char *key);
bool machine_is_null(const cJSON *object, const char *key);

/* The schema, and the list of values that one of its definitions has. */
cJSON *machine_schema(void);
const cJSON *machine_schema_values(const cJSON *schema, const char *definition);

#endif
