/*
 * One HTTP request over a connection that stands already, by libcurl on the loop. No part of libcurl is initialised before
 * the first one.
 */
#ifndef NET_FETCH_H
#define NET_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "net/fetchjudge.h"
#include "net/loop.h"
#include "target/outcome.h"

/* All texts are the caller's and must outlive the fetch. Those that may be NULL say so. */
struct fetch_request {
	const char *url;    /* "http://host:port/path?query": path, Host header and, for https, the name in TLS */
	const char *method; /* NULL: GET, or POST if there is a body */
	const char *const *headers; /* "Name: value" each; header_count of them */
	size_t header_count;
	const char *host; /* the Host header, if it is not that of the URL; NULL */
	const char *body; /* NULL: none; else body_len bytes */
	size_t body_len;
	const char *user, *password; /* for basic authentication; NULL: none */
	bool http2;                  /* speaks HTTP/2 without asking; over TLS it offers HTTP/2 */
	bool insecure;               /* accepts every certificate */
	const char *ca_file;         /* whose certificates are trusted; NULL: those of the system */
	struct tls_store **trust;    /* keeps what was read of it, as that of tls_trust; may be NULL without TLS */
	const char *cert, *key;      /* files of a client's certificate and its key; NULL: none */
};

/* What was received. The fetch owns it. */
struct fetch_reply {
	int status;      /* 0: no reply yet */
	struct buf head; /* the status line and the headers, each with its line end; then the trailers */
	struct buf body;
	bool cut; /* the body is longer than the limit; the rest was not read */
};

/* Bytes. No more is read of a head, and of a body. */
enum { FETCH_HEAD_MAX = 64 * 1024, FETCH_BODY_MAX = 1024 * 1024 };

struct fetch {
	struct loop *loop;
	int fd;                                /* -1: none, or libcurl has it */
	int socket;                            /* libcurl's; -1: it has none */
	void *easy, *multi, *lines, *anywhere; /* libcurl's handles and lists */
	struct loop_watch watch;
	struct loop_timer timer;
	struct fetch_reply reply;
	size_t body_max;
	bool tls, http2;
	enum fetchjudge_first first; /* how the service began */
	bool heard;                  /* a line of a head has arrived */
	bool head_over;              /* the head of the reply is there */
	char words[256];             /* libcurl's own, if it fails */
	const char *ca_file;         /* as in the request */
	struct tls_store **trust;
	void (*done)(void *arg, const struct outcome *failure);
	void (*headed)(void *arg);
	void *arg;
};

/*
 * Sends the request over fd, a connected socket that becomes the fetch's, and reads the reply. headed is called when the
 * head of the reply is there. done is called once: with NULL when the reply is whole, or has body_max bytes of a body; else
 * with what failed, which is never READY. Both are called by the loop, and may call fetch_stop. *fetch must not move before
 * that; its old contents are overwritten. body_max is at most FETCH_BODY_MAX. Returns an outcome that is not READY if the
 * request cannot be made; then nothing is called, and the caller calls fetch_stop all the same.
 */
struct outcome fetch_start(struct fetch *fetch, struct loop *loop, int fd, const struct fetch_request *request,
			   size_t body_max, void (*headed)(void *arg),
			   void (*done)(void *arg, const struct outcome *failure), void *arg);

/*
 * Returns the value of the first header or trailer with that name, name_len bytes long and in any case of its letters, from
 * after on, and sets *len; NULL if there is none. after is NULL, or the end of a value that was returned before. The value has
 * no blanks around it and is not NUL-terminated. RFC 9112, 5.
 */
const char *fetch_header(const struct fetch_reply *reply, const char *name, size_t name_len, const char *after,
			 size_t *len);

/*
 * Returns where the reply redirects to, made absolute from the URL that was asked; NULL if its Location is no URL, or
 * missing. The caller frees it with free(). Call it once the head is there, and before fetch_stop.
 */
char *fetch_redirect(const struct fetch *fetch, const char *from);

/* Ends the request and closes the connection, and reads what has arrived so that the service sees an end and no reset. */
void fetch_stop(struct fetch *fetch);

#endif
