#include "attempt/finding.h"

#include <string.h>

void finding_note(struct finding *finding, const struct outcome *outcome, const struct place *place, bool is_found)
{
	if (is_found < finding->is_found)
		return;
	if (is_found > finding->is_found || outcome_better(&finding->outcome, outcome) == outcome) {
		finding->outcome = *outcome;
		finding->place = *place;
		finding->is_found = is_found;
	} else if (finding->outcome.kind == outcome->kind && strcmp(finding->outcome.detail, outcome->detail) == 0) {
		place_add_other(&finding->place, place);
	}
}

void finding_clear(struct finding *finding)
{
	finding->outcome.kind = OUTCOME_NONE;
	finding->is_found = false;
}
