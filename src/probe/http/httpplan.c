#include "probe/http/httpplan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "net/fetch.h"
#include "net/weburl.h"

#define HTTPPLAN_TEXT(word, field, name, text)                                                                     \
	{                                                                                                          \
		.key = (word), .type = OPTIONS_TEXT, .offset = offsetof(struct http_params, field), .arg = (name), \
		.help = (text)                                                                                     \
	}

static const struct options_row httpplan_rows[] = {
	HTTPPLAN_TEXT("status", status, "LIST",
		      "the statuses that are ready, such as 200,204,300-399; default: 200-399"),
	HTTPPLAN_TEXT("method", method, "METHOD", "GET, HEAD, POST …; default: GET, or POST with a body"),
	{.key = "body",
	 .type = OPTIONS_TEXT,
	 .offset = offsetof(struct http_params, body),
	 .arg = "TEXT",
	 .secret = true,
	 .help = "the body that is sent"},
	HTTPPLAN_TEXT("expect-body", expect_body, "REGEX",
		      "the body must match this POSIX extended regular expression"),
	{.key = "expect-json",
	 .type = OPTIONS_LIST,
	 .offset = offsetof(struct http_params, expect_json),
	 .arg = "/POINTER=VALUE",
	 .help = "the body must be JSON with this value at this pointer, or with any; may be repeated"},
	{.key = "expect-header",
	 .type = OPTIONS_LIST,
	 .offset = offsetof(struct http_params, expect_headers),
	 .arg = "NAME:REGEX",
	 .help = "the reply must have this header, and it must match; may be repeated"},
	{.key = "follow",
	 .type = OPTIONS_COUNT,
	 .offset = offsetof(struct http_params, follow),
	 .initial = "0",
	 .arg = "N",
	 .help = "follow so many redirects to the same host; default: none"},
	{.key = "http2",
	 .type = OPTIONS_FLAG,
	 .value = 1,
	 .offset = offsetof(struct http_params, http2),
	 .help = "speak HTTP/2, without asking first (waitfor-tls)"},
	{.key = "header",
	 .type = OPTIONS_LIST,
	 .offset = offsetof(struct http_params, headers),
	 .arg = "LINE",
	 .secret = true,
	 .help = "a header that is sent, such as Accept:text/plain; may be repeated"},
	HTTPPLAN_TEXT("host", host, "NAME", "the host in the request, if it is not that of the URL"),
};

enum { HTTPPLAN_ROWS = sizeof(httpplan_rows) / sizeof(httpplan_rows[0]), HTTPPLAN_CALL_ROWS = 2 };

const struct options_table httpplan_table = {httpplan_rows, HTTPPLAN_ROWS};
/* The last rows: header and host. */
const struct options_table httpplan_call_table = {httpplan_rows + HTTPPLAN_ROWS - HTTPPLAN_CALL_ROWS,
						  HTTPPLAN_CALL_ROWS};

/* Reads a status at *text, and moves *text behind it. Returns 0 if there is none. */
static int httpplan_read_status(const char **text)
{
	int status = 0, digits = 0;

	for (; isdigit((unsigned char)**text) && digits < 4; digits++)
		status = status * 10 + *(*text)++ - '0';
	return digits == 3 && status >= HTTPPLAN_STATUS_MIN && status <= HTTPPLAN_STATUS_MAX ? status : 0;
}

/* Reads "200,204,300-399" into wanted. Returns false if it is none. */
static bool httpplan_read_statuses(bool *wanted, const char *text)
{
	for (;;) {
		int from = httpplan_read_status(&text), to = from;

		if (*text == '-' && text++)
			to = httpplan_read_status(&text);
		if (!from || to < from)
			return false;
		for (int status = from; status <= to; status++)
			wanted[status] = true;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}

static int httpplan_compile(struct pattern **pattern, const char *text, const char *key, struct error *err)
{
	*pattern = pattern_new(text, err);
	return *pattern ? 0 : errors_prefix(err, "parameter %s", key);
}

/* The length of the name of a header (RFC 9110, 5.1) in front of its ':'. */
static size_t httpplan_name_length(const char *line)
{
	static const char other[] = "!#$%&'*+-.^_`|~";
	size_t len = 0;

	while (isalnum((unsigned char)line[len]) || (line[len] && strchr(other, line[len])))
		len++;
	return len;
}

static bool httpplan_has_controls(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text) && *text != '\t')
			return true;
	return false;
}

