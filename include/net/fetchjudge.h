/* What it says about the service if libcurl fails. Pure: no request is needed to find out. */
#ifndef NET_FETCHJUDGE_H
#define NET_FETCHJUDGE_H

#include <stdbool.h>

#include "target/outcome.h"

/* How the service began: with the frame that HTTP/2 begins with, or otherwise. */
enum fetchjudge_first { FETCHJUDGE_NOTHING, FETCHJUDGE_HTTP2, FETCHJUDGE_OTHER };

/* What is known of a request that failed. */
struct fetchjudge {
	int code;            /* a CURLcode */
	long verified;       /* what libcurl says of the check of a certificate (CURLINFO_SSL_VERIFYRESULT) */
	const char *words;   /* libcurl's own */
	const char *ca_file; /* whose certificates are trusted, or NULL */
	int head_max;        /* kB that the head of a reply may have */
	bool heard;          /* a line of a head has arrived */
	bool tls;            /* the request is over TLS, so `first` is of that */
	enum fetchjudge_first first;
};

/* Who has said something is not down, so it has not reset. The outcome is never READY. */
struct outcome fetchjudge_failure(const struct fetchjudge *failure);

#endif
