/*
 * PostgreSQL through libpq's asynchronous API. FACTS 22-30.
 *
 * Without a password ("ping mode") an authentication request proves that the server accepts connections (FACTS 23);
 * this leaves no line in the server's log. With a password the probe logs in and sends a query (pgquery.h). The SQLSTATE of the
 * server decides, never the text of its message, which may be in any language (FACTS 27).
 */
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "attempt/precheck.h"
#include "attempt/probe.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "net/stream.h"
#include "probe/postgres/conninfo.h"
#include "probe/postgres/pganswer.h"
#include "probe/postgres/pgdialect.h"
#include "probe/postgres/pglocking.h"
#include "probe/postgres/pgpeek.h"
#include "probe/postgres/pgquery.h"
#include "probe/postgres/pgrefusal.h"
#include "probe/postgres/pgstartup.h"
#include "probe/postgres/pguri.h"
#include "probe/postgres/pgwords.h"
#include "target/scheme.h"

/* How long a precheck stays open. After a clean shutdown, PostgreSQL 15 needs 4 to 9 ms from listening to ready. */
#define POSTGRES_STAY (10 * CLOCK_MS)

struct postgres_state {
	struct precheck precheck;
	struct pgstartup startup;
	PGconn *conn;
	struct loop_watch watch;
	bool connected; /* the socket is connected; libpq is talking */
	bool querying;  /* the query was sent */
	struct pgpeek peek;
	struct pglocking locking;
};

static void postgres_finish(struct probe *probe, enum outcome_kind kind, const char *detail)
{
	struct outcome outcome = outcome_make(kind, "%s", detail ? detail : "");

	probe_finish(probe, &outcome);
}

static bool postgres_is_login(const struct postgres_state *state)
{
	const char *password = PQpass(state->conn);

	return password && *password;
}

/* Returns the first line of message without secrets, after the first `keep` bytes. The caller frees it. */
static char *postgres_quote(const struct probe *probe, const char *message, size_t keep)
{
	const struct postgres_state *state = probe->state;
	const struct conninfo *info = probe->target->plan;
	const struct pgwords_sent sent = {PQpass(state->conn), info->user, info->database};

	return pgwords_quote(message, keep, &sent);
}

/* connect() failed inside PQconnectStart. */
static void postgres_connect_failed(struct probe *probe, const char *message)
{
	int reason = pgwords_errno(message);
	struct outcome outcome;
	char *line;

	if (reason) {
		outcome = outcome_from_errno(reason);
		probe_finish(probe, &outcome);
		return;
	}
	line = postgres_quote(probe, message, 0);
	postgres_finish(probe, OUTCOME_LOCAL, line);
	free(line);
}

/* The outcome of a connection that failed in this stage, if the server sent no SQLSTATE. */
static enum outcome_kind postgres_kind_without_state(const struct probe *probe, ConnStatusType stage)
{
	const struct postgres_state *state = probe->state;
	const struct conninfo *info = probe->target->plan;

	if (state->peek.eof)
		return OUTCOME_CLOSED;
	if (stage == CONNECTION_SSL_STARTUP)
		return OUTCOME_TLS;
	if (state->peek.start == PGANSWER_NONE)
		return OUTCOME_CLOSED;
	if (state->peek.start == PGANSWER_AUTHENTICATION && info->session_for)
		return OUTCOME_UNSUITABLE;
	/* The server asked for a method that this libpq does not have (GSSAPI), so the server is up. */
	if (state->peek.start == PGANSWER_AUTHENTICATION)
		return postgres_is_login(state) ? OUTCOME_DENIED : OUTCOME_READY;
	return OUTCOME_RESET;
}

/* How far the session is; stage is the state of the connection. Within TLS nothing is seen but the stage. */
static enum pganswer_phase postgres_phase(const struct postgres_state *state, ConnStatusType stage)
{
	if (!postgres_is_login(state) && !state->querying)
		return PGANSWER_PING;
	return state->querying || state->peek.let_in || stage == CONNECTION_AUTH_OK ? PGANSWER_LET_IN : PGANSWER_LOGIN;
}

/* The server sent an error. words begin with its SQLSTATE. */
static void postgres_refused(struct probe *probe, const char *words, ConnStatusType stage)
{
	char *line = postgres_quote(probe, words, 5);
	struct outcome outcome = pgrefusal_judge(probe->target->plan, words, line, postgres_phase(probe->state, stage),
						 probe->address->any.sa_family == AF_UNIX);

	probe_finish(probe, &outcome);
	free(line);
}