static int httpplan_check_header(const char *line, struct error *err)
{
	size_t name = httpplan_name_length(line);

	if (!name || line[name] != ':' || httpplan_has_controls(line))
		return errors_set(err, "parameter header must be a line such as Accept:text/plain, without line ends");
	return 0;
}

static int httpplan_add_expected(struct httpplan *plan, const char *text, struct error *err)
{
	struct httpplan_header *header = &plan->headers[plan->header_count];
	const char *value;

	header->name = text;
	header->name_len = httpplan_name_length(text);
	value = text + header->name_len;
	if (!header->name_len || (*value && *value != ':'))
		return errors_set(err,
				  "parameter expect-header: \"%s\" is not NAME or NAME:REGEX; write Content-Type:json",
				  text);
	if (*value && httpplan_compile(&header->value, value + 1 + strspn(value + 1, " "), "expect-header", err))
		return -1;
	plan->header_count++;
	return 0;
}

static bool httpplan_is_host(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]";
	char *url = alloc_format("http://%s/", name);
	struct weburl parts;
	bool is_url = weburl_split(&parts, url);

	if (is_url)
		weburl_release(&parts);
	free(url);
	return is_url && !name[strspn(name, allowed)];
}

/* What can never be met. */
static int httpplan_check_head(const struct http_params *params, struct error *err)
{
	if (!params->method || strcmp(params->method, "HEAD") != 0)
		return 0;
	if (params->body)
		return errors_set(err, "a HEAD request has no body; leave out method or body");
	if (params->expect_body || params->expect_json.count)
		return errors_set(err,
				  "the reply to HEAD has no body; leave out method, or what is expected of the body");
	return 0;
}

static int httpplan_check_words(const struct target *target, struct error *err)
{
	const struct http_params *params = target->params.fields;
	const char *method = params->method, *names[] = {params->host, target->security.sni};

	if (method && method[strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")])
		return errors_set(err, "parameter method: \"%s\" is not a method; write one such as HEAD", method);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i] && !httpplan_is_host(names[i]))
			return errors_set(err,
					  "parameter %s: \"%s\" is not a host name; write one such as api.example.com",
					  i ? "sni" : "host", names[i]);
	for (size_t i = 0; i < params->expect_json.count; i++)
		if (params->expect_json.items[i][0] != '/')
			return errors_set(err,
					  "parameter expect-json: \"%s\" must begin with a '/'; write /status=green",
					  params->expect_json.items[i]);
	for (size_t i = 0; i < params->headers.count; i++)
		if (httpplan_check_header(params->headers.items[i], err))
			return -1;
	return 0;
}

static int httpplan_expect(struct httpplan *plan, struct error *err)
{
	const struct http_params *params = plan->params;

	if (!httpplan_read_statuses(plan->wanted, params->status ? params->status : "200-399"))
		return errors_set(err, "parameter status: \"%s\" is not a list of statuses; write 200,204,300-399",
				  params->status);
	if (params->expect_body && httpplan_compile(&plan->body, params->expect_body, "expect-body", err))
		return -1;
	plan->headers = alloc_zero(params->expect_headers.count + 1, sizeof(*plan->headers));
	for (size_t i = 0; i < params->expect_headers.count; i++)
		if (httpplan_add_expected(plan, params->expect_headers.items[i], err))
			return -1;
	return 0;
}

