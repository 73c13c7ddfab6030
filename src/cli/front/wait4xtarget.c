/*
 * The data source names of https://github.com/go-sql-driver/mysql#dsn-data-source-name,
 * https://github.com/rabbitmq/amqp091-go/blob/main/uri.go, and the other targets of wait4x.
 */
#include "cli/front/wait4xtarget.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/mask.h"
#include "cli/front/fronturl.h"
#include "target/scheme.h"

/* Ends text before the first of the letters, if there is one. Returns what follows it; NULL if there is none. */
static char *wait4xtarget_cut(char *text, char letter)
{
	char *at = strchr(text, letter);

	if (at)
		*at++ = '\0';
	return at;
}

/*
 * Returns the URL for "user:password@tcp(host:port)/database?parameters", which it cuts into pieces; NULL if it is none. Of
 * the parameters only tls counts. A Unix socket is only connected to. The caller's.
 */
static char *wait4xtarget_mysql(struct frontline *line, char *dsn)
{
	char *database = strrchr(dsn, '/'), *at, *net, *address, *password = NULL;
	const char *tls = "";

	if (!database)
		return NULL;
	*database++ = '\0';
	at = strrchr(dsn, '@');
	net = at ? at + 1 : dsn;
	address = wait4xtarget_cut(net, '(');
	if (address)
		wait4xtarget_cut(address, ')');
	if (address && frontline_after(net, "unix"))
		return alloc_format("unix://%s", address);
	if (at) {
		*at = '\0';
		password = wait4xtarget_cut(dsn, ':');
	}
	if (strstr(database, "tls=skip-verify"))
		tls = "?tls&insecure";
	else if (strstr(database, "tls=true"))
		tls = "?tls";
	wait4xtarget_cut(database, '?');
	return alloc_format("mysql://%s%s%s%s/%s%s", at ? fronturl_piece(line, "", dsn) : "",
			    fronturl_piece(line, ":", password), at ? "@" : "", address ? address : "127.0.0.1:3306",
			    database, tls);
}

/* Writes text in capitals, up to a '&'. */
static void wait4xtarget_raise(char *text)
{
	for (; *text && *text != '&'; text++)
		*text = (char)toupper((unsigned char)*text);
}

/* Returns the URL, with Kafka's authMechanism=scram-sha-256 as sasl=SCRAM-SHA-256. The caller's. */
static char *wait4xtarget_rename_sasl(const char *url)
{
	static const char from[] = "authMechanism=", to[] = "sasl=";
	const char *at = frontline_after(url, "kafka:") ? strstr(url, from) : NULL;
	char *renamed;

	if (!at)
		return alloc_text(url);
	renamed = alloc_format("%.*s%s%s", (int)(at - url), url, to, at + sizeof(from) - 1);
	wait4xtarget_raise(renamed + (at - url) + sizeof(to) - 1);
	return renamed;
}

/*
 * Returns the URL for what another driver reads; NULL if it is no URL. Without a user, amqp:// logs in as guest, as that
 * driver does. The caller's.
 */
static char *wait4xtarget_url(const char *dsn)
{
	const char *hosts = strstr(dsn, "://");

	if (!hosts)
		return NULL;
	hosts += 3;
	if (frontline_after(dsn, "unix")) {
		hosts += strcspn(hosts, "/?");
		return alloc_format("unix://%.*s", (int)strcspn(hosts, "?"), hosts);
	}
	if (frontline_after(dsn, "redis"))
		return alloc_slice(dsn, strcspn(dsn, "?"));
	if (frontline_after(dsn, "amqp") && hosts[strcspn(hosts, "@/?")] != '@')
		return alloc_format("%.*sguest:guest@%s", (int)(hosts - dsn), dsn, hosts);
	return wait4xtarget_rename_sasl(dsn);
}

/* Returns the hosts and ports of a URL, without user and password. The caller's. */
static char *wait4xtarget_place(const char *url)
{
	const char *hosts = strstr(url, "://") + 3, *at = memrchr(hosts, '@', strcspn(hosts, "/?"));

	hosts = at ? at + 1 : hosts;
	return alloc_slice(hosts, strcspn(hosts, "/?"));
}

/* Adds the name that DNS is to know, once for each text that one of its records may be. */
static void wait4xtarget_add_name(struct frontline *line, const char *name)
{
	char *type = alloc_text(line->values[WAIT4X_TYPE]);
	size_t i = 0;

	wait4xtarget_raise(type);
	do
		frontline_target(line,
				 alloc_format("%s%s%s%s", frontline_keep(line, fronturl_path("dns://", name)),
					      fronturl_piece(line, "?type=", type), line->parameters.data,
					      line->expected.count ? line->expected.items[i] : ""),
				 alloc_text(name));
	while (++i < line->expected.count);
	if (i > 1)
		frontline_option(line, "--any", NULL);
	free(type);
}

/* Adds what the word stands for. */
static void wait4xtarget_add_word(struct frontline *line, enum wait4x_kind kind, char *word)
{
	bool is_mysql = kind == WAIT4X_MYSQL;
	char *url;

	if (kind == WAIT4X_DNS) {
		wait4xtarget_add_name(line, word);
	} else if (kind == WAIT4X_EXEC) {
		frontline_target(
			line,
			fronturl_join(line, frontline_keep(line, fronturl_path("exec:///", word)),
				      frontline_keep(line, alloc_format("&search=path%s", line->parameters.data))),
			alloc_text(word));
	} else if (kind == WAIT4X_TCP && !strstr(word, "://")) {
		frontline_target(line, alloc_format("tcp://%s", word), NULL);
	} else if (!(url = is_mysql ? wait4xtarget_mysql(line, word) : wait4xtarget_url(word))) {
		frontline_say(line, "Error: can't retrieve the checker identity: write %s\n",
			      is_mysql ? "user:password@tcp(host:3306)/database" : "a URL");
		frontline_end(line, STDERR_FILENO, WAIT4X_FAILED);
	} else {
		frontline_target(line, fronturl_join(line, url, line->parameters.data),
				 kind == WAIT4X_HTTP ? mask_target(word, scheme_parameter) : wait4xtarget_place(url));
		free(url);
	}
}

void wait4xtarget_add(struct frontline *line, enum wait4x_kind kind)
{
	if (kind == WAIT4X_HTTP) {
		fronturl_add(&line->parameters, "&method=",
			     line->values[WAIT4X_METHOD] ? line->values[WAIT4X_METHOD] : line->values[WAIT4X_ALIAS]);
		buf_add_text(&line->parameters, line->values[WAIT4X_STATUS] ? "" : "&status=200-599");
		buf_add_text(&line->parameters, line->values[WAIT4X_NO_REDIRECT] ? "" : "&follow=10");
	}
	for (size_t i = 0; i < line->words.count && !line->ends; i++)
		wait4xtarget_add_word(line, kind, line->words.items[i]);
}
