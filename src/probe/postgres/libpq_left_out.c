/*
 * Replaces parts of libpq that nobody needs here, and that would bring much along: its login by OAuth (PostgreSQL 18), with a
 * parser of JSON; its trace of a connection; the names that locales have for encodings; and its own printf, which musl's can
 * stand in for: both know %m. This file is linked before libpq, so that the linker takes these.
 */
#include <features.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <libpq-fe.h>

/* struct pg_fe_sasl_mech of fe-auth-sasl.h, and functions of fe-auth-oauth.h and libpq-int.h: libpq's private headers. */
struct libpq_sasl_mech {
	void *(*init)(PGconn *conn, const char *password, const char *mechanism);
	int (*exchange)(void *state, bool last, char *input, int input_len, char **output, int *output_len);
	bool (*channel_bound)(void *state);
	void (*free)(void *state);
};
extern const struct libpq_sasl_mech pg_oauth_mech;
void pqClearOAuthToken(PGconn *conn);
void libpq_append_conn_error(PGconn *conn, const char *format, ...);

/* Without a state libpq ends the login, and calls nothing else. */
static void *libpq_left_out_oauth(PGconn *conn, const char *password, const char *mechanism)
{
	(void)password;
	(void)mechanism;
	libpq_append_conn_error(conn, "the server wants a login by OAuth, which waitfor does not have");
	return NULL;
}

const struct libpq_sasl_mech pg_oauth_mech = {.init = libpq_left_out_oauth};

void pqClearOAuthToken(PGconn *conn)
{
	(void)conn;
}

/* A trace is written only for who asks for one with PQtrace. */
void pqTraceOutputMessage(PGconn *conn, const char *message, bool to_server);
void pqTraceOutputNoTypeByteMessage(PGconn *conn, const char *message);
void pqTraceOutputCharResponse(PGconn *conn, const char *type, char response);

void pqTraceOutputMessage(PGconn *conn, const char *message, bool to_server)
{
	(void)conn;
	(void)message;
	(void)to_server;
}

void pqTraceOutputNoTypeByteMessage(PGconn *conn, const char *message)
{
	(void)conn;
	(void)message;
}

void pqTraceOutputCharResponse(PGconn *conn, const char *type, char response)
{
	(void)conn;
	(void)type;
	(void)response;
}

/* For client_encoding=auto. waitfor never leaves the locale "C", whose encoding is PG_SQL_ASCII in mb/pg_wchar.h. */
int pg_get_encoding_from_locale(const char *locale, bool tells_errors);

int pg_get_encoding_from_locale(const char *locale, bool tells_errors)
{
	enum { SQL_ASCII = 0 };

	(void)locale;
	(void)tells_errors;
	return SQL_ASCII;
}

/* glibc's printf has a copy of itself in each sanitizer, so tests keep libpq's own. */
#ifndef __GLIBC__
int pg_vsnprintf(char *out, size_t size, const char *format, va_list args) __attribute__((format(printf, 3, 0)));
int pg_snprintf(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int pg_sprintf(char *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
int pg_fprintf(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

int pg_vsnprintf(char *out, size_t size, const char *format, va_list args)
{
	return vsnprintf(out, size, format, args);
}

int pg_snprintf(char *out, size_t size, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(out, size, format, args);
	va_end(args);
	return len;
}

/* libpq makes room for what it writes so. */
int pg_sprintf(char *out, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(out, (size_t)1 << 20, format, args);
	va_end(args);
	return len;
}

int pg_fprintf(FILE *out, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vfprintf(out, format, args);
	va_end(args);
	return len;
}
#endif
