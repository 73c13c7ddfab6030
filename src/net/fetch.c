#include "net/fetch.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/stream.h"
#include "net/tls.h"
#include "net/weburl.h"
#include "target/security.h"

/* libcurl wants to "connect": this literal keeps it from looking a name up. No packet is ever sent there. */
#define FETCH_ANYWHERE "::127.0.0.1:1"

/*
 * Looks at the first bytes that the service says, before libcurl reads them. HTTP/2 begins with a frame of type 4, SETTINGS
 * (RFC 9113, 3.4 and 4.1).
 */
static void fetch_peek(struct fetch *fetch)
{
	char bytes[4];

	if (SECURITY_IS_BUILT_IN && fetch->socket >= 0 && fetch->first == FETCHJUDGE_NOTHING &&
	    recv(fetch->socket, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT) == sizeof(bytes))
		fetch->first = bytes[3] == 4 ? FETCHJUDGE_HTTP2 : FETCHJUDGE_OTHER;
}

static curl_socket_t fetch_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct fetch *fetch = arg;
	int fd = fetch->fd;

	(void)purpose;
	(void)address;
	fetch->fd = -1;
	fetch->socket = fd;
	fetch_peek(fetch);
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int fetch_opened(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	(void)fd;
	(void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static int fetch_close(void *arg, curl_socket_t fd)
{
	struct fetch *fetch = arg;

	fetch->socket = -1;
	stream_drain(fd);
	return close(fd);
}

/* Adds to buf, up to max bytes in all. Returns whether all of it had room. */
static bool fetch_add(struct buf *buf, const char *data, size_t len, size_t max)
{
	size_t room = max - buf->len;

	buf_add(buf, data, len < room ? len : room);
	return len <= room;
}

/* libcurl calls it with one line of the head. One that says "100 Continue" or the like is followed by another head. */
static size_t fetch_on_head(char *data, size_t one, size_t len, void *arg)
{
	struct fetch *fetch = arg;
	long status = 0;

	(void)one;
	fetch->heard = true;
	if (len > 5 && memcmp(data, "HTTP/", 5) == 0)
		buf_release(&fetch->reply.head);
	if (!fetch_add(&fetch->reply.head, data, len, FETCH_HEAD_MAX))
		return CURL_WRITEFUNC_ERROR;
	curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	if (len > 2 || status < 200 || fetch->head_over) /* the empty line that ends a head has only its line end */
		return len;
	fetch->reply.status = (int)status;
	fetch->head_over = true;
	return len;
}

static size_t fetch_on_body(char *data, size_t one, size_t len, void *arg)
{
	struct fetch *fetch = arg;

	(void)one;
	if (fetch_add(&fetch->reply.body, data, len, fetch->body_max))
		return len;
	fetch->reply.cut = true;
	return CURL_WRITEFUNC_ERROR;
}

static struct outcome fetch_judge(const struct fetch *fetch, CURLcode code)
{
	struct fetchjudge failure = {
		.code = code,
		.words = fetch->words,
		.ca_file = fetch->ca_file ? fetch->ca_file : tls_ca_file(),
		.head_max = FETCH_HEAD_MAX / 1024,
		.heard = fetch->heard,
		.tls = fetch->tls,
		.first = fetch->first,
	};

	curl_easy_getinfo(fetch->easy, CURLINFO_SSL_VERIFYRESULT, &failure.verified);
	return fetchjudge_failure(&failure);
}

/* failure: NULL if the reply is whole. */
static void fetch_end(struct fetch *fetch, const struct outcome *failure)
{
	loop_timer_clear(&fetch->timer);
	loop_watch_clear(&fetch->watch);
	fetch->done(fetch->arg, failure);
}

/* Ends the fetch if libcurl says that the request is over. */
static void fetch_look(struct fetch *fetch)
{
	int left;
	const CURLMsg *message = curl_multi_info_read(fetch->multi, &left);
	struct outcome failure;

	if (!message || message->msg != CURLMSG_DONE) {
		if (fetch->head_over && fetch->headed) {
			void (*headed)(void *arg) = fetch->headed;

			fetch->headed = NULL;
			headed(fetch->arg);
		}
		return;
	}
	if ((message->data.result == CURLE_OK && fetch->head_over) || fetch->reply.cut) {
		fetch_end(fetch, NULL);
		return;
	}
	failure = fetch_judge(fetch, message->data.result);
	fetch_end(fetch, &failure);
}

/*
 * Does the service speak something else where HTTP/2 is expected? libcurl would wait until that ends the connection. What
 * arrives while libcurl sends the question is read by it at once, and not seen here.
 */
static bool fetch_is_foreign(const struct fetch *fetch)
{
	return fetch->http2 && !fetch->tls && fetch->first == FETCHJUDGE_OTHER;
}

static void fetch_act(struct fetch *fetch, curl_socket_t fd, int events)
{
	struct outcome failure;
	int running;

	fetch_peek(fetch);
	if (SECURITY_IS_BUILT_IN && fetch_is_foreign(fetch)) {
		failure = fetch_judge(fetch, CURLE_HTTP2);
		fetch_end(fetch, &failure);
		return;
	}
	curl_multi_socket_action(fetch->multi, fd, events, &running);
	fetch_look(fetch);
}

static void fetch_on_ready(void *arg, bool readable, bool writable)
{
	struct fetch *fetch = arg;

	fetch_act(fetch, event_get_fd(&fetch->watch.event),
		  (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
}

static void fetch_on_timer(void *arg)
{
	fetch_act(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl says what it waits for. It has one socket only: the one it was given. */
static int fetch_wants_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct fetch *fetch = arg;

	(void)easy;
	(void)of_socket;
	if (what == CURL_POLL_REMOVE)
		loop_watch_clear(&fetch->watch);
	else
		loop_watch_set(fetch->loop, &fetch->watch, fd, what & CURL_POLL_IN, what & CURL_POLL_OUT);
	return 0;
}

static int fetch_wants_timer(CURLM *multi, long milliseconds, void *arg)
{
	struct fetch *fetch = arg;

	(void)multi;
	if (milliseconds < 0)
		loop_timer_clear(&fetch->timer);
	else
		loop_timer_set(&fetch->timer, milliseconds * CLOCK_MS);
	return 0;
}

/* Adds a header. For one without a value libcurl wants a ';': with a ':' it would send none. */
static struct curl_slist *fetch_add_header(struct curl_slist *lines, const char *line)
{
	size_t name = strcspn(line, ":");
	bool is_empty = line[name] && !line[name + 1 + strspn(line + name + 1, " \t")];
	char *copy = is_empty ? alloc_format("%.*s;", (int)name, line) : alloc_text(line);

	lines = alloc_check(curl_slist_append(lines, copy));
	free(copy);
	return lines;
}

/* Adds the headers, and keeps libcurl from "Expect: 100-continue", which small servers do not know. */
static void fetch_set_headers(struct fetch *fetch, const struct fetch_request *request)
{
	struct curl_slist *lines = alloc_check(curl_slist_append(NULL, "Expect:"));

	lines = alloc_check(curl_slist_append(lines, "Connection: close"));
	if (request->host) {
		char *line = alloc_format("Host: %s", request->host);

		lines = alloc_check(curl_slist_append(lines, line));
		free(line);
	}
	for (size_t i = 0; i < request->header_count; i++)
		lines = fetch_add_header(lines, request->headers[i]);
	fetch->lines = lines;
	curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, lines);
}

static void fetch_set_request(struct fetch *fetch, const struct fetch_request *request)
{
	CURL *easy = fetch->easy;

	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "waitfor/" WAITFOR_VERSION);
	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->body_len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
	}
	if (request->method && strcmp(request->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else if (request->method)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	if (request->user || request->password) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, request->user ? request->user : "");
		curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password ? request->password : "");
	}
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 request->http2 ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : CURL_HTTP_VERSION_1_1);
	fetch_set_headers(fetch, request);
}

