#include "probe/postgres/pgrefusal.h"

#include <string.h>

#include "probe/postgres/pgtls.h"

/* What the server refuses may be fine for this target, and what is up may not be enough. */
static enum outcome_kind pgrefusal_kind(const struct conninfo *info, enum outcome_kind kind, const char *words)
{
	/* A refusal shows that the server is up, but not that it has the property that the URL asks for. */
	if (info->session_for)
		return kind == OUTCOME_READY ? OUTCOME_DENIED : kind;
	/* A database that nobody named, or that may be missing, is not judged. 3D000: it does not exist. */
	if (kind == OUTCOME_DENIED && !info->wants_database && strncmp(words, "3D000", 5) == 0)
		return OUTCOME_READY;
	return kind;
}

/* Returns what the user can do about a refusal, or NULL. */
static const char *pgrefusal_hint(const struct conninfo *info, const char *words, bool local)
{
	if (!info->password_from && info->session_for && !info->lock)
		return strcmp(info->session_for, "target_session_attrs") == 0
			       ? "a login is needed to see whether target_session_attrs is met"
			       : "a login is needed to ask for a table or a query";
	if (!local && pgtls_is_missed(words))
		return "use waitfor-tls with sslmode=require";
	if ((!info->user_named || !info->database_named) && pganswer_is_vague(words))
		return "name user and database, as in postgres://user:password@host/db";
	return NULL;
}

/* Returns the refusal with the hint, and the line before it cut so that both fit. */
static struct outcome pgrefusal_with_hint(const char *line, const char *hint)
{
	struct outcome outcome;
	size_t room = sizeof(outcome.detail) - strlen(hint) - sizeof("; "), len = strlen(line);

	len = len < room ? len : room;
	while (len && ((unsigned char)line[len] & 0xC0) == 0x80) /* not within a character of UTF-8 */
		len--;
	return outcome_make(OUTCOME_DENIED, "%.*s; %s", (int)len, line, hint);
}

struct outcome pgrefusal_judge(const struct conninfo *info, const char *words, const char *line,
			       enum pganswer_phase phase, bool local)
{
	enum outcome_kind kind = pgrefusal_kind(info, pganswer_of_state(words, phase), words);
	const char *hint = kind == OUTCOME_DENIED ? pgrefusal_hint(info, words, local) : NULL;

	return hint ? pgrefusal_with_hint(line, hint) : outcome_make(kind, "%s", line);
}
