/*
 * dns://: ready when a name server has a record of the type for the name, and with "expect" or "contains" one with that text.
 * Only name servers are asked, never /etc/hosts. The search list counts, as for the app (resolv.conf(5)), unless the URL names
 * a server: one of another domain would refuse most of that.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "attempt/probe.h"
#include "base/alloc.h"
#include "net/dns.h"
#include "net/reserved.h"
#include "net/resolvconf.h"
#include "target/scheme.h"

#define DNSCHECK_RESOLV_CONF "/etc/resolv.conf"

/* The values of the parameter type, in the order of its choices; 0: A or AAAA. */
static const struct dnscheck_type {
	enum records_type type;
	const char *name;
} dnscheck_types[] = {
	{RECORDS_A, "A"},         {RECORDS_AAAA, "AAAA"}, {RECORDS_SRV, "SRV"}, {RECORDS_TXT, "TXT"},
	{RECORDS_CNAME, "CNAME"}, {RECORDS_NS, "NS"},     {RECORDS_MX, "MX"},
};

struct dnscheck_params {
	int type;
	const char *expect, *contains, *server;
};

struct dnscheck_plan {
	char *name;              /* as it is asked for; with a dot at its end the search list does not count */
	size_t first, count;     /* which of dnscheck_types are asked for; a record of one is enough */
	struct address expected; /* zeroed: none */
};

/* One question. A and AAAA are two. */
struct dnscheck_question {
	struct probe *probe;
	const struct dnscheck_type *type;
	struct dns_question *open; /* NULL: it is answered */
};

struct dnscheck_state {
	struct resolvconf conf;
	struct dns *dns;
	size_t candidate; /* which name of the search list is asked for */
	struct dnscheck_question questions[2];
	struct outcome worst; /* why no name so far has a record */
	struct outcome other; /* of this name there are records, but not what is expected; kind NONE: not so */
};

#define DNSCHECK_TEXT(word, field, name, text)                                                                         \
	{                                                                                                              \
		.key = (word), .type = OPTIONS_TEXT, .offset = offsetof(struct dnscheck_params, field), .arg = (name), \
		.help = (text)                                                                                         \
	}

static const struct options_row dnscheck_rows[] = {
	{.key = "type",
	 .type = OPTIONS_WORD,
	 .value = 1,
	 .choices = "A|AAAA|SRV|TXT|CNAME|NS|MX",
	 .offset = offsetof(struct dnscheck_params, type),
	 .arg = "TYPE",
	 .help = "A, AAAA, SRV, TXT, CNAME, NS or MX; default: A or AAAA, of which one is enough"},
	DNSCHECK_TEXT("expect", expect, "TEXT", "one record must be this: an address, a name, \"10 mail.test\" for MX"),
	DNSCHECK_TEXT("contains", contains, "TEXT", "one record must contain this"),
	DNSCHECK_TEXT("server", server, "IP[:PORT]", "the name server that is asked; default: those of this system"),
};
static const struct options_table dnscheck_table = {dnscheck_rows, sizeof(dnscheck_rows) / sizeof(dnscheck_rows[0])};

/* Is it the text that is expected? Names are the same in any case of their letters, with a dot at their end or without. */
static bool dnscheck_is(enum records_type type, const char *text, const char *expected)
{
	size_t len = strlen(expected);

	if (type == RECORDS_TXT)
		return strcmp(text, expected) == 0;
	len -= len && expected[len - 1] == '.';
	return strncasecmp(text, expected, len) == 0 && !text[len];
}

/* Does the record have what the parameters ask for? */
static bool dnscheck_fits(const struct probe *probe, enum records_type type, const char *text)
{
	const struct dnscheck_params *params = probe->target->params.fields;

	if (params->expect && !dnscheck_is(type, text, params->expect))
		return false;
	return !params->contains || (type == RECORDS_TXT ? strstr : strcasestr)(text, params->contains);
}

/* Says what the records are, none of which is what is expected. */
static struct outcome dnscheck_describe(const struct dnscheck_type *type, const struct records *found)
{
	char address[ADDRESS_TEXT_MAX];
	const char *first =
		found->texts.len ? found->texts.data : address_text(found->addresses.entries, address, sizeof(address));
	bool more = found->addresses.count > 1 || (found->texts.len && found->texts.len > strlen(first) + 1);

