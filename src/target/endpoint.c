#include "target/endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/percent.h"
#include "base/punycode.h"
#include "system/ipv6.h"

int endpoint_family(const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;
	const char *interface;

	if (host[0] == '/')
		return AF_UNIX;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return AF_INET;
	return ipv6_parse(host, &v6, &interface) ? AF_INET6 : AF_UNSPEC;
}

int endpoint_parse_port(const char *text, size_t len, uint16_t *port, struct error *err)
{
	unsigned long value = 0;
	size_t i;

	for (i = 0; i < len && isdigit((unsigned char)text[i]) && value <= UINT16_MAX; i++)
		value = value * 10 + (unsigned long)(text[i] - '0');
	if (len == 0 || i < len || value == 0 || value > UINT16_MAX)
		return errors_set(err, "\"%.*s\" is not a port; write a number from 1 to 65535", (int)len, text);
	*port = (uint16_t)value;
	return 0;
}

/* The limits of DNS, in characters (RFC 1035, 2.3.4). */
enum { ENDPOINT_LABEL_MAX = 63, ENDPOINT_HOST_MAX = 253 };

/* A name may hold '_' and upper case, and may end with a dot (FACTS 16). */
static bool endpoint_is_host_char(char c)
{
	return isalnum((unsigned char)c) || strchr("-._", c);
}

/* Checks the labels of a name. DNS cannot carry a wrong one, so waiting for it would be useless. */
static int endpoint_check_labels(const char *host, struct error *err)
{
	const char *label = host;

	while (*label) {
		size_t len = strcspn(label, ".");

		if (len == 0)
			return errors_set(err, "\"%s\" has two dots in a row or begins with one; write host:port",
					  host);
		if (len > ENDPOINT_LABEL_MAX)
			return errors_set(err, "\"%.*s\" is too long for a part of a host name: at most %d characters",
					  (int)len, label, ENDPOINT_LABEL_MAX);
		label += len + (label[len] == '.');
	}
	/* A last dot, which says that the name is complete, does not count. */
	if ((size_t)(label - host) - (label > host && label[-1] == '.') > ENDPOINT_HOST_MAX)
		return errors_set(err, "the host name is too long: at most %d characters", ENDPOINT_HOST_MAX);
	return 0;
}

/* Refuses a name that is not ASCII, which DNS would never be asked for. Says in which form it would be. */
static int endpoint_refuse_unicode(const char *host, struct error *err)
{
	char *ascii = punycode_host(host);

	if (ascii)
		errors_set(err, "\"%s\" is not a host name in ASCII; write %s", host, ascii);
	else
		errors_set(err, "the host name is not in ASCII; write it in its form for DNS, with xn--");
	free(ascii);
	return -1;
}

/* Refuses a character that no name can have. A control character is named, because a log cannot show it. */
static int endpoint_refuse_char(const char *host, char c, struct error *err)
{
	if ((unsigned char)c >= 0x80)
		return endpoint_refuse_unicode(host, err);
	if (isprint((unsigned char)c))
		return errors_set(err, "\"%s\" is not a host name: it holds '%c'; write host:port", host, c);
	return errors_set(err, "the host name holds %s; write host:port",
			  c == '\r'   ? "a carriage return"
			  : c == '\n' ? "a line end"
			  : c == '\t' ? "a tab"
				      : "a control character");
}

/* Checks that a link-local address has its interface, which connect(2) needs, and that no other one has any. */
static int endpoint_check_v6(const char *host, struct error *err)
{
	struct in6_addr address;
	const char *interface;

	if (!ipv6_parse(host, &address, &interface))
		return 0;
	if (!interface && ipv6_is_link_local(&address))
		return errors_set(err,
				  "%s is a link-local address, and its interface is missing; write [%s%%eth0]:port",
				  host, host);
	if (interface && !ipv6_is_link_local(&address))
		return errors_set(err, "\"%s\" is not a link-local address; leave out \"%%%s\"", host, interface);
	if (interface && ipv6_interface_number(interface) == 0)
		return errors_set(err, "there is no network interface \"%s\" here; \"ip link\" lists them", interface);
	return 0;
}

int endpoint_check_host(const char *host, struct error *err)
{
	const char *at = host;

	if (*host == '\0')
		return errors_set(err, "the host is missing; write host:port");
	if (endpoint_family(host) != AF_UNSPEC)
		return endpoint_check_v6(host, err);
	while (*at && endpoint_is_host_char(*at))
		at++;
	if (*at)
		return endpoint_refuse_char(host, *at, err);
	return endpoint_check_labels(host, err);
}

bool endpoint_is_place(const char *host, uint16_t port)
{
	struct error ignored;

	return port && *host != '/' && endpoint_check_host(host, &ignored) == 0;
}

/*
 * Decodes a host. RFC 6874 writes the '%' before an interface as "%25"; most people write it as it is, and "%eb" of
 * "fe80::1%eb0" is then no escaped byte.
 */
static char *endpoint_decode_host(const char *text, size_t len, bool in_brackets)
{
	const char *percent = in_brackets ? memchr(text, '%', len) : NULL;
	size_t left = percent ? (size_t)(text + len - percent) : 0;

	if (percent && (left < 4 || memcmp(percent, "%25", 3) != 0))
		return alloc_slice(text, len);
	return percent_decode(text, len);
}

int endpoint_parse(struct endpoint *endpoint, const char *text, size_t len, struct error *err)
{
	const char *end = text + len, *colon = memchr(text, ':', len), *host = text, *host_end;
	struct endpoint made = {0};

	if (len && *text == '[') {
		const char *bracket = memchr(text, ']', len);

		if (!bracket || (bracket + 1 != end && bracket[1] != ':'))
			return errors_set(err, "\"%.*s\" is not an address in brackets; write [v6]:port", (int)len,
					  text);
		host = text + 1;
		host_end = bracket;
		colon = bracket + 1 < end ? bracket + 1 : NULL;
	} else if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1))) {
		return errors_set(err, "\"%.*s\" has more than one ':'; write an IPv6 address in brackets, [v6]:port",
				  (int)len, text);
	} else {
		host_end = colon ? colon : end;
	}
	/* First split, then decode (RFC 3986, 2.4): an escaped ':' is part of the host, and an error there. */
	made.host = endpoint_decode_host(host, (size_t)(host_end - host), host != text);
	if (!made.host)
		return errors_set(err, "a host name cannot hold %%00; write host:port");
	if (host != text && endpoint_family(made.host) != AF_INET6) {
		errors_set(err, "\"%s\" is not an IPv6 address; write brackets only around one, [v6]:port", made.host);
		goto fail;
	}
	if (endpoint_check_host(made.host, err) ||
	    (colon && endpoint_parse_port(colon + 1, (size_t)(end - colon - 1), &made.port, err)))
		goto fail;
	*endpoint = made;
	return 0;
fail:
	free(made.host);
	return -1;
}

void endpoint_release(struct endpoint *endpoint)
{
	free(endpoint->host);
	free(endpoint->address);
	free(endpoint->fallback);
	*endpoint = (struct endpoint){0};
}
