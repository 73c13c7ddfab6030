/*
 * AMQP 0-9-1: ready when the broker begins the handshake; with a password: when it opens the virtual host. FACTS 33, 67.
 * https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 2.3.5, 4.2, and "connection" of amqp-xml-doc0-9-1.pdf.
 */
#include <stdlib.h>
#include <string.h>

#include "attempt/dialog.h"
#include "base/alloc.h"
#include "base/number.h"
#include "base/percent.h"
#include "target/scheme.h"

/* Methods of the class "connection", the only ones here. */
enum amqp_id {
	AMQP_START = 10,
	AMQP_START_OK = 11,
	AMQP_TUNE = 30,
	AMQP_TUNE_OK = 31,
	AMQP_OPEN = 40,
	AMQP_OPEN_OK = 41,
	AMQP_CLOSE = 50,
	AMQP_CLOSE_OK = 51
};

enum {
	AMQP_CONNECTION = 10, /* the class */
	AMQP_HEADER = 7,      /* bytes before what a frame holds: its type, channel and size */
	AMQP_END = 0xce,      /* the byte behind it */
	AMQP_VHOST_MAX = 255
};

/* A method without its class and number. */
struct amqp_method {
	enum amqp_id id;
	const unsigned char *args;
	size_t len;
};

static const char amqp_greeting[] = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};

/*
 * The first part of the path: a '/' in a name is written %2F, and what follows is of the application (Symfony names an
 * exchange there). Celery writes "//" for "/". Without a name it is "/", for which nearly all clients take "amqp://host/"
 * too, although it means the name "" by the letter of https://www.rabbitmq.com/docs/uri-spec. NULL: it has a %00.
 */
static char *amqp_vhost(const struct target *target)
{
	const char *name = target->tail[0] == '/' ? target->tail + 1 : "";
	size_t len = *name == '/' ? strcspn(name, "?") : strcspn(name, "/?");

	return len ? percent_decode(name, len) : alloc_text("/");
}

static int amqp_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	char *vhost;
	size_t len;

	(void)env;
	if (dialog_check_host(target, err))
		return -1;
	vhost = amqp_vhost(target);
	len = vhost ? strlen(vhost) : 0;
	free(vhost);
	if (!len || len > AMQP_VHOST_MAX)
		return errors_set(err, "a virtual host has at most %d bytes, and no %%00; write amqp://host:5672/vhost",
				  AMQP_VHOST_MAX);
	if (target->params.others.len)
		log_line(log, LOG_LEVEL_NORMAL,
			 "target \"%s\": parameters of amqp:// other than those of TLS are ignored", target->text);
	return 0;
}

/* Adds a text with its length, of 1 byte for a short one, else of 4. */
static void amqp_add_text(struct buf *out, const char *text, size_t len, size_t length_bytes)
{
	number_add(out, (uint32_t)len, length_bytes);
	buf_add(out, text, len);
}

/* Adds the frame of a method, and releases its args. Its channel is 0. */
static void amqp_add_method(struct buf *out, enum amqp_id id, struct buf *args)
{
	number_add(out, 1, 1);
	number_add(out, 0, 2);
	number_add(out, (uint32_t)args->len + 4, 4);
	number_add(out, AMQP_CONNECTION, 2);
	number_add(out, id, 2);
	if (args->len)
		buf_add(out, args->data, args->len);
	number_add(out, AMQP_END, 1);
	buf_release(args);
}

static void amqp_say(const struct target *target, struct buf *out)
{
	(void)target;
	buf_add(out, amqp_greeting, sizeof(amqp_greeting));
}

/* PLAIN is RFC 4616. "guest" is the user of a new broker. */
static void amqp_say_login(const struct target *target, struct buf *out)
{
	/*
	 * A broker tells a wrong password only to a client that can hear it, else it just closes, three seconds later
	 * (https://www.rabbitmq.com/docs/auth-notification). Its log has the name of a connection.
	 */
	static const char properties[] = "\x0c"
					 "capabilitiesF\0\0\0\x1f\x1c"
					 "authentication_failure_closet\x01"
					 "\x0f"
					 "connection_nameS\0\0\0\x07waitfor"
					 "\x07"
					 "productS\0\0\0\x07waitfor";
	const char *user = target_has_user(target) ? target->user : "guest";
	size_t user_size = strlen(user) + 1;
	struct buf args = {0};

	amqp_add_text(&args, properties, sizeof(properties) - 1, 4);
	amqp_add_text(&args, "PLAIN", 5, 1);
	number_add(&args, (uint32_t)(1 + user_size + strlen(target->password)), 4);
	number_add(&args, 0, 1);
	buf_add(&args, user, user_size);
	buf_add_text(&args, target->password);
	amqp_add_text(&args, "en_US", 5, 1); /* the language that every broker has */
	amqp_add_method(out, AMQP_START_OK, &args);
}

