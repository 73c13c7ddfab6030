/*
 * The data source names of https://github.com/go-sql-driver/mysql#dsn-data-source-name,
 * https://github.com/rabbitmq/amqp091-go/blob/main/uri.go, and the other targets of wait4x.
 */
#include "cli/front/wait4xtarget.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/mask.h"
#include "base/percent.h"
#include "cli/front/fronturl.h"
#include "target/scheme.h"

/* Adds "user:password@", of which all may be missing, percent-encoded. */
static void wait4xtarget_add_login(struct buf *out, const char *login, size_t len)
{
	const char *colon = memchr(login, ':', len);
	char *user = alloc_slice(login, colon ? (size_t)(colon - login) : len);
	char *password = colon ? alloc_slice(colon + 1, len - (size_t)(colon + 1 - login)) : NULL;

	fronturl_add(out, "", user);
	fronturl_add(out, ":", password);
	buf_add_text(out, "@");
	free(user);
	free(password);
}

/*
 * Returns the URL for "user:password@tcp(host:port)/database?parameters"; NULL if it is none. Of the parameters only tls
 * counts. A Unix socket is only connected to. The caller's.
 */
static char *wait4xtarget_mysql(const char *dsn)
{
	const char *slash = strrchr(dsn, '/'), *at = slash ? memrchr(dsn, '@', (size_t)(slash - dsn)) : NULL;
	const char *net = at ? at + 1 : dsn, *open = slash ? memchr(net, '(', (size_t)(slash - net)) : NULL;
	struct buf out = {0};

	if (!slash || (open && slash[-1] != ')'))
		return NULL;
	if (open && strncmp(net, "unix", 4) == 0)
		return alloc_format("unix://%.*s", (int)(slash - open) - 2, open + 1);
	buf_add_text(&out, "mysql://");
	if (at)
		wait4xtarget_add_login(&out, dsn, (size_t)(at - dsn));
	if (open)
		buf_add(&out, open + 1, (size_t)(slash - open) - 2);
	else
		buf_add_text(&out, "127.0.0.1:3306");
	buf_add(&out, slash, strcspn(slash, "?"));
	buf_add_text(&out, strstr(slash, "tls=skip-verify") ? "?tls&insecure"
			   : strstr(slash, "tls=true")      ? "?tls"
							    : "");
	return buf_detach(&out);
}

/* Writes Kafka's authMechanism=scram-sha-256 as sasl=SCRAM-SHA-256. */
static void wait4xtarget_rename_sasl(char *url)
{
	static const char from[] = "authMechanism=", to[] = "sasl=";
	char *at = strstr(url, from), *value;

	if (!at || strncmp(url, "kafka:", 6) != 0)
		return;
	memcpy(at, to, sizeof(to) - 1);
	value = at + sizeof(to) - 1;
	memmove(value, at + sizeof(from) - 1, strlen(at + sizeof(from) - 1) + 1);
	for (; *value && *value != '&'; value++)
		*value = (char)toupper((unsigned char)*value);
}

/*
 * Returns the URL for what another driver reads; NULL if it is no URL. Without a user, amqp:// logs in as guest, as that
 * driver does. The caller's.
 */
static char *wait4xtarget_url(const char *dsn)
{
	const char *hosts = strstr(dsn, "://");
	char *url;

	if (!hosts)
		return NULL;
	hosts += 3;
	if (strncmp(dsn, "amqp", 4) == 0 && !memchr(hosts, '@', strcspn(hosts, "/?")))
		return alloc_format("%.*sguest:guest@%s", (int)(hosts - dsn), dsn, hosts);
	url = alloc_text(dsn);
	wait4xtarget_rename_sasl(url);
	return url;
}

/* Returns the hosts and ports of a URL, without user and password. The caller's. */
static char *wait4xtarget_place(const char *url)
{
	const char *hosts = strstr(url, "://") + 3;
	size_t len = strcspn(hosts, "/?");
	const char *at = memrchr(hosts, '@', len);

	return at ? alloc_slice(at + 1, len - (size_t)(at + 1 - hosts)) : alloc_slice(hosts, len);
}

