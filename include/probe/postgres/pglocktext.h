/* What the session of a lock asks the server, as SQL. Pure. The caller frees each text. */
#ifndef PROBE_POSTGRES_PGLOCKTEXT_H
#define PROBE_POSTGRES_PGLOCKTEXT_H

#include <stdbool.h>
#include <stdint.h>

/* One row: is the server a standby, its process, and what does not count. A wait for the lock ends after `turn` microseconds. */
char *pglocktext_settings(int64_t turn);

/* One row, behind what may have no rows: is the lock of this key held now? waits: for a turn; else the answer comes at once. */
char *pglocktext_take(int64_t key, bool waits);

/* One row: the name and the address of whoever has the lock, and since when (UTC); no row if nobody has. */
char *pglocktext_holder(int64_t key);

/* One row: is the lock really this session's? A limit for locks holds no more; what is asked later gets `patience` microseconds. */
char *pglocktext_verify(int64_t key, int64_t patience);

/* One row: is there a table for what runs only once? */
char *pglocktext_table(void);
char *pglocktext_create(void);

/* One row: has $2 succeeded under the lock $1, and could that be noted? */
char *pglocktext_version(void);

/* Notes $2 under the lock $1. */
char *pglocktext_note(void);

#endif
