#include "app/followact.h"

#include <string.h>

#include "base/signame.h"

int followact_parse(struct followact *act, const char *text, struct error *err)
{
	*act = (struct followact){.kind = FOLLOWACT_TELL};
	if (!text)
		return 0;
	if (strcmp(text, "restart") == 0) {
		act->kind = FOLLOWACT_RESTART;
		return 0;
	}
	if (strcmp(text, "exit") == 0) {
		act->kind = FOLLOWACT_EXIT;
		return 0;
	}
	if (strncmp(text, "exec:", 5) == 0) {
		act->kind = FOLLOWACT_EXEC;
		act->command = text + 5;
		return 0;
	}
	if (strncmp(text, "signal=", 7) != 0)
		return errors_set(
			err,
			"--follow=%s: write --follow=signal=HUP, --follow=restart, --follow=exit or --follow=exec:COMMAND",
			text);
	act->kind = FOLLOWACT_SIGNAL;
	act->signal = signame_number(text + 7);
	return act->signal ? 0
			   : errors_set(err, "--follow=%s: there is no such signal; write --follow=signal=HUP", text);
}
