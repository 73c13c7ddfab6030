/* MQTT: ready when the broker answers CONNECT; with a login: when it lets the client in. MQTT 3.1.1, 3.1 and 3.2. */
#include <string.h>

#include "attempt/dialog.h"
#include "base/number.h"
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

/* A user may come without a password (3.1.2.9). */
static bool mqtt_has_login(const struct target *target)
{
	return target_has_user(target) || target_has_password(target);
}

static void mqtt_add_text(struct buf *out, const char *text)
{
	size_t len = strnlen(text, MQTT_TEXT_MAX);

	number_add(out, (uint32_t)len, 2);
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

/* Version 3.1.1 knows no password without a user, but an empty user. The session has no name, and nothing of it is kept. */
static void mqtt_say(const struct target *target, struct buf *out)
{
	int login =
		(mqtt_has_login(target) ? MQTT_FLAG_USER : 0) | (target_has_password(target) ? MQTT_FLAG_PASSWORD : 0);
	/* The last two bytes are the seconds between two messages at most. */
	const char head[] = {0, 4, 'M', 'Q', 'T', 'T', 4, (char)(MQTT_FLAG_CLEAN | login), 0, 30};
	const char type = MQTT_CONNECT;
	struct buf body = {0};

	buf_add(&body, head, sizeof(head));
	mqtt_add_text(&body, "");
	if (login & MQTT_FLAG_USER)
		mqtt_add_text(&body, target->user ? target->user : "");
	if (login & MQTT_FLAG_PASSWORD)
		mqtt_add_text(&body, target->password);
	buf_add(out, &type, 1);
	mqtt_add_remaining(out, body.len);
	buf_add(out, body.data, body.len);
	buf_release(&body);
}

/* Codes of a CONNACK: of 3.1.1 (3.2.2.3), and from 128 on of MQTT 5 (3.2.2.2). */
static const struct mqtt_code {
	unsigned char code;
	enum outcome_kind
		kind; /* DENIED and UNSUITABLE: without a login the broker is up, which is all that was asked */
	const char *words;
} mqtt_codes[] = {
	{0, OUTCOME_READY, ""},
	{1, OUTCOME_UNSUITABLE, "the broker does not speak MQTT 3.1.1"},
	{2, OUTCOME_UNSUITABLE, "the broker wants the session to have a name"},
	{3, OUTCOME_STARTING, "the broker is not available"},
	{4, OUTCOME_DENIED, "wrong user name or password"},
	{5, OUTCOME_DENIED, "wrong user name or password"},
	{0x84, OUTCOME_UNSUITABLE, "the broker does not speak MQTT 3.1.1"},
	{0x85, OUTCOME_UNSUITABLE, "the broker wants the session to have a name"},
	{0x86, OUTCOME_DENIED, "wrong user name or password"},
	{0x87, OUTCOME_DENIED, "wrong user name or password"},
	{0x88, OUTCOME_STARTING, "the broker is not available"},
	{0x89, OUTCOME_STARTING, "the broker is busy"},
};

static struct outcome mqtt_read_code(const struct target *target, unsigned char code)
{
	const struct mqtt_code *found = NULL;

	for (size_t i = 0; i < sizeof(mqtt_codes) / sizeof(mqtt_codes[0]); i++)
		if (mqtt_codes[i].code == code)
			found = &mqtt_codes[i];
	if (!found)
		return outcome_make(OUTCOME_STARTING, "the broker refuses the connection (code %u)", code);
	if (found->kind == OUTCOME_READY || (found->kind != OUTCOME_STARTING && !mqtt_has_login(target)))
		return outcome_make(OUTCOME_READY, NULL);
	return outcome_make(found->kind, "%s (code %u)", found->words, code);
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
	.summary = "the MQTT broker answers, with a user: lets the client in",
	.example = "mqtt://host:1883",
	.default_port = 1883,
	.tls = SCHEME_TLS,
	.tls_name = "mqtts",
	.tls_port = 8883,
	.claims_port = true,
	.takes_credentials = true,
	.protocol = &mqtt_protocol,
};