/* PQconnectPoll failed; stage is the state that the connection had before. */
static void postgres_failed(struct probe *probe, ConnStatusType stage)
{
	struct postgres_state *state = probe->state;
	const struct conninfo *info = probe->target->plan;
	const char *message = PQerrorMessage(state->conn), *sqlstate = pganswer_find_state(message);
	struct outcome outcome;
	enum outcome_kind kind;
	char *line;

	if (PQconnectionNeedsPassword(state->conn)) {
		outcome = outcome_make(OUTCOME_READY, NULL);
		if (info->lock)
			outcome = outcome_make(OUTCOME_DENIED, "a password is needed to take the lock");
		else if (info->session_for)
			outcome = outcome_make(OUTCOME_DENIED, "a password is needed to see whether %s is met",
					       info->session_for);
		probe_finish(probe, &outcome);
		return;
	}
	if (sqlstate) {
		postgres_refused(probe, sqlstate, stage);
		return;
	}
	kind = postgres_kind_without_state(probe, stage);
	line = postgres_quote(probe, pgwords_without_place(message), 0);
	postgres_finish(probe, kind, kind == OUTCOME_CLOSED || kind == OUTCOME_RESET ? NULL : line);
	free(line);
}

/* The answer to a query is an error. */
static void postgres_query_failed(struct probe *probe, const PGresult *result)
{
	const char *words = pganswer_find_state(PQresultErrorMessage(result));

	if (words)
		postgres_refused(probe, words, CONNECTION_OK);
	else
		postgres_finish(probe, OUTCOME_RESET, NULL);
}

static void postgres_watch(struct probe *probe, bool writing)
{
	struct postgres_state *state = probe->state;

	loop_watch_set(probe->loop, &state->watch, PQsocket(state->conn), !writing, writing);
}

static void postgres_logged_in(struct probe *probe)
{
	const struct conninfo *info = probe->target->plan;
	struct postgres_state *state = probe->state;

	if (info->lock) {
		state->querying = true;
		loop_watch_clear(&state->watch);
		pglocking_begin(&state->locking, probe, state->conn, postgres_query_failed);
		return;
	}
	if (!postgres_is_login(state) && !pgquery_wanted_by(probe->target->params.fields)) {
		postgres_finish(probe, OUTCOME_READY, NULL); /* the server needs no password */
		return;
	}
	state->querying = true;
	probe_expire_as(probe, OUTCOME_SILENT, "no answer to the query");
	PQsetnonblocking(state->conn, 1);
	if (!pgquery_send(state->conn, probe->target->params.fields))
		postgres_finish(probe, OUTCOME_RESET, NULL);
	else
		postgres_watch(probe, PQflush(state->conn) == 1);
}

static void postgres_poll_connection(struct probe *probe)
{
	struct postgres_state *state = probe->state;
	ConnStatusType stage = PQstatus(state->conn);

	switch (PQconnectPoll(state->conn)) {
	case PGRES_POLLING_READING:
		postgres_watch(probe, false);
		break;
	case PGRES_POLLING_WRITING:
		postgres_watch(probe, true);
		break;
	case PGRES_POLLING_OK:
		postgres_logged_in(probe);
		break;
	default:
		postgres_failed(probe, stage);
		break;
	}
}

/*
 * Returns whether the socket is connected. If connecting failed, finishes the probe with the error of the socket: it
 * distinguishes "refused" from "unreachable", and libpq has only a text.
 */
static bool postgres_is_connected(struct probe *probe)
{
	struct postgres_state *state = probe->state;
	struct outcome result;

	if (state->connected)
		return true;
	result = stream_connect_result(PQsocket(state->conn));
	if (result.kind != OUTCOME_READY) {
		probe_finish(probe, &result);
		return false;
	}
	state->connected = true;
	probe_expire_as(probe, OUTCOME_SILENT, NULL);
	return true;
}

static void postgres_poll_query(struct probe *probe)
{
	struct postgres_state *state = probe->state;
	struct outcome outcome;
	PGresult *result;

	if (!PQconsumeInput(state->conn)) {
		postgres_finish(probe, OUTCOME_RESET, NULL);
		return;
	}
	if (PQflush(state->conn) == 1 || PQisBusy(state->conn)) {
		postgres_watch(probe, PQflush(state->conn) == 1);
		return;
	}
	result = PQgetResult(state->conn);
	outcome = pgquery_judge(result, probe->target->params.fields);
	if (outcome.kind != OUTCOME_NONE)
		probe_finish(probe, &outcome);
	else
		postgres_query_failed(probe, result);
	PQclear(result);
}

