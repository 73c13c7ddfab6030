/*
 * The app of the signal storm. It writes 's' when it has started and 'h' when it handles signals, and then waits for one,
 * which it tells by its exit code.
 */
#include <signal.h>
#include <unistd.h>

#include "signals.h"

static void end(int number)
{
	_exit(SIGNALS_APP_CODE + number);
}

int main(void)
{
	const struct sigaction action = {.sa_handler = end};

	if (write(STDOUT_FILENO, "s", 1) != 1)
		return 1;
	for (int i = 0; i < SIGNALS_COUNT; i++)
		sigaction(signals_sent[i], &action, NULL);
	if (write(STDOUT_FILENO, "h", 1) != 1)
		return 1;
	for (;;)
		pause();
}