/* Takes what the broker offers in Tune, its numbers of channels and bytes of a frame, and asks for no heartbeat. */
static void amqp_say_open(const struct target *target, const struct amqp_method *tune, struct buf *out)
{
	char *vhost = amqp_vhost(target);
	struct buf args = {0};

	buf_add(&args, (const char *)tune->args, 6);
	number_add(&args, 0, 2);
	amqp_add_method(out, AMQP_TUNE_OK, &args);
	amqp_add_text(&args, vhost, strlen(vhost), 1);
	number_add(&args, 0, 2);
	amqp_add_method(out, AMQP_OPEN, &args);
	free(vhost);
}

/* The broker waits for this before it ends the connection; 200 is no error. */
static void amqp_say_close(struct buf *out)
{
	struct buf args = {0};

	number_add(&args, 200, 2);
	amqp_add_text(&args, "", 0, 1);
	number_add(&args, 0, 4);
	amqp_add_method(out, AMQP_CLOSE, &args);
}

/* Reads one frame with the method that is wanted, or with Close. NO: it is no such frame. */
static enum dialog_match amqp_read(const struct dialog_heard *heard, enum amqp_id wanted, struct amqp_method *method)
{
	static const unsigned char head[] = {1, 0, 0};
	const unsigned char *bytes = (const unsigned char *)heard->data, *body = bytes + AMQP_HEADER;
	size_t size;

	if (memcmp(bytes, head, heard->len < sizeof(head) ? heard->len : sizeof(head)) != 0)
		return DIALOG_NO;
	if (heard->len < AMQP_HEADER + 4)
		return DIALOG_MAYBE;
	size = number_read(bytes + sizeof(head), 4);
	method->id = (enum amqp_id)number_read(body + 2, 2);
	if (size < 4 || size > DIALOG_HEARD_MAX / 2 || number_read(body, 2) != AMQP_CONNECTION ||
	    (method->id != wanted && method->id != AMQP_CLOSE))
		return DIALOG_NO;
	if (heard->len <= AMQP_HEADER + size)
		return DIALOG_MAYBE;
	method->args = body + 4;
	method->len = size - 4;
	return body[size] == AMQP_END ? DIALOG_YES : DIALOG_NO;
}

/* Returns the text at *at, which has its length in 4 bytes before it, and moves *at behind it. NULL: it is cut. */
static const char *amqp_read_text(const struct amqp_method *method, size_t *at, size_t *len)
{
	const unsigned char *length = method->args + *at;

	if (method->len < *at + 4)
		return NULL;
	*len = number_read(length, 4);
	*at += 4;
	if (*len > method->len - *at)
		return NULL;
	*at += *len;
	return (const char *)length + 4;
}

/* Does Start, version, properties, mechanisms and languages, offer PLAIN? "AMQPLAIN" is another one. */
static bool amqp_offers_plain(const struct amqp_method *start)
{
	size_t at = 2, len = 0;
	const char *properties = amqp_read_text(start, &at, &len);
	const char *mechanisms = properties ? amqp_read_text(start, &at, &len) : NULL;
	char *names = alloc_format(" %.*s ", mechanisms ? (int)len : 0, mechanisms ? mechanisms : "");
	bool found = strstr(names, " PLAIN ");

	free(names);
	return found;
}

/* A broker says in a header of its own which protocol it wants. */
static struct outcome amqp_read_version(const struct dialog_heard *heard)
{
	const unsigned char *bytes = (const unsigned char *)heard->data;

	if (memcmp(bytes, amqp_greeting, sizeof(amqp_greeting)) == 0)
		return outcome_make(OUTCOME_GARBLED, "it repeats what it hears");
	return outcome_make(OUTCOME_UNSUITABLE, "the broker does not speak AMQP 0-9-1, but %u-%u-%u", bytes[5],
			    bytes[6], bytes[7]);
}

