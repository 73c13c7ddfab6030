#include "probe/postgres/pganswer.h"

#include <string.h>

#include "base/number.h"

/* An authentication request has at least a length and a code. libpq accepts at most 2000 bytes. */
enum { PGANSWER_LENGTH_MIN = 8, PGANSWER_LENGTH_MAX = 2000 };

size_t pganswer_length(const unsigned char *bytes)
{
	return number_read(bytes + 1, 4);
}

/*
 * A reply begins with 'R' (authentication), 'E' (error) or 'v' (protocol version). Four bytes follow: the length of the
 * message, with these four (PostgreSQL manual, "Message Formats").
 */
enum pganswer_start pganswer_to_startup(const unsigned char *bytes, size_t count)
{
	size_t length;

	if (!bytes[0] || !strchr("REv", bytes[0]))
		return PGANSWER_FOREIGN;
	if (count < 5 || bytes[0] != 'R')
		return PGANSWER_MESSAGE;
	length = pganswer_length(bytes);
	return length < PGANSWER_LENGTH_MIN || length > PGANSWER_LENGTH_MAX ? PGANSWER_FOREIGN
									    : PGANSWER_AUTHENTICATION;
}

/*
 * The reply is one byte, 'S' (yes) or 'N' (no), and then the server waits. A server that is too old or too busy sends
 * an error (PostgreSQL manual, "SSL Session Encryption").
 */
enum pganswer_start pganswer_to_encryption(const unsigned char *bytes, size_t count)
{
	if (bytes[0] == 'E' || (count == 1 && (bytes[0] == 'S' || bytes[0] == 'N')))
		return PGANSWER_MESSAGE;
	return PGANSWER_FOREIGN;
}

bool pganswer_lets_in(const unsigned char *bytes, size_t count)
{
	enum { HEAD = 5, CODE = 4 }; /* type and length; the code of 'R', which is 0 for AuthenticationOk */
	size_t length;

	while (count >= HEAD) {
		length = pganswer_length(bytes);
		if (bytes[0] == 'R' && length >= PGANSWER_LENGTH_MIN && count >= HEAD + CODE &&
		    !(bytes[5] | bytes[6] | bytes[7] | bytes[8]))
			return true;
		if (length < CODE || length >= count)
			return false;
		bytes += 1 + length;
		count -= 1 + length;
	}
	return false;
}

static bool pganswer_is_one_of(const char *sqlstate, const char *const *states, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(sqlstate, states[i], strlen(states[i])) == 0)
			return true;
	return false;
}

/*
 * A pooler refuses a user or database that it does not know before it asks for a password: pgbouncer with 08P01,
 * Supavisor with XX000. pgbouncer says 08P01 for a wrong password, too.
 */
static const char *const pganswer_vague[] = {"XX000", "08P01"};

bool pganswer_is_vague(const char *sqlstate)
{
	return pganswer_is_one_of(sqlstate, pganswer_vague, sizeof(pganswer_vague) / sizeof(pganswer_vague[0]));
}

enum outcome_kind pganswer_of_state(const char *sqlstate, enum pganswer_phase phase)
{
	/*
	 * Classes and states of a server that is up and refuses this session: invalid authorization, no such database,
	 * no privilege; and those that wrong parameters cause: no such setting, not supported, bad data.
	 */
	static const char *const up[] = {"28", "3D000", "42501", "42704", "0A", "22"};
	/* A server that starts, ends or recovers, has no room, or is not in a state to serve anybody. */
	static const char *const busy[] = {"57P01", "57P02", "57P03", "53", "55000"};

	if (strncmp(sqlstate, "53300", 5) == 0)
		return OUTCOME_FULL;
	/*
	 * Without a password the question is whether the server accepts clients, and it answers one. With a password it
	 * must let this client in: then class 58 (the system's errors), 08 and what is not known here may be temporary.
	 */
	if (phase == PGANSWER_PING)
		return pganswer_is_one_of(sqlstate, busy, sizeof(busy) / sizeof(busy[0])) ? OUTCOME_STARTING
											  : OUTCOME_READY;
	if (pganswer_is_one_of(sqlstate, up, sizeof(up) / sizeof(up[0])))
		return OUTCOME_DENIED;
	/* After the login they are what they say: an internal error, and a pooler that lost its server. */
	return phase == PGANSWER_LOGIN && pganswer_is_vague(sqlstate) ? OUTCOME_DENIED : OUTCOME_STARTING;
}

const char *pganswer_find_state(const char *message)
{
	static const char state_chars[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	while ((message = strstr(message, ":  "))) {
		message += 3;
		if (strspn(message, state_chars) == 5 && message[5] == ':')
			return message;
	}
	return NULL;
}
