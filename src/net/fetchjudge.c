#include "net/fetchjudge.h"

#include <curl/curl.h>
#include <string.h>

#include "net/tls.h"

/* libcurl says the same of an end without a word, of one in the middle, and of another protocol. */
static struct outcome fetchjudge_http2(const struct fetchjudge *failure)
{
	if (failure->heard)
		return outcome_make(OUTCOME_STARTING, "the reply is not complete");
	if (failure->first == FETCHJUDGE_NOTHING)
		return outcome_make(OUTCOME_CLOSED, NULL);
	if (failure->first == FETCHJUDGE_OTHER && !failure->tls)
		return outcome_make(OUTCOME_GARBLED, "it is not HTTP/2");
	return outcome_make(OUTCOME_STARTING, "the connection ended before the reply");
}

struct outcome fetchjudge_failure(const struct fetchjudge *failure)
{
	switch (failure->code) {
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_OK:
		/* In TLS 1.3 a server refuses a certificate of the client's when that thinks the handshake is over. */
		if (strstr(failure->words, " alert "))
			return tls_outcome(failure->verified, failure->words, failure->ca_file);
		if (failure->heard)
			return outcome_make(OUTCOME_STARTING, "the reply is not complete");
		return outcome_make(failure->code == CURLE_GOT_NOTHING ? OUTCOME_CLOSED : OUTCOME_RESET, NULL);
	case CURLE_WRITE_ERROR:
		return outcome_make(OUTCOME_GARBLED, "the head of the reply is longer than %d kB", failure->head_max);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CIPHER:
		return tls_outcome(failure->verified, failure->words, failure->ca_file);
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_TOO_LARGE:
		return outcome_make(OUTCOME_GARBLED, "it is not HTTP");
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_COULDNT_CONNECT: /* the service said GOAWAY, and libcurl wants to connect again */
		return fetchjudge_http2(failure);
	case CURLE_OUT_OF_MEMORY:
		return outcome_make(OUTCOME_LOCAL, "out of memory");
	case CURLE_SSL_CACERT_BADFILE:
		return outcome_make(OUTCOME_TLS, "the file of trusted certificates cannot be used");
	default: /* libcurl's own words may hold the path of the key, which is shown nowhere */
		return outcome_make(OUTCOME_TLS, "the certificate or the key of this client cannot be used");
	}
}
