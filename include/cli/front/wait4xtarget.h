/* What the words of wait4x say, and the targets that they stand for. */
#ifndef CLI_FRONT_WAIT4XTARGET_H
#define CLI_FRONT_WAIT4XTARGET_H

#include "cli/front/frontline.h"

/* Those of every command come first and last. What a command has beside them is a range: see wait4x_commands. */
/* clang-format off */
#define WAIT4X_OPTIONS(X) \
	X(WAIT4X_TIMEOUT, "t,timeout=10s>-t") X(WAIT4X_INTERVAL, "i,interval=>--max-interval") \
	X(WAIT4X_MAX, "backoff-exponential-max-interval=") X(WAIT4X_POLICY, "backoff-policy=") \
	X(WAIT4X_COEFFICIENT, "backoff-exponential-coefficient=") \
	X(WAIT4X_EXIT, "exit-code=:exit") X(WAIT4X_TABLE, "expect-table=:table") \
	X(WAIT4X_SERVER, "n,nameserver=:server") X(WAIT4X_IP, "expect-ip=") X(WAIT4X_DOMAIN, "expect-domain=") \
	X(WAIT4X_NAMESERVER, "expect-nameserver=") X(WAIT4X_VALUE, "expect-value=") \
	X(WAIT4X_KEY, "expect-key=:key") X(WAIT4X_CONNECT, "connection-timeout=>--attempt-timeout") \
	X(WAIT4X_INSECURE, "insecure-skip-tls-verify+insecure") X(WAIT4X_STATUS, "expect-status-code=:status") \
	X(WAIT4X_BODY_REGEX, "expect-body-regex=:expect-body") X(WAIT4X_JSON, "expect-body-json=") \
	X(WAIT4X_XPATH, "expect-body-xpath=!") X(WAIT4X_EXPECT_HEADER, "expect-header=") X(WAIT4X_HEADER, "request-header=") \
	X(WAIT4X_BODY, "request-body=:body") X(WAIT4X_METHOD, "request-method=") \
	X(WAIT4X_ALIAS, "http-method=") X(WAIT4X_CA, "ca-file=+cacert") X(WAIT4X_CERT, "cert-file=+cert") \
	X(WAIT4X_CERT_KEY, "key-file=+key") X(WAIT4X_H2C, "h2c:http2") X(WAIT4X_NO_REDIRECT, "no-redirect") \
	X(WAIT4X_INVERT, "v,invert-check>--down=absent") X(WAIT4X_QUIET, "q,quiet>-q") X(WAIT4X_LEVEL, "l,log-level=") \
	X(WAIT4X_NO_COLOR, "no-color") X(WAIT4X_HELP, "h,help")
/* clang-format on */

enum {
	WAIT4X_OPTIONS(FRONTARGS_NUMBER)
	/* Kept as if they were options: the first word, and with dns the second. */
	WAIT4X_COMMAND,
	WAIT4X_TYPE,
	WAIT4X_COUNT
};
_Static_assert((int)WAIT4X_COUNT <= (int)FRONTLINE_VALUES, "raise FRONTLINE_VALUES");

enum { WAIT4X_FAILED = 1 };

/* What the words of a command are. From WAIT4X_DSN on they are called DSN. */
enum wait4x_kind {
	WAIT4X_URL,
	WAIT4X_TCP,
	WAIT4X_HTTP,
	WAIT4X_DNS,
	WAIT4X_EXEC,
	WAIT4X_DSN,
	WAIT4X_BROKER,
	WAIT4X_MYSQL
};

/* A command, and the options that it has beside those of every command; none if the last is before the first. */
struct wait4x_command {
	char name[11], title[11];
	unsigned char kind, first, last;
};

/* Adds the targets of a command and their parameters to the line. A word that is none ends the call. */
void wait4xtarget_add(struct frontline *line, enum wait4x_kind kind);

#endif
