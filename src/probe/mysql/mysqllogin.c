/*
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html
 * https://mariadb.com/kb/en/connection/
 */
#include "probe/mysql/mysqllogin.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/percent.h"

/* First bytes of packets. */
enum {
	MYSQLLOGIN_OK = 0x00,
	MYSQLLOGIN_MORE = 0x01, /* the method goes on */
	MYSQLLOGIN_VERSION = 0x0a,
	MYSQLLOGIN_SWITCH = 0xfe /* use another method */
};

/* Capability flags ("Capabilities Flags"); MariaDB takes a client without the first for one with its extensions. */
enum {
	MYSQLLOGIN_LONG_PASSWORD = 1,
	MYSQLLOGIN_WITH_DATABASE = 8,
	MYSQLLOGIN_PROTOCOL_41 = 1 << 9,
	MYSQLLOGIN_TLS = 1 << 11,
	MYSQLLOGIN_SECURE = 1 << 15,
	MYSQLLOGIN_METHODS = 1 << 19
};

enum {
	MYSQLLOGIN_UTF8 = 45,    /* utf8mb4_general_ci */
	MYSQLLOGIN_TURNS_MAX = 8 /* a login with every method takes four */
};

char *mysqllogin_database(const struct target *target)
{
	const char *path = target->tail + (target->tail[0] == '/');

	return percent_decode(path, strcspn(path, "?"));
}

/*
 * Without a password this is the end of a handshake under a name of our own: a failed login to an account may count
 * (MariaDB's max_password_errors, MySQL's FAILED_LOGIN_ATTEMPTS).
 */
static void mysqllogin_say(struct mysqltalk *talk, unsigned capabilities)
{
	const struct target *target = talk->target;
	bool real = target_has_password(target), tls = security_is_on(&target->security);
	const char *user = !real ? "waitfor" : target_has_user(target) ? target->user : "root";
	char *database = real ? mysqllogin_database(target) : NULL;
	bool named = database && *database;
	unsigned flags = MYSQLLOGIN_LONG_PASSWORD | MYSQLLOGIN_PROTOCOL_41 | MYSQLLOGIN_SECURE |
			 (capabilities & MYSQLLOGIN_METHODS) | (named ? MYSQLLOGIN_WITH_DATABASE : 0) |
			 (tls ? MYSQLLOGIN_TLS : 0);
	char head[32] = {(char)flags, (char)(flags >> 8), (char)(flags >> 16), 0, 0, 0, 0, 1, MYSQLLOGIN_UTF8};
	struct buf words = {0}, answer = {0};
	char length;

	if (tls && !talk->secure) { /* the beginning of the login is the request for TLS; all of it follows in TLS */
		mysqltalk_answer(talk, head, sizeof(head));
		free(database);
		return;
	}
	mysqlauth_answer(&talk->auth, real ? target->password : "", &answer);
	length = (char)answer.len;
	buf_add(&words, head, sizeof(head));
	buf_add(&words, user, strlen(user) + 1);
	buf_add(&words, &length, 1);
	buf_add(&words, answer.len ? answer.data : "", answer.len);
	if (named)
		buf_add(&words, database, strlen(database) + 1);
	if (flags & MYSQLLOGIN_METHODS)
		buf_add(&words, talk->auth.method, strlen(talk->auth.method) + 1);
	mysqltalk_answer(talk, words.data, words.len);
	buf_release(&answer);
	buf_release(&words);
	free(database);
}

/* Notes the method of login, a text that ends with a zero byte or after len bytes. Returns its length with the zero. */
static size_t mysqllogin_note(struct mysqltalk *talk, const void *method, size_t len)
{
	size_t kept;

	len = strnlen(method, len);
	kept = len < MYSQLAUTH_METHOD_SIZE ? len : MYSQLAUTH_METHOD_SIZE - 1;
	memcpy(talk->auth.method, method, kept);
	talk->auth.method[kept] = '\0';
	return len + 1;
}

/* Says the login, or before it the request for TLS, which counts as a packet. */
static void mysqllogin_introduce(struct mysqltalk *talk, unsigned capabilities)
{
	bool says = mysqltalk_must_say(talk);

	if (security_is_on(&talk->target->security) && !says) {
		talk->number++;
		says = mysqltalk_must_say(talk);
	}
	if (says)
		mysqllogin_say(talk, capabilities);
}

/*
 * Protocol::HandshakeV10: behind the server's version are the connection (4 bytes), 8 bytes of the nonce, a filler (1),
 * capabilities (2), a character set (1), the status (2), more capabilities (2), the nonce's length (1), a filler (10), the
 * rest of the nonce, at least 12 bytes and a zero, and the method.
 */