/*
 * Close has a code and a text: 403 for a wrong login, 530 for a virtual host that is not there or not for this user, and
 * for too many connections, which only the text tells. Others say that the broker stops, or that the virtual host is
 * not up (541).
 */
static struct outcome amqp_read_close(const struct target *target, const struct amqp_method *close)
{
	static const char full[] = "connection limit (";
	size_t code = close->len < 3 ? 0 : number_read(close->args, 2), len = close->len < 3 ? 0 : close->args[2];
	const char *text = (const char *)close->args + 3;
	enum outcome_kind kind = code == 403 || code == 402 || code == 530 ? OUTCOME_DENIED : OUTCOME_STARTING;

	if (close->len < 3 + len)
		return outcome_make(OUTCOME_GARBLED, "its Connection.Close is cut");
	if (code == 530 && memmem(text, len, full, sizeof(full) - 1))
		kind = OUTCOME_FULL;
	return dialog_quote(target, kind, text, len);
}

/* What a method means, after the first, second and third words of ours. Returns false if there is more to say. */
static bool amqp_go_on(const struct target *target, unsigned turn, const struct amqp_method *method, struct buf *out,
		       struct outcome *outcome)
{
	if (turn == 1 && target_has_password(target) && !amqp_offers_plain(method)) {
		*outcome = outcome_make(OUTCOME_UNSUITABLE, "the broker takes no login by PLAIN");
	} else if (turn == 1 && target_has_password(target)) {
		amqp_say_login(target, out);
	} else if (turn == 2 && method->len < 8) {
		*outcome = outcome_make(OUTCOME_GARBLED, "its Connection.Tune is cut");
	} else if (turn == 2) {
		amqp_say_open(target, method, out);
	} else {
		*outcome = outcome_make(OUTCOME_READY, NULL);
		if (turn > 2) /* before, Close would be an error */
			amqp_say_close(out);
	}
	return outcome->kind != OUTCOME_NONE;
}

static bool amqp_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		       struct outcome *outcome)
{
	static const enum amqp_id wanted[] = {AMQP_START, AMQP_TUNE, AMQP_OPEN_OK};
	enum dialog_match version = heard->turn == 1 ? dialog_begins(heard, "AMQP") : DIALOG_NO;
	struct amqp_method method = {0};
	enum dialog_match found = amqp_read(heard, wanted[heard->turn - 1], &method);
	struct buf nothing = {0};

	if (found == DIALOG_YES && method.id != AMQP_CLOSE)
		return amqp_go_on(target, heard->turn, &method, out, outcome);
	if (found == DIALOG_YES) {
		*outcome = amqp_read_close(target, &method);
		amqp_add_method(out, AMQP_CLOSE_OK, &nothing);
	} else if (version == DIALOG_YES && heard->len >= sizeof(amqp_greeting)) {
		*outcome = amqp_read_version(heard);
	} else if (version == DIALOG_NO && found == DIALOG_NO) {
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no answer of AMQP 0-9-1");
	} else if (heard->eof && heard->turn == 2 && !heard->len) { /* all that AMQP 0-9-1 has for a wrong password */
		*outcome = outcome_make(OUTCOME_STARTING, "the broker closed after the login; is the password right?");
	}
	return outcome->kind != OUTCOME_NONE;
}

static const struct dialog amqp_dialog = {.say = amqp_say, .judge = amqp_judge};

static const struct protocol amqp_protocol = {
	.dialog = &amqp_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = amqp_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

static const char *const amqp_others[] = {"pyamqp", "rabbitmq", NULL};

const struct scheme scheme_amqp = {
	.name = "amqp",
	.others = amqp_others,
	.summary = "RabbitMQ begins the handshake, with a password: opens the virtual host",
	.example = "amqp://host:5672",
	.default_port = 5672,
	.tls = SCHEME_TLS,
	.tls_name = "amqps",
	.tls_port = 5671,
	.passes_parameters = true,
	.claims_port = true,
	.takes_credentials = true,
	.link_user = "RABBITMQ_DEFAULT_USER",
	.link_password = "RABBITMQ_DEFAULT_PASS",
	.protocol = &amqp_protocol,
};
