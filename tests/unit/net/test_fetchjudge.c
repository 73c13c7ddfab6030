#include "unit.h"

#include <curl/curl.h>

#include "net/fetchjudge.h"

struct failure_row {
	struct fetchjudge failure;
	enum outcome_kind kind;
	const char *detail;
};

static void test_failures(void **state)
{
	static const char no_certificate[] = "error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0";
	static const char wants_certificate[] =
		"the service wants a certificate from its clients: cert=FILE and key=FILE";
	static const char ended[] = "the connection ended before the reply";
	static const struct failure_row rows[] = {
		/* Who has said something is not down. */
		{{.code = CURLE_GOT_NOTHING}, OUTCOME_CLOSED, ""},
		{{.code = CURLE_RECV_ERROR}, OUTCOME_RESET, ""},
		{{.code = CURLE_SEND_ERROR, .heard = true}, OUTCOME_STARTING, "the reply is not complete"},
		{{.code = CURLE_OK, .heard = true}, OUTCOME_STARTING, "the reply is not complete"},
		{{.code = CURLE_SEND_ERROR, .words = no_certificate, .tls = true}, OUTCOME_TLS, wants_certificate},
		{{.code = CURLE_RECV_ERROR, .words = no_certificate, .tls = true}, OUTCOME_TLS, wants_certificate},
		{{.code = CURLE_SSL_CONNECT_ERROR, .words = "tlsv1 alert no application protocol", .tls = true},
		 OUTCOME_TLS,
		 "the service speaks TLS, but not this protocol over it"},
		{{.code = CURLE_WRITE_ERROR, .head_max = 64},
		 OUTCOME_GARBLED,
		 "the head of the reply is longer than 64 kB"},
		{{.code = CURLE_WEIRD_SERVER_REPLY, .first = FETCHJUDGE_OTHER}, OUTCOME_GARBLED, "it is not HTTP"},
		/* HTTP/2: only other bytes at the beginning are another protocol. Over TLS they are not known. */
		{{.code = CURLE_HTTP2}, OUTCOME_CLOSED, ""},
		/* The beginning may be missed, where libcurl asks and reads in one turn. */
		{{.code = CURLE_HTTP2, .heard = true}, OUTCOME_STARTING, "the reply is not complete"},
		{{.code = CURLE_HTTP2, .first = FETCHJUDGE_OTHER}, OUTCOME_GARBLED, "it is not HTTP/2"},
		{{.code = CURLE_HTTP2, .first = FETCHJUDGE_OTHER, .tls = true}, OUTCOME_STARTING, ended},
		{{.code = CURLE_HTTP2, .first = FETCHJUDGE_HTTP2}, OUTCOME_STARTING, ended},
		{{.code = CURLE_HTTP2_STREAM, .first = FETCHJUDGE_HTTP2}, OUTCOME_STARTING, ended},
		{{.code = CURLE_COULDNT_CONNECT, .first = FETCHJUDGE_HTTP2}, OUTCOME_STARTING, ended},
		/* What only this machine can mend. */
		{{.code = CURLE_OUT_OF_MEMORY}, OUTCOME_LOCAL, "out of memory"},
		{{.code = CURLE_SSL_CERTPROBLEM, .words = "could not load /secret/key.pem"},
		 OUTCOME_TLS,
		 "the certificate or the key of this client cannot be used"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fetchjudge failure = rows[i].failure;
		struct outcome outcome;
		char name[16];

		snprintf(name, sizeof(name), "row %zu", i);
		failure.words = failure.words ? failure.words : "";
		outcome = fetchjudge_failure(&failure);
		check_int(name, outcome.kind, rows[i].kind);
		check_text(name, outcome.detail, rows[i].detail);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures),
	};

	return unit_main(tests);
}