void mysqllogin_greet(struct mysqltalk *talk)
{
	const unsigned char *end = memchr(talk->packet, '\0', talk->len), *more = end ? end + 1 : NULL;
	size_t left = more ? talk->len - (size_t)(more - talk->packet) : 0, nonce;
	unsigned capabilities;

	if (talk->packet[0] == MYSQLTALK_ERROR) {
		mysqltalk_refused(talk);
		return;
	}
	if (talk->packet[0] != MYSQLLOGIN_VERSION || left < 31 + 12) {
		mysqltalk_garbled(talk, "it is no greeting of MySQL 4.1 or later");
		return;
	}
	capabilities = number_read_low(more + 13, 2) | (unsigned)more[18] << 16;
	memcpy(talk->auth.nonce, more + 4, 8);
	memcpy(talk->auth.nonce + 8, more + 31, 12);
	nonce = more[20] > 21 ? more[20] - 8u : 13;
	if (capabilities & MYSQLLOGIN_METHODS && left > 31 + nonce)
		mysqllogin_note(talk, more + 31 + nonce, left - 31 - nonce);
	if (!mysqlauth_is_known(&talk->auth)) /* the server will name the account's */
		mysqllogin_note(talk, MYSQLAUTH_NATIVE, sizeof(MYSQLAUTH_NATIVE));
	talk->stage = MYSQLTALK_LOGIN;
	if (security_is_on(&talk->target->security) && !(capabilities & MYSQLLOGIN_TLS)) {
		mysqltalk_part(talk, outcome_make(OUTCOME_UNSUITABLE, "the server does not speak TLS"));
		return;
	}
	mysqllogin_introduce(talk, capabilities);
}

/* Protocol::AuthSwitchRequest: a method and a nonce. Without both it is the method from before 4.1. */
static void mysqllogin_switched(struct mysqltalk *talk)
{
	static const char old[] = "mysql_old_password";
	struct buf answer = {0};
	size_t at = 1;

	if (talk->len > 1)
		at += mysqllogin_note(talk, talk->packet + 1, talk->len - 1);
	else
		mysqllogin_note(talk, old, sizeof(old));
	memset(talk->auth.nonce, 0, sizeof(talk->auth.nonce));
	for (size_t i = 0; i < sizeof(talk->auth.nonce) && at + i < talk->len; i++)
		talk->auth.nonce[i] = talk->packet[at + i];
	if (target_has_password(talk->target) && !mysqlauth_is_known(&talk->auth)) {
		mysqltalk_part(talk, outcome_make(OUTCOME_UNSUITABLE,
						  "the server wants a login by %s, which waitfor does not have",
						  talk->auth.method));
		return;
	}
	if (!mysqltalk_must_say(talk))
		return;
	mysqlauth_answer(&talk->auth, target_has_password(talk->target) ? talk->target->password : "", &answer);
	mysqltalk_answer(talk, answer.len ? answer.data : "", answer.len);
	buf_release(&answer);
}

/*
 * caching_sha2_password: 3 says that the server knew the password's hash, and OK follows. 4 says that it wants to have the
 * password, which is what the first login after its start is for. It gets it in TLS; else we ask for its public key, which
 * comes next.
 */
static void mysqllogin_more(struct mysqltalk *talk)
{
	const char *key = (const char *)talk->packet + 1;
	struct buf answer = {0};

	if (!target_has_password(talk->target)) {
		mysqltalk_part(talk, mysqltalk_up(talk->target));
	} else if (talk->len == 2 && *key == 4) {
		if (!mysqltalk_must_say(talk))
			return;
		if (talk->secure)
			mysqltalk_answer(talk, talk->target->password, strlen(talk->target->password) + 1);
		else
			mysqltalk_answer(talk, "\2", 1);
	} else if (talk->len > 2 && mysqltalk_must_say(talk)) {
		if (mysqlauth_encrypt(&talk->auth, talk->target->password, key, talk->len - 1, &answer))
			mysqltalk_answer(talk, answer.data, answer.len);
		else
			mysqltalk_part(talk, outcome_make(OUTCOME_UNSUITABLE,
							  "the server's key for the password is not understood"));
		buf_release(&answer);
	}
}

bool mysqllogin_go_on(struct mysqltalk *talk)
{
	unsigned char kind = talk->packet[0];

	if (kind == MYSQLTALK_ERROR) {
		mysqltalk_refused(talk);
	} else if (talk->said > MYSQLLOGIN_TURNS_MAX) {
		mysqltalk_garbled(talk, "the login does not end");
	} else if (kind == MYSQLLOGIN_SWITCH) {
		mysqllogin_switched(talk);
	} else if (kind == MYSQLLOGIN_MORE) {
		mysqllogin_more(talk);
	} else if (kind != MYSQLLOGIN_OK) {
		mysqltalk_garbled(talk, "it is no reply to a login");
	} else {
		talk->stage = MYSQLTALK_SESSION;
		return true;
	}
	return false;
}
