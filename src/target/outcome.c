#include "target/outcome.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct outcome_info outcome_table[OUTCOME_KINDS] = {
	[OUTCOME_NONE]            = { "none",           OUTCOME_NAME,    OUTCOME_FREE,   false,  false, false,  0, "not tried yet" },
	[OUTCOME_READY]           = { "ready",          OUTCOME_APP,     OUTCOME_FREE,   false,  false, true,   0, "ready" },
	/* Waiting may cure every DNS error (FACTS 12). */
	[OUTCOME_NO_NAME]         = { "no_name",        OUTCOME_NAME,    OUTCOME_SHARED, false,  false, false,  1, "no such name" },
	[OUTCOME_NO_ADDRESS]      = { "no_address",     OUTCOME_NAME,    OUTCOME_SHARED, false,  false, false,  2, "the name has no address" },
	[OUTCOME_NO_SERVICE]      = { "no_service",     OUTCOME_NAME,    OUTCOME_SHARED, false,  false, false,  2, "no such service" },
	[OUTCOME_DNS_FAILED]      = { "dns_failed",     OUTCOME_NAME,    OUTCOME_SHARED, false,  false, false,  3, "DNS error" },
	[OUTCOME_DNS_SILENT]      = { "dns_silent",     OUTCOME_NAME,    OUTCOME_SHARED, false,  false, false,  4, "no answer from DNS" },
	[OUTCOME_NO_RECORD]       = { "no_record",      OUTCOME_NAME,    OUTCOME_SHARED, false,  true,  false,  0, "no such record" },
	[OUTCOME_LOCAL]           = { "local",          OUTCOME_NAME,    OUTCOME_SHARED, false,  false, false,  5, "cannot try" },
	/* TCP: FACTS 17, 18. */
	[OUTCOME_NO_FILE]         = { "no_file",        OUTCOME_CONNECT, OUTCOME_FREE,   false,  true,  false,  0, "no such file" },
	[OUTCOME_NO_PROCESS]      = { "no_process",     OUTCOME_CONNECT, OUTCOME_FREE,   false,  true,  false,  0, "no such process" },
	[OUTCOME_CHECK_FAILED]    = { "check_failed",   OUTCOME_APP,     OUTCOME_NOISY,  false,  true,  false,  0, "the check failed" },
	[OUTCOME_UNMET]           = { "unmet",          OUTCOME_APP,     OUTCOME_FREE,   false,  false, false,  0, "not yet" },
	[OUTCOME_REFUSED]         = { "refused",        OUTCOME_CONNECT, OUTCOME_FREE,   false,  true,  false,  0, "connection refused" },
	[OUTCOME_UNREACHABLE]     = { "unreachable",    OUTCOME_CONNECT, OUTCOME_FREE,   false,  true,  false,  0, "unreachable" },
	[OUTCOME_CONNECT_TIMEOUT] = { "connect_timeout",OUTCOME_CONNECT, OUTCOME_FREE,   false,  true,  false,  0, "connection timed out" },
	[OUTCOME_CLOSED]          = { "closed",         OUTCOME_CONNECT, OUTCOME_SHARED, false,  true,  false,  0, "port open, but nothing behind it yet" },
	[OUTCOME_RESET]           = { "reset",          OUTCOME_CONNECT, OUTCOME_SHARED, false,  true,  false,  0, "connection reset" },
	/* The protocol: FACTS 22-27, 34. */
	[OUTCOME_SILENT]          = { "silent",         OUTCOME_APP,     OUTCOME_NOISY,  false,  false, true,   0, "connected, but no reply" },
	[OUTCOME_GARBLED]         = { "garbled",        OUTCOME_APP,     OUTCOME_NOISY,  true,   false, true,   0, "the reply is not understood" },
	[OUTCOME_STARTING]        = { "starting",       OUTCOME_APP,     OUTCOME_NOISY,  false,  false, true,   0, "answers but is not ready" },
	[OUTCOME_FULL]            = { "full",           OUTCOME_APP,     OUTCOME_NOISY,  false,  false, true,   0, "too many clients" },
	[OUTCOME_UNSUITABLE]      = { "unsuitable",     OUTCOME_APP,     OUTCOME_NOISY,  false,  false, true,   0, "not suitable" },
	/* The service is not asked again and again: the session sleeps there. */
	[OUTCOME_LOCKED]          = { "locked",         OUTCOME_APP,     OUTCOME_FREE,   false,  false, true,   0, "waiting for the lock" },
	[OUTCOME_DENIED]          = { "denied",         OUTCOME_APP,     OUTCOME_NOISY,  true,   false, true,   0, "denied" },
	[OUTCOME_TLS]             = { "tls",            OUTCOME_APP,     OUTCOME_NOISY,  true,   false, true,   0, "TLS error" },
};
/* clang-format on */

const struct outcome_info *outcome_info(enum outcome_kind kind)
{
	return &outcome_table[kind];
}

bool outcome_is_absent(enum outcome_kind kind)
{
	return kind == OUTCOME_NO_NAME || kind == OUTCOME_NO_ADDRESS || kind == OUTCOME_NO_SERVICE;
}

struct outcome outcome_make(enum outcome_kind kind, const char *format, ...)
{
	struct outcome outcome = {.kind = kind};
	va_list args;

	if (!format)
		return outcome;
	va_start(args, format);
	vsnprintf(outcome.detail, sizeof(outcome.detail), format, args);
	va_end(args);
	return outcome;
}

struct outcome outcome_from_errno(int error_number)
{
	switch (error_number) {
	case ECONNREFUSED:
		return outcome_make(OUTCOME_REFUSED, NULL);
	case ENOENT: /* a Unix socket, or its folder, that does not exist yet */
	case ENOTDIR:
		return outcome_make(OUTCOME_NO_FILE, NULL);
	case EAGAIN: /* a Unix socket whose queue of connections is full */
		return outcome_make(OUTCOME_FULL, NULL);
	case ETIMEDOUT:
		return outcome_make(OUTCOME_CONNECT_TIMEOUT, NULL);
	case ECONNRESET:
	case EPIPE:
		return outcome_make(OUTCOME_RESET, NULL);
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EADDRNOTAVAIL:
		return outcome_make(OUTCOME_LOCAL, "%s", strerror(error_number));
	default:
		return outcome_make(OUTCOME_UNREACHABLE, "%s", strerror(error_number));
	}
}

const struct outcome *outcome_better(const struct outcome *first, const struct outcome *second)
{
	if (first->kind == OUTCOME_NONE)
		return second;
	if (second->kind == OUTCOME_NONE || first->kind == OUTCOME_READY)
		return first;
	if (second->kind == OUTCOME_READY)
		return second;
	return outcome_info(second->kind)->layer > outcome_info(first->kind)->layer ? second : first;
}