	return outcome_make(OUTCOME_NO_RECORD, "%s is %.120s%s", type->name, first, more ? ", and others" : "");
}

/* The records are there. Is one of them what is expected? */
static struct outcome dnscheck_judge(const struct probe *probe, const struct dnscheck_type *type,
				     const struct records *found)
{
	const struct dnscheck_plan *plan = probe->target->plan;

	for (size_t i = 0; i < found->addresses.count; i++) {
		char text[ADDRESS_TEXT_MAX];
		const struct address *address = &found->addresses.entries[i];

		address_text(address, text, sizeof(text));
		if (plan->expected.length ? address_is_equal(address, &plan->expected)
					  : dnscheck_fits(probe, type->type, text))
			return outcome_make(OUTCOME_READY, NULL);
	}
	for (size_t at = 0; at < found->texts.len; at += strlen(found->texts.data + at) + 1)
		if (dnscheck_fits(probe, type->type, found->texts.data + at))
			return outcome_make(OUTCOME_READY, NULL);
	return dnscheck_describe(type, found);
}

/* No name of the search list has a record: says the worst that was met. */
static void dnscheck_end(struct probe *probe)
{
	const struct dnscheck_plan *plan = probe->target->plan;
	const struct dnscheck_state *state = probe->state;
	struct outcome outcome = state->worst;

	if (outcome.kind == OUTCOME_NO_NAME)
		outcome = outcome_make(OUTCOME_NO_RECORD, "the name does not exist");
	else if (outcome.kind == OUTCOME_NO_ADDRESS)
		outcome = outcome_make(OUTCOME_NO_RECORD, "the name has no %s record",
				       plan->count > 1 ? "A or AAAA" : dnscheck_types[plan->first].name);
	probe_finish(probe, &outcome);
}

static void dnscheck_on_answer(void *arg, struct dns_answer *answer);

/* Asks for the present name of the search list, or ends if there is none any more. */
static void dnscheck_ask(struct probe *probe)
{
	const struct dnscheck_plan *plan = probe->target->plan;
	struct dnscheck_state *state = probe->state;
	char name[2 * DNS_NAME_SIZE];

	if (!resolvconf_candidate(&state->conf, plan->name, state->candidate, name, sizeof(name))) {
		dnscheck_end(probe);
		return;
	}
	for (size_t i = 0; i < plan->count; i++) {
		struct dnscheck_question *question = &state->questions[i];

		*question = (struct dnscheck_question){.probe = probe, .type = &dnscheck_types[plan->first + i]};
		question->open = dns_ask(state->dns, name, question->type->type, dnscheck_on_answer, question);
	}
}

static void dnscheck_on_answer(void *arg, struct dns_answer *answer)
{
	struct dnscheck_question *question = arg;
	struct probe *probe = question->probe;
	struct dnscheck_state *state = probe->state;
	const struct outcome *outcome = &answer->outcome;

	question->open = NULL;
	if (outcome->kind == OUTCOME_READY) {
		state->other = dnscheck_judge(probe, question->type, &answer->found);
		if (state->other.kind == OUTCOME_READY)
			probe_finish(probe, &state->other);
	} else if (outcome_info(outcome->kind)->weight > outcome_info(state->worst.kind)->weight) {
		state->worst = *outcome;
	}
	if (probe->finished || state->questions[0].open || state->questions[1].open)
		return;
	if (state->other.kind != OUTCOME_NONE) {
		probe_finish(probe, &state->other);
		return;
	}
	state->candidate++;
	dnscheck_ask(probe);
}

static void dnscheck_start(struct probe *probe)
{
	const struct dnscheck_plan *plan = probe->target->plan;
	const struct dnscheck_params *params = probe->target->params.fields;
	struct dnscheck_state *state = probe->state;

	state->worst = outcome_make(OUTCOME_NO_NAME, NULL);
	probe_expire_as(probe, OUTCOME_DNS_SILENT, NULL);
	resolvconf_refresh(&state->conf, DNSCHECK_RESOLV_CONF);
	if (params->server)
		resolvconf_use_server(&state->conf, params->server);
	state->dns = dns_new(probe->loop, &state->conf);
	if (reserved_is_onion(plan->name))
		dnscheck_end(probe); /* no name server may be asked for it */
	else
		dnscheck_ask(probe);
}