/* Adds the host of the request: a name, or an address in brackets without its interface, which only this machine knows. */
static void httpplan_add_host(struct buf *url, const struct target *target, const struct endpoint *endpoint)
{
	const struct http_params *params = target->params.fields;
	const char *other = target->security.sni ? target->security.sni : params->host;
	const char *host = endpoint ? endpoint->host : "localhost";

	if (other) {
		buf_add(url, other, *other == '[' ? strcspn(other, "]") + 1 : strcspn(other, ":"));
		return;
	}
	if (*host == '/')
		host = "localhost";
	if (endpoint_family(host) == AF_INET6)
		buf_add_text(url, "[");
	buf_add(url, host, strcspn(host, "%"));
	if (endpoint_family(host) == AF_INET6)
		buf_add_text(url, "]");
}

/* It names no port if that is the scheme's own, as a browser would not. */
char *httpplan_url(const struct target *target, const struct endpoint *endpoint)
{
	const struct httpplan *plan = target->plan;
	bool tls = security_is_on(&target->security);
	unsigned port = endpoint ? endpoint->port : 0, own = tls ? 443 : 80;
	size_t len = plan->path ? strcspn(plan->path, "?#") : 0;
	struct buf url = {0};

	buf_add_text(&url, tls ? "https://" : "http://");
	httpplan_add_host(&url, target, endpoint);
	if (port && port != own) {
		char *text = alloc_format(":%u", port);

		buf_add_text(&url, text);
		free(text);
	}
	if (len)
		buf_add(&url, plan->path, len);
	else
		buf_add_text(&url, "/");
	if (target->params.others.len) {
		buf_add_text(&url, "?");
		buf_add_text(&url, target->params.others.data);
	}
	return buf_detach(&url);
}

/* A parameter that looks like one of ours goes to the service, and the user may wonder why it does nothing. */
static void httpplan_warn(const struct target *target, struct log *log)
{
	const char *others = target->params.others.data;

	while (others && *others) {
		size_t len = strcspn(others, "=&");
		char *key = alloc_slice(others, len);
		const struct options_row *nearest = options_nearest(&httpplan_table, key);

		if (nearest && others[len] == '=') /* a word alone may be the end of a secret */
			log_line(log, LOG_LEVEL_NORMAL,
				 "target \"%s\": parameter \"%s\" is sent to the service; did you mean "
				 "\"%s\"?",
				 target->text, key, nearest->key);
		free(key);
		others += strcspn(others, "&");
		others += *others == '&';
	}
}

int httpplan_make(struct target *target, const char *path, struct log *log, struct error *err)
{
	struct httpplan *plan = target->plan = alloc_zero(1, sizeof(*plan));
	struct weburl parts = {0};
	bool is_url;
	char *url;

	plan->path = path;
	plan->params = target->params.fields;
	if (plan->params->http2 && !SECURITY_IS_BUILT_IN)
		return errors_set(err, "http2 needs a part that this waitfor is built without; use waitfor-tls");
	if (httpplan_check_words(target, err) || httpplan_check_head(plan->params, err) || httpplan_expect(plan, err))
		return -1;
	url = httpplan_url(target, target->endpoints);
	is_url = weburl_split(&parts, url);
	free(url);
	weburl_release(&parts);
	if (!is_url)
		return errors_set(err, "the path holds what a URL cannot; write a space as %%20");
	httpplan_warn(target, log);
	return 0;
}

void httpplan_free(struct target *target)
{
	struct httpplan *plan = target->plan;

	if (!plan)
		return;
	pattern_free(plan->body);
	for (size_t i = 0; i < plan->header_count; i++)
		pattern_free(plan->headers[i].value);
	free(plan->headers);
	free(plan);
	target->plan = NULL;
}

bool httpplan_reads_body(const struct httpplan *plan)
{
	return plan->body || plan->params->expect_json.count > 0;
}

size_t httpplan_body_max(const struct httpplan *plan)
{
	return !plan->body && plan->params->expect_json.count ? FETCH_BODY_MAX : HTTPPLAN_SEARCHED;
}
