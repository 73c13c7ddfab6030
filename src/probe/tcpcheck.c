#include "probe/tcpcheck.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/pattern.h"

/* So many bytes of what was said are not shown when the service repeats them. Fewer may be in a line by chance. */
enum { TCPCHECK_TELLING = 4 };

struct tcpcheck {
	int64_t stay;
	struct buf send;
	struct pattern *expect; /* NULL: any reply will do */
};

int tcpcheck_bind(struct target *target, const struct tcpcheck_params *params, struct error *err)
{
	struct tcpcheck *plan = alloc_zero(1, sizeof(*plan));

	target->plan = plan;
	plan->stay = params->stay;
	if (params->send && escape_bytes(&plan->send, params->send, err))
		return errors_prefix(err, "parameter send");
	if (params->expect && !(plan->expect = pattern_new(params->expect, err)))
		return errors_prefix(err, "parameter expect");
	return 0;
}

void tcpcheck_unbind(struct target *target)
{
	struct tcpcheck *plan = target->plan;

	if (!plan)
		return;
	buf_release(&plan->send);
	pattern_free(plan->expect);
	free(plan);
	target->plan = NULL;
}

static void tcpcheck_say(const struct target *target, struct buf *out)
{
	const struct tcpcheck *plan = target->plan;

	if (plan->send.len)
		buf_add(out, plan->send.data, plan->send.len);
}

/* However many bytes came at once, only the first DIALOG_HEARD_MAX count. */
static bool tcpcheck_matches(const struct tcpcheck *plan, const struct dialog_heard *heard)
{
	bool fits = heard->len <= DIALOG_HEARD_MAX;

	if (!heard->len || !plan->expect)
		return heard->len > 0;
	return pattern_finds(plan->expect, heard->data, fits ? heard->len : DIALOG_HEARD_MAX, fits && heard->eof);
}

/* How many bytes at `at` were said in a row. */
static size_t tcpcheck_repeated(const struct buf *said, const char *at, size_t len)
{
	size_t count = 0;

	while (count < len && said->len && memmem(said->data, said->len, at, count + 1))
		count++;
	return count;
}

/* The first line of the reply that is not empty. What was said may hold a password, so what the line repeats of it is not shown. */
static struct outcome tcpcheck_late(const struct target *target, const struct dialog_heard *heard)
{
	const struct tcpcheck *plan = target->plan;
	const char *end = heard->data + heard->len, *at = heard->data;
	struct buf shown = {0};
	struct outcome outcome;

	while (at < end && (*at == '\r' || *at == '\n'))
		at++;
	while (at < end && *at != '\r' && *at != '\n' && shown.len < sizeof(outcome.detail)) {
		size_t left = (size_t)(end - at), most = left < sizeof(outcome.detail) ? left : sizeof(outcome.detail);
		size_t repeated = tcpcheck_repeated(&plan->send, at, most);

		if (repeated >= TCPCHECK_TELLING)
			buf_add_text(&shown, "***");
		else
			buf_add(&shown, at, 1);
		at += repeated >= TCPCHECK_TELLING ? repeated : 1;
	}
	if (shown.len && shown.data[0])
		outcome = dialog_quote(target, OUTCOME_STARTING, shown.data, shown.len);
	else
		outcome = outcome_make(OUTCOME_STARTING, "the reply does not match");
	buf_release(&shown);
	return outcome;
}

static bool tcpcheck_judge(const struct target *target, const struct dialog_heard *heard, struct buf *out,
			   struct outcome *outcome)
{
	const struct tcpcheck *plan = target->plan;
	bool is_enough = heard->settled && !plan->send.len && !plan->expect; /* tls:// alone: TLS stands, and stays */

	(void)out;
	if (is_enough || tcpcheck_matches(plan, heard))
		*outcome = outcome_make(OUTCOME_READY, NULL);
	else if (heard->len && heard->eof)
		*outcome = tcpcheck_late(target, heard);
	return outcome->kind != OUTCOME_NONE;
}

static int64_t tcpcheck_stay(const struct target *target)
{
	return ((const struct tcpcheck *)target->plan)->stay;
}

const struct dialog tcpcheck_dialog = {.say = tcpcheck_say,
				       .judge = tcpcheck_judge,
				       .late = tcpcheck_late,
				       .settles = tcpcheck_stay};
