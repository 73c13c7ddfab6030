#include "probe/mysql/mysqltalk.h"

#include <stdlib.h>
#include <string.h>

#include "attempt/dialog.h"
#include "base/alloc.h"
#include "base/number.h"

enum {
	MYSQLTALK_QUIT = 0x01,
	MYSQLTALK_HEADER = 4,         /* a length of three bytes, and a number that counts the packets of an exchange */
	MYSQLTALK_GREETING_MAX = 1024 /* a longer first packet is of another protocol; text has larger lengths */
};

bool mysqltalk_take(struct mysqltalk *talk, const unsigned char **at, size_t *left)
{
	size_t len = *left < 3 ? 0 : number_read_low(*at, 3);

	if (*left < 3)
		return false;
	if (!len || (talk->stage == MYSQLTALK_GREETING && len > MYSQLTALK_GREETING_MAX)) {
		mysqltalk_garbled(talk, "it is no packet of MySQL");
		return false;
	}
	if (*left < MYSQLTALK_HEADER || *left - MYSQLTALK_HEADER < len)
		return false;
	talk->number = (*at)[3];
	talk->packet = *at + MYSQLTALK_HEADER;
	talk->len = len;
	*at += MYSQLTALK_HEADER + len;
	*left -= MYSQLTALK_HEADER + len;
	return true;
}

const struct mysqlquery_params *mysqltalk_params(const struct target *target)
{
	return target->params.fields;
}

bool mysqltalk_must_say(struct mysqltalk *talk)
{
	return talk->said++ == talk->turn;
}

static void mysqltalk_add(struct buf *out, unsigned char number, const char *bytes, size_t len)
{
	number_add_low(out, (uint32_t)len, 3);
	number_add(out, number, 1);
	buf_add(out, bytes, len);
}

void mysqltalk_answer(struct mysqltalk *talk, const char *bytes, size_t len)
{
	mysqltalk_add(talk->out, (unsigned char)(talk->number + 1), bytes, len);
}

void mysqltalk_command(struct mysqltalk *talk, char command, const char *text)
{
	struct buf bytes = {0};

	buf_add(&bytes, &command, 1);
	buf_add_text(&bytes, text);
	mysqltalk_add(talk->out, 0, bytes.data, bytes.len);
	buf_release(&bytes);
}

void mysqltalk_garbled(struct mysqltalk *talk, const char *detail)
{
	*talk->outcome = outcome_make(OUTCOME_GARBLED, "%s", detail);
}

void mysqltalk_part(struct mysqltalk *talk, struct outcome outcome)
{
	static const struct mysqlauth no_method = {"", {0}};
	struct buf answer = {0};

	*talk->outcome = outcome;
	if (talk->stage != MYSQLTALK_LOGIN) {
		mysqltalk_command(talk, MYSQLTALK_QUIT, "");
		return;
	}
	mysqlauth_answer(&no_method, "", &answer);
	mysqltalk_answer(talk, answer.data, answer.len);
	buf_release(&answer);
}

struct outcome mysqltalk_up(const struct target *target)
{
	if (mysqltalk_params(target)->table || mysqltalk_params(target)->query)
		return outcome_make(OUTCOME_DENIED, "table and query need a login; name a user and a password");
	return outcome_make(OUTCOME_READY, NULL);
}

/* Server Error Message Reference of MySQL 8, MariaDB Error Codes. The others say that it is not ready yet. */
static enum outcome_kind mysqltalk_kind(unsigned code)
{
	static const unsigned short full[] = {1040, 1203, 1226},
				    denied[] = {1044, 1045, 1129, 1130, 1142, 1143, 1227, 1251, 1275,
						1370, 1698, 1820, 1862, 3118, 3159, 3955, 4150, 4151};

	for (size_t i = 0; i < sizeof(full) / sizeof(full[0]); i++)
		if (full[i] == code)
			return OUTCOME_FULL;
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		if (denied[i] == code)
			return OUTCOME_DENIED;
	return OUTCOME_STARTING;
}

/* Words of our own for what the server's text may not say. */
static const char *mysqltalk_words(unsigned code)
{
	if (code == 1129)
		return "this host is blocked: ";
	if (code == 1130)
		return "this host may not connect: ";
	return code == 3159 ? "the server wants TLS: " : "";
}

/* The packet has a code, from version 4.1 on '#' and an SQLSTATE, and a text ("ERR_Packet"). */
void mysqltalk_refused(struct mysqltalk *talk)
{
	const char *packet = (const char *)talk->packet;
	unsigned code = talk->len > 2 ? number_read_low(talk->packet + 1, 2) : 0;
	size_t at = talk->len < 3 ? talk->len : talk->len > 9 && packet[3] == '#' ? 9 : 3;
	enum outcome_kind kind = mysqltalk_kind(code);
	struct outcome outcome = mysqltalk_up(talk->target);
	char *line;

	if (kind != OUTCOME_DENIED || talk->stage != MYSQLTALK_LOGIN || target_has_password(talk->target)) {
		kind = code == 3159 ? OUTCOME_UNSUITABLE : kind;
		line = alloc_format("%s%u: %.*s", mysqltalk_words(code), code, (int)(talk->len - at), packet + at);
		outcome = dialog_quote(talk->target, kind, line, strlen(line));
		free(line);
	}
	if (talk->stage == MYSQLTALK_SESSION)
		mysqltalk_part(talk, outcome);
	else
		*talk->outcome = outcome;
}
