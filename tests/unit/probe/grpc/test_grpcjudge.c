#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "probe/grpc/grpcjudge.h"

#define HEAD    "HTTP/2 200 \r\ncontent-type: application/grpc\r\n\r\n"
#define OK      "grpc-status: 0\r\n"
#define SERVING "\0\0\0\0\2\10\1"

static struct outcome judge(const char *head, size_t head_len, const char *body, size_t len, bool login)
{
	struct fetch_reply reply = {0};
	struct outcome outcome;

	buf_add(&reply.head, head, head_len);
	buf_add(&reply.body, body, len);
	reply.status = (int)strtol(head + strlen("HTTP/2 "), NULL, 10);
	outcome = grpcjudge_reply(&reply, login);
	buf_release(&reply.head);
	buf_release(&reply.body);
	return outcome;
}

struct judge_row {
	const char *head, *body;
	size_t len;
	bool login;
	enum outcome_kind kind;
	const char *detail;
};

#define BODY(text) text, sizeof(text) - 1

static void test_replies(void **state)
{
	static const char unknown_service[] = "its health service does not know that service";
	static const char no_health[] = "it has no health service, grpc.health.v1.Health";
	static const char not_about_health[] = "it is not a reply about health";
	static const struct judge_row rows[] = {
		{HEAD OK, BODY(SERVING), false, OUTCOME_READY, ""},
		{HEAD OK, BODY("\0\0\0\0\2\10\2"), false, OUTCOME_STARTING, "NOT_SERVING"},
		{HEAD OK, BODY("\0\0\0\0\2\10\3"), false, OUTCOME_STARTING, unknown_service},
		{HEAD OK, BODY("\0\0\0\0\2\10\7"), false, OUTCOME_STARTING, "its health is UNKNOWN"},
		{HEAD OK, BODY("\0\0\0\0\0"), false, OUTCOME_STARTING, "its health is UNKNOWN"},
		/* Fields that a later version may add, of each type, and a number in more bytes than it needs. */
		{HEAD OK, BODY("\0\0\0\0\x15\x12\2ab\x1d\1\2\3\4\x21\1\2\3\4\5\6\7\x08\x08\x81\0"), false,
		 OUTCOME_READY, ""},
		/* The last one counts; one of another type does not. */
		{HEAD OK, BODY("\0\0\0\0\4\10\2\10\1"), false, OUTCOME_READY, ""},
		{HEAD OK, BODY("\0\0\0\0\3\x0a\1\1"), false, OUTCOME_STARTING, "its health is UNKNOWN"},
		/* Compressed, longer and shorter than it says, of no known type, a number without an end. */
		{HEAD OK, BODY("\1\0\0\0\2\10\1"), false, OUTCOME_GARBLED, not_about_health},
		{HEAD OK, BODY("\0\0\0\0\3\10\1"), false, OUTCOME_GARBLED, not_about_health},
		{HEAD OK, BODY("\0\0\0\0\1\10\1"), false, OUTCOME_GARBLED, not_about_health},
		{HEAD OK, BODY("\0\377\377\377\377\10\1"), false, OUTCOME_GARBLED, not_about_health},
		{HEAD OK, BODY("\0\0\0\0\2\x0b\1"), false, OUTCOME_GARBLED, not_about_health},
		{HEAD OK, BODY("\0\0\0\0\3\x12\5a"), false, OUTCOME_GARBLED, not_about_health},
		{HEAD OK, BODY("\0\0\0\0\x0b\10\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81"), false, OUTCOME_GARBLED,
		 not_about_health},
		{HEAD, BODY(SERVING), false, OUTCOME_GARBLED, not_about_health},
		{HEAD "grpc-status: \r\n", BODY(SERVING), false, OUTCOME_GARBLED, not_about_health},
		{HEAD "grpc-status: 0x\r\n", BODY(SERVING), false, OUTCOME_GARBLED, not_about_health},
		{HEAD "grpc-status: 99999\r\n", BODY(SERVING), false, OUTCOME_GARBLED, not_about_health},
		/* Refusals: in trailers, or in the head alone. */
		{HEAD "grpc-status: 5\r\ngrpc-message: unknown service\r\n", BODY(""), false, OUTCOME_STARTING,
		 unknown_service},
		{"HTTP/2 200 \r\nContent-Type: application/grpc\r\nGrpc-Status: 12\r\n\r\n", BODY(""), true,
		 OUTCOME_UNSUITABLE, no_health},
		{HEAD "grpc-status: 14\r\ngrpc-message: no%20upstream%2C yet%\r\n", BODY(""), false, OUTCOME_STARTING,
		 "UNAVAILABLE: no upstream, yet%"},
		{HEAD "grpc-status: 14\r\ngrpc-message: a%00b\r\n", BODY(""), false, OUTCOME_STARTING, "UNAVAILABLE"},
		{HEAD "grpc-status: 17\r\n", BODY(SERVING), false, OUTCOME_STARTING, "a status that is not known"},
		{HEAD "grpc-status: 16\r\ngrpc-message: who%3F\r\n", BODY(""), false, OUTCOME_STARTING,
		 "UNAUTHENTICATED: who?"},
		/* With a login a refusal lasts, and the words may repeat the token. */
		{HEAD "grpc-status: 16\r\ngrpc-message: not hunter2\r\n", BODY(""), true, OUTCOME_DENIED,
		 "UNAUTHENTICATED"},
		{HEAD "grpc-status: 7\r\n", BODY(""), true, OUTCOME_DENIED, "PERMISSION_DENIED"},
		{HEAD "grpc-status: 14\r\ngrpc-message: hunter2\r\n", BODY(""), true, OUTCOME_STARTING, "UNAVAILABLE"},
		/* Other servers, and proxies in front of one. */
		{"HTTP/2 503 \r\ncontent-type: text/html\r\n\r\n", BODY("busy"), true, OUTCOME_STARTING,
		 "status 503, and nothing of gRPC"},
		{"HTTP/2 401 \r\n\r\n", BODY(""), false, OUTCOME_STARTING, "status 401, and nothing of gRPC"},
		{"HTTP/2 403 \r\n\r\n", BODY(""), true, OUTCOME_DENIED, "status 403, and nothing of gRPC"},
		{"HTTP/2 200 \r\ncontent-type: text/html\r\n\r\n", BODY("hello"), false, OUTCOME_GARBLED,
		 "it is not gRPC"},
		{"HTTP/2 200 \r\ncontent-type: application/grp\r\n\r\n", BODY(""), false, OUTCOME_GARBLED,
		 "it is not gRPC"},
		{"HTTP/2 200 \r\n\r\n" OK, BODY(SERVING), false, OUTCOME_GARBLED, "it is not gRPC"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct outcome outcome =
			judge(rows[i].head, strlen(rows[i].head), rows[i].body, rows[i].len, rows[i].login);
		char name[16];

		snprintf(name, sizeof(name), "row %zu", i);
		check_int(name, outcome.kind, rows[i].kind);
		check_text(name, outcome.detail, rows[i].detail);
	}
}

/* Less than all of a reply is never ready. */
static void test_prefixes(void **state)
{
	static const char head[] = HEAD OK, body[] = SERVING;

	(void)state;
	for (size_t len = 0; len < sizeof(body) - 1; len++)
		check_int("a part of the message", judge(head, strlen(head), body, len, false).kind, OUTCOME_GARBLED);
	for (size_t len = strlen("HTTP/2 200 "); len < strlen(head) - strlen("\r\n"); len++)
		check("a part of the head", judge(head, len, body, sizeof(body) - 1, false).kind != OUTCOME_READY);
}

static void test_requests(void **state)
{
	static const char long_name[301] = {[0 ... 299] = 'x'};
	struct buf out = {0};

	(void)state;
	grpcjudge_ask(&out, "");
	check_int("5 bytes", (int)out.len, 5);
	check("an empty message", memcmp(out.data, "\0\0\0\0\0", 5) == 0);
	buf_release(&out);
	grpcjudge_ask(&out, "shop.v1");
	check_int("14 bytes", (int)out.len, 14);
	check("one field", memcmp(out.data, "\0\0\0\0\x09\x0a\7shop.v1", 14) == 0);
	buf_release(&out);
	grpcjudge_ask(&out, long_name);
	check_int("308 bytes", (int)out.len, 5 + 3 + 300);
	check("a length of two bytes", memcmp(out.data, "\0\0\0\1\x2f\x0a\xac\2xxx", 11) == 0);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_requests),
	};

	return unit_main(tests);
}