static void postgres_on_ready(void *arg, bool readable, bool writable)
{
	struct probe *probe = arg;
	struct postgres_state *state = probe->state;

	(void)writable;
	if (!postgres_is_connected(probe)) {
		loop_watch_clear(&state->watch);
		return;
	}
	if (readable && !state->querying)
		pgpeek_look(&state->peek, state->conn);
	if (state->peek.start == PGANSWER_FOREIGN)
		postgres_finish(probe, OUTCOME_GARBLED, "not a PostgreSQL server (wrong port?)");
	else if (state->querying)
		postgres_poll_query(probe);
	else
		postgres_poll_connection(probe);
	if (probe->finished)
		loop_watch_clear(&state->watch);
}

/* libpq would print notices on stderr. */
static void postgres_ignore_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static void postgres_connect(struct probe *probe)
{
	struct postgres_state *state = probe->state;

	state->conn = conninfo_connect(probe->target->plan, probe->endpoint, probe->address);
	if (!state->conn) {
		postgres_finish(probe, OUTCOME_LOCAL, "out of memory");
		return;
	}
	PQsetErrorVerbosity(state->conn, PQERRORS_VERBOSE);
	PQsetNoticeProcessor(state->conn, postgres_ignore_notice, NULL);
	if (PQstatus(state->conn) == CONNECTION_BAD) {
		postgres_connect_failed(probe, pgwords_without_place(PQerrorMessage(state->conn)));
		return;
	}
	postgres_watch(probe, true);
}

static void postgres_on_prechecked(void *arg)
{
	postgres_connect(arg);
}

static void postgres_on_precheck_failed(void *arg, const struct outcome *outcome)
{
	probe_finish(arg, outcome);
}

/*
 * If the previous attempt found nothing up, a precheck comes first. There are two reasons. libpq's preparations for an
 * attempt would be most of the processor time of a long wait, and a connection on which nothing is sent leaves no line
 * in the server's log. And a server that has just begun to listen gets a moment: asked immediately, it would most often
 * answer that it is starting up, write that to its log, and be asked again only after 80 ms.
 *
 * If the server was starting, pgstartup asks whether it still is, unless the names in its packet belong into TLS.
 */
static void postgres_start(struct probe *probe)
{
	struct postgres_state *state = probe->state;
	const struct conninfo *info = probe->target->plan;
	struct outcome outcome;

	precheck_init(&state->precheck);
	pgstartup_init(&state->startup);
	state->watch = (struct loop_watch){.ready = postgres_on_ready, .arg = probe};
	state->querying = info->lock && pglocking_resume(&state->locking, probe, &state->conn, postgres_query_failed);
	if (state->querying)
		return;
	if (probe->last == OUTCOME_STARTING && info->in_clear && probe->address->any.sa_family != AF_UNIX) {
		pgstartup_ask(&state->startup, probe, info->user, info->database, postgres_connect);
		return;
	}
	if (!outcome_info(probe->last)->down || probe->address->any.sa_family == AF_UNIX) {
		postgres_connect(probe);
		return;
	}
	outcome = precheck_start(&state->precheck, probe->loop, probe->sockets, probe->address, POSTGRES_STAY,
				 postgres_on_prechecked, postgres_on_precheck_failed, probe);
	if (outcome.kind != OUTCOME_READY)
		probe_finish(probe, &outcome);
}

static void postgres_stop(struct probe *probe)
{
	struct postgres_state *state = probe->state;

	precheck_stop(&state->precheck);
	pgstartup_stop(&state->startup);
	loop_watch_clear(&state->watch);
	if (!state->conn || pglocking_stop(&state->locking))
		return;
	if (PQsocket(state->conn) >= 0)
		stream_drain(PQsocket(state->conn)); /* unread bytes would turn the FIN into an RST (FACTS 21) */
	PQfinish(state->conn);
}

static int postgres_bind(struct target *target, const struct env *env, struct log *log, struct error *err)
{
	target->plan = conninfo_new(target, env, log, err);
	return target->plan ? 0 : -1;
}

static void postgres_unbind(struct target *target)
{
	conninfo_free(target->plan);
}

static const struct protocol postgres_protocol = {
	.locking = &pglocking_slots,
	.state_size = sizeof(struct postgres_state),
	.bind = postgres_bind,
	.unbind = postgres_unbind,
	.start = postgres_start,
	.stop = postgres_stop,
};

const struct scheme scheme_postgres = {
	.name = "postgres",
	.alias = "postgresql",
	.others = pgdialect_schemes,
	.summary = "PostgreSQL takes connections; with a password: logs in and answers a query",
	.example = "postgres://host:5432/db",
	.default_port = PGURI_PORT,
	.lists_hosts = true,
	.claims_port = true,
	.has_locks = true,
	.parameter_known = pguri_parameter,
	.protocol = &postgres_protocol,
};
