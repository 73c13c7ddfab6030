/* MQTT: ready when the broker answers CONNECT. MQTT 3.1.1, 3.1 and 3.2; the codes from 128 on are those of MQTT 5. */
#include <string.h>

#include "attempt/dialog.h"
#include "target/scheme.h"

/* The first bytes of packets (2.2.1), and flags of CONNECT (3.1.2.3). */
enum {
	MQTT_CONNECT = 0x10,
	MQTT_CONNACK = 0x20,
	MQTT_DISCONNECT = 0xe0,
	MQTT_FLAG_CLEAN = 0x02,
	MQTT_FLAG_PASSWORD = 0x40,
	MQTT_FLAG_USER = 0x80
};

/* Two bytes tell the length of a text. No broker knows a longer user or password, so the rest of one changes nothing. */
enum { MQTT_TEXT_MAX = 0xffff };

static bool mqtt_has_password(const struct target *target)
{
	return target->password && *target->password;
}

static void mqtt_add_text(struct buf *out, const char *text)
{
	size_t len = strnlen(text, MQTT_TEXT_MAX);
	const char length[] = {(char)(len >> 8), (char)len};

	buf_add(out, length, sizeof(length));
	buf_add(out, text, len);
}

/* Seven bits in each byte, the lowest first; a set eighth bit says that another byte follows (2.2.3). */
static void mqtt_add_remaining(struct buf *out, size_t len)
{
	do {
		char byte = (char)(len % 128 | (len >= 128 ? 128 : 0));

		buf_add(out, &byte, 1);
		len /= 128;
	} while (len);
}

/* The session has no name, so the broker chooses one, and nothing of it is kept. */
static void mqtt_say(const struct target *target, struct buf *out)
{
	bool login = mqtt_has_password(target);
	const char *user = login && target->user ? target->user : "";
	const char head[] = {0,   4,   'M', 'Q',
			     'T', 'T', 4,   (char)(MQTT_FLAG_CLEAN | (login ? MQTT_FLAG_USER | MQTT_FLAG_PASSWORD : 0)),
			     0,   30}; /* seconds between two messages at most */
	const char type = MQTT_CONNECT;
	struct buf body = {0};

	buf_add(&body, head, sizeof(head));
	mqtt_add_text(&body, "");
	if (login) {
		mqtt_add_text(&body, user);
		mqtt_add_text(&body, target->password);
	}
	buf_add(out, &type, 1);
	mqtt_add_remaining(out, body.len);
	buf_add(out, body.data, body.len);
	buf_release(&body);
}

/* What the code of a CONNACK means. A broker that refuses a client whose password it was not told is up. */
static struct outcome mqtt_read_code(const struct target *target, unsigned char code)
{
	switch (code) {
	case 3:    /* server unavailable */
	case 0x88: /* the same */
	case 0x89: /* server busy */
		return outcome_make(OUTCOME_STARTING, "the broker says that it is not available (code %u)", code);
	case 4:    /* bad user name or password */
	case 5:    /* not authorised */
	case 0x86: /* bad user name or password */
	case 0x87: /* not authorised */
		return mqtt_has_password(target)
			       ? outcome_make(OUTCOME_DENIED, "wrong user name or password (code %u)", code)
			       : outcome_make(OUTCOME_READY, NULL);
	default: /* also a broker that speaks another version, or wants the session to have a name */
		return outcome_make(OUTCOME_READY, NULL);
	}
}

/* A CONNACK of MQTT 3.1.1 has two bytes behind its length; one of MQTT 5 may have more. */
static bool mqtt_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
		       struct outcome *outcome)
{
	const unsigned char *bytes = (const unsigned char *)heard->data;
	static const char goodbye[] = {(char)MQTT_DISCONNECT, 0};

	if ((heard->len > 0 && bytes[0] != MQTT_CONNACK) || (heard->len > 1 && (bytes[1] < 2 || bytes[1] > 127)) ||
	    (heard->len > 2 && bytes[2] > 1)) {
		*outcome = outcome_make(OUTCOME_GARBLED, "it is no CONNACK");
		return true;
	}
	if (heard->len < 4)
		return false;
	*outcome = mqtt_read_code(target, bytes[3]);
	if (bytes[3] == 0)
		buf_add(out, goodbye, sizeof(goodbye));
	return true;
}

static const struct dialog mqtt_dialog = {.say = mqtt_say, .judge = mqtt_judge};

static const struct protocol mqtt_protocol = {
	.dialog = &mqtt_dialog,
	.state_size = sizeof(struct dialog_state),
	.bind = dialog_bind,
	.start = dialog_start,
	.stop = dialog_stop,
};

const struct scheme scheme_mqtt = {
	.name = "mqtt",
	.summary = "the MQTT broker answers, with a password: lets the client in",
	.example = "mqtt://host:1883",
	.default_port = 1883,
	.claims_port = true,
	.takes_credentials = true,
	.protocol = &mqtt_protocol,
};
