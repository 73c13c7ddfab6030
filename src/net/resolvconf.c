#include "net/resolvconf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/address.h"
#include "system/textfile.h"

enum { RESOLVCONF_SIZE_MAX = 64 << 10, RESOLVCONF_NDOTS_DEFAULT = 1, RESOLVCONF_NDOTS_MAX = 15 };

static const char resolvconf_blanks[] = " \t\r\n";

static void resolvconf_clear_search(struct resolvconf *conf)
{
	for (size_t i = 0; i < conf->domain_count; i++)
		free(conf->domains[i]);
	free(conf->domains);
	conf->domains = NULL;
	conf->domain_count = 0;
}

/* Takes the next word of *at; len 0: there is none. */
static const char *resolvconf_word(const char **at, size_t *len)
{
	const char *word = *at + strspn(*at, resolvconf_blanks);

	*len = strcspn(word, resolvconf_blanks);
	*at = word + *len;
	return word;
}

/* The last line of this kind counts. "domain" has one word only. */
static void resolvconf_set_search(struct resolvconf *conf, const char *words, size_t max)
{
	const char *word;
	size_t len;

	resolvconf_clear_search(conf);
	while (conf->domain_count < max && (word = resolvconf_word(&words, &len)) && len) {
		bool dotted = word[0] == '.';

		conf->domains = alloc_resize(conf->domains, conf->domain_count + 1, sizeof(*conf->domains));
		conf->domains[conf->domain_count++] = alloc_slice(word + dotted, len - dotted);
	}
}

/* Is it an address? It may have a port or an interface: "127.0.0.1:53", "[::1]:53", "fe80::1%eth0". */
static bool resolvconf_is_server(const char *word)
{
	bool bracketed = word[0] == '[';
	const char *colon = strchr(word, ':');
	size_t len = bracketed                          ? strcspn(word + 1, "]")
		     : colon && !strchr(colon + 1, ':') ? (size_t)(colon - word)
							: strcspn(word, "%");
	char *host = alloc_slice(word + bracketed, len);
	struct address address;
	bool is = host[0] != '/' && address_of_host(&address, host, 0) && (!bracketed || word[1 + len] == ']');

	free(host);
	return is;
}

/* What is no address takes no place of a server. */
static void resolvconf_add_server(struct resolvconf *conf, const char *words)
{
	size_t len;
	const char *word = resolvconf_word(&words, &len);
	char *server = alloc_slice(word, len);

	if (conf->server_count < RESOLVCONF_SERVERS_MAX && resolvconf_is_server(server))
		conf->servers[conf->server_count++] = server;
	else
		free(server);
}

static size_t resolvconf_ndots(const char *digits)
{
	size_t value = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		value = value > RESOLVCONF_NDOTS_MAX ? value : value * 10 + (size_t)(*digits - '0');
	return value > RESOLVCONF_NDOTS_MAX ? RESOLVCONF_NDOTS_MAX : value;
}

static void resolvconf_set_options(struct resolvconf *conf, const char *words)
{
	static const char ndots[] = "ndots:", use_vc[] = "use-vc";
	const char *word;
	size_t len;

	while ((word = resolvconf_word(&words, &len)) && len) {
		if (strncmp(word, ndots, sizeof(ndots) - 1) == 0)
			conf->ndots = resolvconf_ndots(word + sizeof(ndots) - 1);
		else if (len == sizeof(use_vc) - 1 && strncmp(word, use_vc, len) == 0)
			conf->use_tcp = true;
	}
}

/* line ends with a NUL. A keyword begins in the first column; a comment is an unknown keyword. One alone says nothing. */
static void resolvconf_take_line(struct resolvconf *conf, const char *line)
{
	size_t len = strcspn(line, resolvconf_blanks);
	const char *rest = line + len + strspn(line + len, resolvconf_blanks);

	if (!*rest)
		return;
	if (len == 10 && strncmp(line, "nameserver", len) == 0)
		resolvconf_add_server(conf, rest);
	else if (len == 6 && strncmp(line, "search", len) == 0)
		resolvconf_set_search(conf, rest, SIZE_MAX);
	else if (len == 6 && strncmp(line, "domain", len) == 0)
		resolvconf_set_search(conf, rest, 1);
	else if (len == 7 && strncmp(line, "options", len) == 0)
		resolvconf_set_options(conf, rest);
}

