/* A scripted PostgreSQL server, and what the real probe says of it. */
#ifndef PG_PEER_H
#define PG_PEER_H

#include "prober.h"
#include "speaker.h"

/* clang-format off */
/* Messages of the server, from the PostgreSQL manual, "Message Formats". */
#define ASK_CLEARTEXT speaker_say("R\0\0\0\10\0\0\0\3")
#define ASK_MD5       speaker_say("R\0\0\0\14\0\0\0\5salt")
#define ASK_SCRAM     speaker_say("R\0\0\0\27\0\0\0\12SCRAM-SHA-256\0\0")
#define ASK_GSSAPI    speaker_say("R\0\0\0\10\0\0\0\7")
#define LET_IN        speaker_say("R\0\0\0\10\0\0\0\0Z\0\0\0\5I")
#define ROW_OF_ONE    speaker_say("T\0\0\0\32\0\1x\0\0\0\0\0\0\0\0\0\0\27\0\4\377\377\377\377\0\0" \
			       "D\0\0\0\13\0\1\0\0\0\1" "1" "C\0\0\0\15SELECT 1\0" "Z\0\0\0\5I")
/* A standby that takes no writes: what target_session_attrs looks at. */
#define LET_IN_TO_STANDBY                                                                                    \
		      speaker_say("R\0\0\0\10\0\0\0\0" "S\0\0\0\30server_version\0" "17.0\0"                     \
			       "S\0\0\0\26in_hot_standby\0on\0"                                            \
			       "S\0\0\0\46" "default_transaction_read_only\0off\0" "Z\0\0\0\5I")
#define ERROR(state)  speaker_say("E\0\0\0\36SFATAL\0VFATAL\0C" state "\0Mno\0\0")
#define LET_IN_BUT_ERROR(state) \
		      speaker_say("R\0\0\0\10\0\0\0\0" "E\0\0\0\36SFATAL\0VFATAL\0C" state "\0Mno\0\0")
#define ECHO_OF_PASSWORD speaker_say("E\0\0\0\44SFATAL\0VFATAL\0C28P01\0Mhunter2!\0\0")
#define STARTUP       {SPEAKER_STARTUP, NULL, 0}
#define MESSAGE       {SPEAKER_MESSAGE, NULL, 0}
#define CLOSE         {SPEAKER_CLOSE, NULL, 0}
#define RESET         {SPEAKER_RESET, NULL, 0}
#define HOLD          {SPEAKER_HOLD, NULL, 0}
/* clang-format on */

#define PG_LIMIT (5 * CLOCK_S)
#define PG_SHORT (60 * CLOCK_MS)

#define PING    "postgres://me@127.0.0.1:#/app"
#define LOGIN   "postgres://me:hunter2@127.0.0.1:#/app"
#define SESSION "?target_session_attrs=read-write"

struct pg_row {
	const char *name, *target;
	struct speaker_step script[8];
	enum outcome_kind kind;
	const char *detail; /* a part of it; "": none at all; NULL: any */
	int64_t limit;      /* 0: PG_LIMIT */
};

/* Attempts it, and checks besides that the server saw FIN and not RST, and that no detail holds the password. */
void pg_peer_check(const struct pg_row *row, enum outcome_kind last);

/* Does so as the first attempt, and as one after "starting up", which asks with one packet first: the result is equal. */
void pg_peer_check_all(const struct pg_row *row);

#endif