/* libcurl would read the certificates for each request. */
static CURLcode fetch_on_tls(CURL *easy, void *context, void *arg)
{
	struct fetch *fetch = arg;

	(void)easy;
	return tls_trust(context, fetch->trust, fetch->ca_file) ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

static void fetch_set_tls(struct fetch *fetch, const struct fetch_request *request)
{
	CURL *easy = fetch->easy;

	fetch->ca_file = request->ca_file;
	fetch->trust = request->trust;
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request->insecure ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request->insecure ? 0L : 2L);
	if (!request->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, fetch_on_tls);
		curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, fetch);
	}
	curl_easy_setopt(easy, CURLOPT_SSLCERT, request->cert);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, request->key ? request->key : request->cert);
}

/* Gives libcurl its socket and takes from it what it receives. */
static void fetch_set_callbacks(struct fetch *fetch)
{
	CURL *easy = fetch->easy;

	fetch->anywhere = alloc_check(curl_slist_append(NULL, FETCH_ANYWHERE));
	curl_easy_setopt(easy, CURLOPT_CONNECT_TO, fetch->anywhere);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, SECURITY_IS_BUILT_IN ? "http,https" : "http");
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, fetch_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, fetch_opened);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, fetch_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, fetch_on_head);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, fetch_on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->words);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETFUNCTION, fetch_wants_socket);
	curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETDATA, fetch);
	curl_multi_setopt(fetch->multi, CURLMOPT_TIMERFUNCTION, fetch_wants_timer);
	curl_multi_setopt(fetch->multi, CURLMOPT_TIMERDATA, fetch);
}

