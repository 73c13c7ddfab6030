#include "attempt/finding.h"

#include <string.h>

void finding_note(struct finding *finding, const struct outcome *outcome, const struct place *place, bool is_found)
{
	if (is_found < finding->is_found)
		return;
	if (is_found > finding->is_found || outcome_better(&finding->outcome, outcome) == outcome)
		*finding = (struct finding){*outcome, *place, is_found};
	else if (finding->outcome.kind == outcome->kind && strcmp(finding->outcome.detail, outcome->detail) == 0)
		place_add_other(&finding->place, place);
}
