#include "probe/postgres/pganswer.h"

#include <string.h>

/* An authentication request has at least a length and a code. libpq accepts at most 2000 bytes. */
enum { PGANSWER_LENGTH_MIN = 8, PGANSWER_LENGTH_MAX = 2000 };

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
	length = (size_t)bytes[1] << 24 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 8 | bytes[4];
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

enum outcome_kind pganswer_of_state(const char *sqlstate, bool login)
{
	/*
	 * Classes and states of a server that is up and refuses this session: invalid authorization, no such database,
	 * no privilege; and those that wrong parameters cause: no such setting, not supported, bad data.
	 */
	static const char *const up[] = {"28", "3D000", "42501", "42704", "0A", "22"};

	if (strncmp(sqlstate, "53300", 5) == 0)
		return OUTCOME_FULL;
	for (size_t i = 0; i < sizeof(up) / sizeof(up[0]); i++)
		if (strncmp(sqlstate, up[i], strlen(up[i])) == 0)
			return login ? OUTCOME_DENIED : OUTCOME_READY;
	return OUTCOME_STARTING;
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
