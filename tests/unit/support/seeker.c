#include "seeker.h"

#include <string.h>

#include "own_files.h"
#include "unit.h"

void seeker_rig_open(struct seeker_rig *rig, const struct name_server_row *rows, size_t count, const char *more,
		     const char *hosts)
{
	unit_loop_open(&rig->unit);
	name_server_open(&rig->server, &rig->unit, rows, count);
	name_server_use(&rig->server, more);
	own_files_write(OWN_HOSTS, hosts);
	rig->shared = lookup_share(rig->unit.loop);
}

void seeker_rig_close(struct seeker_rig *rig)
{
	lookup_unshare(rig->shared);
	name_server_close(&rig->server);
	unit_loop_close(&rig->unit);
}

static bool seeker_knows_both(const struct seeker *seeker)
{
	return lookup_result(seeker->lookup, LOOKUP_V6)->answered && lookup_result(seeker->lookup, LOOKUP_V4)->answered;
}

static void seeker_on_answer(void *arg, enum lookup_family family)
{
	struct seeker *seeker = arg;
	size_t len = strlen(seeker->told);

	check("it is known when it is told", lookup_result(seeker->lookup, family)->answered);
	if (len + 1 < sizeof(seeker->told))
		memcpy(seeker->told + len, family == LOOKUP_V6 ? "6" : "4", 2);
	if (seeker->stops_at_first || seeker_knows_both(seeker))
		loop_stop(seeker->unit->loop);
}

static void seeker_make(struct seeker *seeker, struct seeker_rig *rig, const char *name, bool is_srv)
{
	*seeker = (struct seeker){.unit = &rig->unit};
	seeker->lookup = lookup_new(rig->shared, name, is_srv, seeker_on_answer, seeker);
}

void seeker_open(struct seeker *seeker, struct seeker_rig *rig, const char *name)
{
	seeker_make(seeker, rig, name, false);
}

void seeker_open_srv(struct seeker *seeker, struct seeker_rig *rig, const char *name)
{
	seeker_make(seeker, rig, name, true);
}

void seeker_close(struct seeker *seeker)
{
	lookup_free(seeker->lookup);
}

void seeker_start(struct seeker *seeker)
{
	seeker->told[0] = '\0';
	lookup_start(seeker->lookup);
}

void seeker_wait(struct seeker *seeker, const char *row)
{
	/* The loop may have been stopped for another reason. */
	while (!seeker_knows_both(seeker))
		unit_loop_run(seeker->unit, row);
}

const char *seeker_text(struct seeker *seeker, enum lookup_family family)
{
	const struct lookup_result *result = lookup_result(seeker->lookup, family);
	char *text = seeker->texts[family];
	size_t size = sizeof(seeker->texts[family]), len = 0;

	if (!result->answered)
		return result->is_late ? "late" : "open";
	if (result->outcome.kind != OUTCOME_READY)
		return result->found.count ? "addresses, and a reason why there are none"
					   : outcome_info(result->outcome.kind)->name;
	text[0] = '\0';
	for (size_t i = 0; i < result->found.count && len < size; i++) {
		char one[ADDRESS_TEXT_MAX];

		address_text(&result->found.entries[i], one, sizeof(one));
		len += (size_t)snprintf(text + len, size - len, "%s%s%s", i ? " " : "", one,
					address_port(&result->found.entries[i]) ? "(port)" : "");
	}
	return text;
}

void seeker_check(const char *row, struct seeker *seeker, const char *v6, const char *v4)
{
	check_text(row, seeker_text(seeker, LOOKUP_V6), v6);
	check_text(row, seeker_text(seeker, LOOKUP_V4), v4);
}