/* Adds the program that is started. The first word may be several, as for a shell. */
static void wait4xtarget_add_program(struct frontline *line, struct wait4x_call *call)
{
	struct frontline_list words = {0};
	struct buf arguments = {0};
	char *url;

	if (frontline_cut(&words, call->words.items[0]) || !words.count) {
		frontline_refuse(line, WAIT4X_FAILED,
				 "Error: a quote is not closed, or there is no program, in the command of exec\n");
	} else {
		for (size_t i = 1; i < call->words.count; i++)
			frontline_add(&words, alloc_text(call->words.items[i]));
		for (size_t i = 1; i < words.count; i++) {
			buf_add_text(&arguments, "&arg=");
			percent_encode(&arguments, words.items[i]);
		}
		buf_add_text(&arguments, call->parameters.len ? call->parameters.data : "");
		url = alloc_format("exec:///%s?search=path%s", words.items[0], arguments.len ? arguments.data : "");
		frontline_target(line, url, alloc_text(words.items[0]));
	}
	frontline_release_list(&words);
	buf_release(&arguments);
}

/* Adds the name that DNS is to know, once for each text that one of its records may be. */
static void wait4xtarget_add_name(struct frontline *line, const struct wait4x_call *call, const char *name)
{
	bool is_address = strcasecmp(call->type, "A") == 0 || strcasecmp(call->type, "AAAA") == 0;
	char *type = alloc_text(call->type);
	size_t count = call->expected.count;

	for (char *letter = type; *letter; letter++)
		*letter = (char)toupper((unsigned char)*letter);
	for (size_t i = 0; i < (count ? count : 1); i++) {
		struct buf parameters = {0};

		fronturl_add(&parameters, "&type=", type);
		buf_add_text(&parameters, call->parameters.len ? call->parameters.data : "");
		if (count)
			fronturl_add(&parameters, is_address ? "&expect=" : "&contains=", call->expected.items[i]);
		frontline_target(line, alloc_format("dns://%s?%s", name, parameters.data + 1), alloc_text(name));
		buf_release(&parameters);
	}
	free(type);
	if (count > 1)
		frontline_option(line, "--any", NULL);
}

/* Adds what the word stands for. */
static void wait4xtarget_add_word(struct frontline *line, const struct wait4x_call *call, const char *word)
{
	bool is_mysql = call->command->kind == WAIT4X_MYSQL;
	char *url;

	if (call->command->kind == WAIT4X_DNS) {
		wait4xtarget_add_name(line, call, word);
	} else if (call->command->kind == WAIT4X_TCP && !strstr(word, "://")) {
		frontline_target(line, alloc_format("tcp://%s", word), NULL);
	} else if (!(url = is_mysql ? wait4xtarget_mysql(word) : wait4xtarget_url(word))) {
		frontline_refuse(line, WAIT4X_FAILED, "Error: can't retrieve the checker identity: write %s\n",
				 is_mysql ? "user:password@tcp(host:3306)/database" : "a URL");
	} else {
		frontline_target(line, fronturl_join(url, call->parameters.len ? call->parameters.data : ""),
				 call->command->kind == WAIT4X_HTTP ? mask_target(word, scheme_parameter)
								    : wait4xtarget_place(url));
		free(url);
	}
}

void wait4xtarget_add(struct frontline *line, struct wait4x_call *call)
{
	bool is_program = call->command->kind == WAIT4X_EXEC;

	if (call->command->kind == WAIT4X_HTTP) {
		buf_add_text(&call->parameters, call->values[WAIT4X_STATUS] ? "" : "&status=200-599");
		buf_add_text(&call->parameters, call->values[WAIT4X_NO_REDIRECT] ? "" : "&follow=10");
	}
	if (is_program)
		wait4xtarget_add_program(line, call);
	for (size_t i = 0; i < call->words.count && !is_program && !line->ends; i++)
		wait4xtarget_add_word(line, call, call->words.items[i]);
}
