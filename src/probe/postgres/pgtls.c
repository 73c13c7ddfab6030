#include "probe/postgres/pgtls.h"

#include <string.h>
#include <sys/socket.h>

#ifdef WAITFOR_TLS
enum { PGTLS_BUILT = true };
#else
enum { PGTLS_BUILT = false };
#endif

/* What keeps libpq from reading, and judging, a PGSSL* variable that has no effect. An empty value would not. */
static const char *const pgtls_unused[][2] = {
	{"sslnegotiation", "postgres"},
	{"sslcertmode", "disable"},
	{"ssl_min_protocol_version", "TLSv1"},
	{"ssl_max_protocol_version", "TLSv1.3"},
};

static bool pgtls_is_local(const struct target *target)
{
	for (size_t i = 0; i < target->endpoint_count; i++)
		if (endpoint_family(target->endpoints[i].host) != AF_UNIX)
			return false;
	return target->endpoint_count > 0;
}

static bool pgtls_is_needed(const char *mode)
{
	return strcmp(mode, "require") == 0 || strncmp(mode, "verify-", 7) == 0 || strcmp(mode, "no-verify") == 0;
}

static void pgtls_ignore_variables(struct pgkeys *all)
{
	for (size_t i = 0; i < sizeof(pgtls_unused) / sizeof(pgtls_unused[0]); i++)
		if (!pgkeys_get(all, pgtls_unused[i][0]))
			pgkeys_set(all, pgtls_unused[i][0], pgtls_unused[i][1]);
}

/* Returns the mode that was asked for, or "". Sets *where to the parameter or variable that asks for it. */
static const char *pgtls_mode(const struct pgkeys *all, const struct env *env, const char **where)
{
	const char *mode = pgkeys_get(all, *where = "sslmode"), *required;

	if (!mode)
		mode = env_get(env, *where = "PGSSLMODE");
	if (mode && *mode)
		return mode;
	/* libpq still reads this old variable. */
	required = env_get(env, *where = "PGREQUIRESSL");
	return required && *required == '1' ? "require" : "";
}

int pgtls_complete(struct pgkeys *all, const struct target *target, const struct env *env, bool *in_clear,
		   struct error *err)
{
	const char *where, *mode = pgtls_mode(all, env, &where);
	bool local = pgtls_is_local(target), off;

	/* libpq never uses TLS on a Unix socket, whatever the mode. A misspelt mode in the URI is still an error. */
	if (local && (strcmp(where, "sslmode") != 0 || pgtls_is_needed(mode)))
		pgkeys_set(all, "sslmode", mode = "disable");
	if (!PGTLS_BUILT && pgtls_is_needed(mode))
		return errors_set(err, "%s=%s needs TLS, which this waitfor is built without; use waitfor-tls", where,
				  strcmp(where, "PGREQUIRESSL") == 0 ? "1" : mode);
	off = !PGTLS_BUILT || local || strcmp(mode, "disable") == 0;
	*in_clear = off || strcmp(mode, "allow") == 0;
	if (strcmp(mode, "no-verify") == 0)
		pgkeys_set(all, "sslmode", "require");
	if (off)
		pgtls_ignore_variables(all);
	return 0;
}

bool pgtls_is_missed(const char *words)
{
	/* PostgreSQL 14 and later; older ones, pgbouncer, Azure, CockroachDB ("SSL …"); Supavisor, Neon. */
	static const char *const signs[] = {"no encryption", "SSL", "TLS", "insecure"};

	for (size_t i = 0; !PGTLS_BUILT && i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strstr(words, signs[i]))
			return true;
	return false;
}

const char *pgtls_takes(const char *key)
{
	static const char *const takes[][3] = {
		{"sslmode", "disable, allow or prefer, or use waitfor-tls",
		 "disable, allow, prefer, require, verify-ca or verify-full"},
		{"sslnegotiation", "postgres, or use waitfor-tls", "postgres or direct"},
		{"sslcertmode", "disable or allow, or use waitfor-tls", "disable, allow or require"},
	};

	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++)
		if (strcmp(takes[i][0], key) == 0)
			return takes[i][PGTLS_BUILT ? 2 : 1];
	return NULL;
}
