/*
 * The call https://github.com/grpc/grpc/blob/master/doc/health-checking.md over HTTP/2, as
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md has it. The messages are two fields of protobuf:
 * https://protobuf.dev/programming-guides/encoding/
 */
#include "probe/grpc/grpcjudge.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/percent.h"

/* Before a message stand a byte, 1 if it is compressed, and its length in four. */
enum { GRPCJUDGE_FRAME = 5 };

/* Codes of grpc-status, and their names: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
enum {
	GRPCJUDGE_OK = 0,
	GRPCJUDGE_NOT_FOUND = 5,
	GRPCJUDGE_PERMISSION_DENIED = 7,
	GRPCJUDGE_UNIMPLEMENTED = 12,
	GRPCJUDGE_UNAUTHENTICATED = 16,
	GRPCJUDGE_CODES
};

static const char *const grpcjudge_codes[GRPCJUDGE_CODES] = {
	"OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
	"NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
	"ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
	"DATA_LOSS", "UNAUTHENTICATED",
};

/* HealthCheckResponse.ServingStatus. */
enum { GRPCJUDGE_SERVING = 1, GRPCJUDGE_NOT_SERVING = 2, GRPCJUDGE_SERVICE_UNKNOWN = 3 };

void grpcjudge_ask(struct buf *out, const char *service)
{
	uint32_t len = (uint32_t)strlen(service);
	struct buf message = {0};

	if (len) {
		number_add(&message, 1 << 3 | 2, 1); /* field 1, bytes with their length before them */
		for (; len >= 0x80; len >>= 7)
			number_add(&message, (len & 0x7f) | 0x80, 1);
		number_add(&message, len, 1);
		buf_add_text(&message, service);
	}
	number_add(out, 0, 1);
	number_add(out, (uint32_t)message.len, GRPCJUDGE_FRAME - 1);
	if (message.len)
		buf_add(out, message.data, message.len);
	buf_release(&message);
}

/* Reads a number at *at, 7 bits in each byte, the lowest first. Returns false if it does not end. */
static bool grpcjudge_number(const struct buf *body, size_t *at, uint64_t *number)
{
	*number = 0;
	for (unsigned shift = 0; shift < 64 && *at < body->len; shift += 7) {
		unsigned char byte = (unsigned char)body->data[(*at)++];

		*number |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

/* Reads a field at *at, and moves *at behind it; sets *status if it is field 1 and a number. Returns false if it is none. */
static bool grpcjudge_field(const struct buf *body, size_t *at, uint64_t *status)
{
	enum { NUMBER = 0, EIGHT_BYTES = 1, LENGTH = 2, FOUR_BYTES = 5 };
	uint64_t key, value = 0;

	if (!grpcjudge_number(body, at, &key))
		return false;
	switch (key & 7) {
	case NUMBER:
		if (!grpcjudge_number(body, at, &value))
			return false;
		if (key >> 3 == 1)
			*status = value;
		return true;
	case EIGHT_BYTES:
		value = 8;
		break;
	case FOUR_BYTES:
		value = 4;
		break;
	case LENGTH:
		if (!grpcjudge_number(body, at, &value))
			return false;
		break;
	default:
		return false;
	}
	if (value > body->len - *at)
		return false;
	*at += (size_t)value;
	return true;
}

/* Reads the serving status of the one message in the body; 0 if the message is without. Returns false if it is none. */
static bool grpcjudge_message(const struct buf *body, uint64_t *status)
{
	size_t at = GRPCJUDGE_FRAME;

	*status = 0;
	if (body->len < GRPCJUDGE_FRAME || body->data[0])
		return false;
	if (body->len - GRPCJUDGE_FRAME != number_read(body->data + 1, GRPCJUDGE_FRAME - 1))
		return false;
	while (at < body->len)
		if (!grpcjudge_field(body, &at, status))
			return false;
	return true;
}

/* Returns the code of grpc-status; -1 if there is none. */
static int grpcjudge_code(const struct fetch_reply *reply)
{
	static const char name[] = "grpc-status";
	size_t len = 0, digits = 0;
	const char *value = fetch_header(reply, name, sizeof(name) - 1, NULL, &len);
	int code = 0;

	for (; digits < len && digits < 4 && isdigit((unsigned char)value[digits]); digits++)
		code = code * 10 + value[digits] - '0';
	return digits && digits == len ? code : -1;
}

static bool grpcjudge_is_grpc(const struct fetch_reply *reply)
{
	static const char name[] = "content-type", type[] = GRPCJUDGE_TYPE;
	size_t len = 0;
	const char *value = fetch_header(reply, name, sizeof(name) - 1, NULL, &len);

	return value && len >= sizeof(type) - 1 && strncasecmp(value, type, sizeof(type) - 1) == 0;
}

/* Returns ": " and what the server says about its code, percent-encoded in grpc-message; "" if it is not told. The caller's. */
static char *grpcjudge_words(const struct fetch_reply *reply, bool login)
{
	static const char name[] = "grpc-message";
	size_t len = 0;
	const char *value = login ? NULL : fetch_header(reply, name, sizeof(name) - 1, NULL, &len);
	char *words = len ? percent_decode(value, len) : NULL;
	char *told = words ? alloc_format(": %s", words) : alloc_text("");

	free(words);
	return told;
}

static struct outcome grpcjudge_refusal(const struct fetch_reply *reply, int code, bool login)
{
	bool denied = code == GRPCJUDGE_UNAUTHENTICATED || code == GRPCJUDGE_PERMISSION_DENIED;
	struct outcome outcome;
	char *words;

	if (code == GRPCJUDGE_NOT_FOUND)
		return outcome_make(OUTCOME_STARTING, "its health service does not know that service");
	if (code == GRPCJUDGE_UNIMPLEMENTED)
		return outcome_make(OUTCOME_UNSUITABLE, "it has no health service, grpc.health.v1.Health");
	words = grpcjudge_words(reply, login);
	outcome = outcome_make(denied && login ? OUTCOME_DENIED : OUTCOME_STARTING, "%s%s",
			       code < GRPCJUDGE_CODES ? grpcjudge_codes[code] : "a status that is not known", words);
	free(words);
	return outcome;
}

struct outcome grpcjudge_reply(const struct fetch_reply *reply, bool login)
{
	int code = grpcjudge_code(reply);
	uint64_t status;

	if (code > GRPCJUDGE_OK)
		return grpcjudge_refusal(reply, code, login);
	if (reply->status != 200)
		return outcome_make(login && (reply->status == 401 || reply->status == 403) ? OUTCOME_DENIED
											    : OUTCOME_STARTING,
				    "status %d, and nothing of gRPC", reply->status);
	if (!grpcjudge_is_grpc(reply))
		return outcome_make(OUTCOME_GARBLED, "it is not gRPC");
	if (code < 0 || reply->cut || !grpcjudge_message(&reply->body, &status))
		return outcome_make(OUTCOME_GARBLED, "it is not a reply about health");
	if (status == GRPCJUDGE_SERVING)
		return outcome_make(OUTCOME_READY, NULL);
	if (status == GRPCJUDGE_SERVICE_UNKNOWN)
		return grpcjudge_refusal(reply, GRPCJUDGE_NOT_FOUND, login);
	return outcome_make(OUTCOME_STARTING, "%s",
			    status == GRPCJUDGE_NOT_SERVING ? "NOT_SERVING" : "its health is UNKNOWN");
}