struct outcome fetch_start(struct fetch *fetch, struct loop *loop, int fd, const struct fetch_request *request,
			   size_t body_max, void (*headed)(void *arg),
			   void (*done)(void *arg, const struct outcome *failure), void *arg)
{
	*fetch = (struct fetch){
		.loop = loop,
		.fd = fd,
		.body_max = body_max,
		.socket = -1,
		.tls = strncmp(request->url, "https:", 6) == 0,
		.http2 = request->http2,
		.headed = headed,
		.done = done,
		.arg = arg,
	};
	fetch->watch = (struct loop_watch){.ready = fetch_on_ready, .arg = fetch};
	loop_timer_init(loop, &fetch->timer, fetch_on_timer, fetch);
	fetch->easy = curl_easy_init(); /* initialises the library the first time */
	fetch->multi = curl_multi_init();
	if (!fetch->easy || !fetch->multi)
		return outcome_make(OUTCOME_LOCAL, "out of memory");
	fetch_set_callbacks(fetch);
	fetch_set_request(fetch, request);
	if (SECURITY_IS_BUILT_IN && request->trust)
		fetch_set_tls(fetch, request);
	if (curl_multi_add_handle(fetch->multi, fetch->easy))
		return outcome_make(OUTCOME_LOCAL, "libcurl takes no request");
	return outcome_make(OUTCOME_READY, NULL);
}

void fetch_stop(struct fetch *fetch)
{
	loop_timer_clear(&fetch->timer);
	loop_watch_clear(&fetch->watch);
	if (fetch->easy && fetch->multi)
		curl_multi_remove_handle(fetch->multi, fetch->easy);
	if (fetch->easy)
		curl_easy_cleanup(fetch->easy);
	if (fetch->multi)
		curl_multi_cleanup(fetch->multi);
	curl_slist_free_all(fetch->anywhere);
	curl_slist_free_all(fetch->lines);
	if (fetch->fd >= 0)
		fetch_close(fetch, fetch->fd);
	buf_release(&fetch->reply.head);
	buf_release(&fetch->reply.body);
	*fetch = (struct fetch){.fd = -1, .socket = -1};
}

const char *fetch_header(const struct fetch_reply *reply, const char *name, size_t name_len, const char *after,
			 size_t *len)
{
	const char *line = after ? after : reply->head.data, *end;

	for (; line && *line; line = end + strspn(end, "\r\n")) {
		end = line + strcspn(line, "\r\n");
		if ((size_t)(end - line) <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
			continue;
		line += name_len + 1;
		line += strspn(line, " \t");
		while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*len = (size_t)(end - line);
		return line;
	}
	return NULL;
}

char *fetch_redirect(const struct fetch *fetch, const char *from)
{
	static const char name[] = "Location";
	size_t len = 0;
	const char *value = fetch_header(&fetch->reply, name, sizeof(name) - 1, NULL, &len);
	char *location = value ? alloc_slice(value, len) : NULL, *to = weburl_resolve(from, location);

	free(location);
	return to;
}