/* Without "search" and "domain", the domain of this machine's own name is the search list (resolv.conf(5)). */
static void resolvconf_use_own_domain(struct resolvconf *conf)
{
	char own[256] = "";
	const char *dot;

	if (gethostname(own, sizeof(own) - 1))
		return;
	dot = strchr(own, '.');
	if (dot)
		resolvconf_set_search(conf, dot + 1, 1);
}

static void resolvconf_parse(struct resolvconf *conf)
{
	const char *own_search = getenv("LOCALDOMAIN"), *own_options = getenv("RES_OPTIONS");
	char *text = alloc_text(conf->text), *next;

	conf->ndots = RESOLVCONF_NDOTS_DEFAULT;
	for (char *line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		resolvconf_take_line(conf, line);
	}
	free(text);
	if (own_search)
		resolvconf_set_search(conf, own_search, SIZE_MAX);
	else if (!conf->domain_count)
		resolvconf_use_own_domain(conf);
	if (own_options)
		resolvconf_set_options(conf, own_options);
	if (!conf->server_count)
		conf->servers[conf->server_count++] = alloc_text("127.0.0.1");
}

static void resolvconf_clear_servers(struct resolvconf *conf)
{
	while (conf->server_count)
		free(conf->servers[--conf->server_count]);
}

void resolvconf_use_server(struct resolvconf *conf, const char *server)
{
	resolvconf_clear_servers(conf);
	conf->servers[conf->server_count++] = alloc_text(server);
}

void resolvconf_release(struct resolvconf *conf)
{
	resolvconf_clear_search(conf);
	resolvconf_clear_servers(conf);
	free(conf->text);
	*conf = (struct resolvconf){0};
}

bool resolvconf_refresh(struct resolvconf *conf, const char *path)
{
	struct resolvconf fresh;
	struct stamp seen;
	size_t len;
	char *text;

	if (conf->text && !stamp_is_stale(&conf->seen, path))
		return false;
	/* The stamp comes first: a change in between is then noticed, at worst twice. */
	stamp_take(&seen, path);
	text = textfile_read(path, RESOLVCONF_SIZE_MAX, &len);
	if (!text && !conf->text)
		text = alloc_text("");
	if (!text || (conf->text && (!text[0] || strcmp(text, conf->text) == 0))) {
		if (text && text[0])
			conf->seen = seen;
		free(text);
		return false;
	}
	fresh = (struct resolvconf){.seen = seen, .text = text};
	resolvconf_parse(&fresh);
	resolvconf_release(conf);
	*conf = fresh;
	return true;
}

static bool resolvconf_is_whole(const char *name)
{
	size_t len = strlen(name);

	return len && name[len - 1] == '.';
}

static bool resolvconf_stands_first(const struct resolvconf *conf, const char *name)
{
	size_t dots = 0;

	for (const char *at = name; *at; at++)
		dots += *at == '.';
	return dots >= conf->ndots || resolvconf_is_whole(name);
}

static bool resolvconf_searches_the_root(const struct resolvconf *conf)
{
	for (size_t i = 0; i < conf->domain_count; i++)
		if (!conf->domains[i][0])
			return true;
	return false;
}

bool resolvconf_is_as_it_stands(const struct resolvconf *conf, const char *name, size_t index)
{
	if (resolvconf_stands_first(conf, name) && index-- == 0)
		return true;
	/* The root in the search list is the name as it stands, too. */
	return index < conf->domain_count ? !conf->domains[index][0] : index == conf->domain_count;
}

bool resolvconf_candidate(const struct resolvconf *conf, const char *name, size_t index, char *out, size_t size)
{
	bool first = resolvconf_stands_first(conf, name);

	if (first && index == 0) {
		snprintf(out, size, "%s", name);
		return true;
	}
	if (resolvconf_is_whole(name))
		return false;
	index -= first;
	if (index < conf->domain_count) {
		const char *domain = conf->domains[index];

		snprintf(out, size, "%s%s%s", name, domain[0] ? "." : "", domain);
		return true;
	}
	if (first || index > conf->domain_count || resolvconf_searches_the_root(conf))
		return false;
	snprintf(out, size, "%s", name);
	return true;
}