static void dnscheck_stop(struct probe *probe)
{
	struct dnscheck_state *state = probe->state;

	for (size_t i = 0; i < 2; i++)
		dns_drop(state->questions[i].open);
	dns_free(state->dns);
	resolvconf_release(&state->conf);
}

static bool dnscheck_is_name(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < 0x80 && !isalnum((unsigned char)*name) && !strchr("-._", *name))
			return false;
	return true;
}

/* What comes before the parameters is a name, and nothing else. Anything else may be a secret, and is not quoted. */
static int dnscheck_check_name(const struct target *target, const char *name, struct error *err)
{
	if (!*name)
		return errors_set(err, "the name is missing; write %s", target->scheme->example);
	if (endpoint_family(name) != AF_UNSPEC)
		return errors_set(err, "dns:// takes a name, not an address; write dns://name?expect=10.0.0.2");
	if (!dnscheck_is_name(name))
		return errors_set(err, "dns:// takes a name alone; write %s, and a name server as server=10.0.0.2:53",
				  target->scheme->example);
	return endpoint_check_host(name, err);
}

/* A and AAAA expect an address, whose family says which of them is asked for if the URL does not. */
static int dnscheck_expect(const struct dnscheck_params *params, struct dnscheck_plan *plan, struct error *err)
{
	int type = params->type, family;

	plan->first = type ? (size_t)type - 1 : 0;
	plan->count = type ? 1 : 2;
	if (!params->expect || plan->first > 1)
		return 0;
	family = address_of_host(&plan->expected, params->expect, 0) ? plan->expected.any.sa_family : AF_UNSPEC;
	if ((family != AF_INET && family != AF_INET6) || (type && (family == AF_INET) != (type == 1)))
		return errors_set(
			err,
			"parameter expect: \"%s\" is not an address of this type; write one such as %s, or add "
			"another type=",
			params->expect, type == 2 ? "fd00::2" : "10.0.0.2");
	plan->first = family == AF_INET6;
	plan->count = 1;
	return 0;
}

static int dnscheck_check_server(const char *server, struct error *err)
{
	struct endpoint endpoint = {0};
	struct error ignored = {0};
	int family = endpoint_family(server);

	if (family == AF_UNSPEC && endpoint_parse(&endpoint, server, strlen(server), &ignored) == 0)
		family = endpoint_family(endpoint.host);
	endpoint_release(&endpoint);
	if (family == AF_INET || family == AF_INET6)
		return 0;
	return errors_set(
		err, "parameter server: \"%s\" is not an address; write 10.0.0.2, 10.0.0.2:53 or [fd00::2]:53", server);
}

static int dnscheck_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	const struct dnscheck_params *params = target->params.fields;
	struct dnscheck_plan *plan = target->plan = alloc_zero(1, sizeof(*plan));
	char *whole;

	(void)env;
	(void)log;
	plan->name = alloc_slice(target->tail, strcspn(target->tail, "?"));
	if (dnscheck_check_name(target, plan->name, err) || dnscheck_expect(params, plan, err))
		return -1;
	if (!params->server)
		return 0;
	whole = alloc_format("%s%s", plan->name, plan->name[strlen(plan->name) - 1] == '.' ? "" : ".");
	free(plan->name);
	plan->name = whole;
	return dnscheck_check_server(params->server, err);
}

static void dnscheck_unbind(struct target *target)
{
	struct dnscheck_plan *plan = target->plan;

	if (plan)
		free(plan->name);
	free(plan);
	target->plan = NULL;
}

static const struct protocol dnscheck_protocol = {
	.state_size = sizeof(struct dnscheck_state),
	.bind = dnscheck_bind,
	.unbind = dnscheck_unbind,
	.start = dnscheck_start,
	.stop = dnscheck_stop,
};

const struct scheme scheme_dns = {
	.name = "dns",
	.summary = "DNS has a record of that type for the name",
	.example = "dns://name?type=SRV",
	.needs = SCHEME_NEEDS_WORD,
	.params = &dnscheck_table,
	.params_size = sizeof(struct dnscheck_params),
	.protocol = &dnscheck_protocol,
};
