#include "target/security.h"

#include <stddef.h>

#define SECURITY_FLAG(word, field, text)                                                                     \
	{                                                                                                    \
		.key = (word), .type = OPTIONS_FLAG, .value = 1, .offset = offsetof(struct security, field), \
		.help = (text)                                                                               \
	}
#define SECURITY_TEXT(word, field, name, hidden, text)                                                          \
	{                                                                                                       \
		.key = (word), .type = OPTIONS_TEXT, .offset = offsetof(struct security, field), .arg = (name), \
		.secret = (hidden), .help = (text)                                                              \
	}

/* Where the tables begin. */
enum { SECURITY_STARTTLS, SECURITY_TLS, SECURITY_REST = SECURITY_TLS + 2 };

/* A key is hidden: in a URL of HTTP it is often a secret of the service, written without thinking of this row. */
static const struct options_row security_rows[] = {
	SECURITY_FLAG("starttls", starttls, "begin TLS by the protocol's own word, at the port without TLS"),
	SECURITY_FLAG("tls", tls, "speak TLS (waitfor-tls)"),
	SECURITY_FLAG("ssl", tls, "the same"),
	SECURITY_TEXT("cacert", ca_file, "FILE", false, "the certificates that are trusted; default: the system's"),
	SECURITY_TEXT("cert", cert, "FILE", false, "the certificate of this client"),
	SECURITY_TEXT("key", key, "FILE", true, "its key, if it is in a file of its own"),
	SECURITY_TEXT("cert-key", key, "FILE", true, "the same, for redis://, where key is another one"),
	SECURITY_TEXT("sni", sni, "NAME", false, "the name in TLS and in the certificate, if it is not the host"),
	SECURITY_FLAG("insecure", insecure, "accept every certificate"),
};

enum { SECURITY_ROWS = sizeof(security_rows) / sizeof(security_rows[0]) };

#define SECURITY_FROM(first)                                     \
	{                                                        \
		security_rows + (first), SECURITY_ROWS - (first) \
	}

const struct options_table *security_table(enum security_rows rows)
{
	static const struct options_table tables[] = {
		[SECURITY_WITH_STARTTLS] = SECURITY_FROM(SECURITY_STARTTLS),
		[SECURITY_WITH_TLS] = SECURITY_FROM(SECURITY_TLS),
		[SECURITY_OF_TLS_ONLY] = SECURITY_FROM(SECURITY_REST),
	};

	return &tables[rows];
}
