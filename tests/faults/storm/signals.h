/* What the signal storm and its app both know. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>

/* The app's exit code is this and the signal's number; waitfor's is 128 and the number. */
enum { SIGNALS_APP_CODE = 40, SIGNALS_COUNT = 5 };

/* waitfor handles the first four always, and the last one as PID 1. */
static const int signals_sent[SIGNALS_COUNT] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1};

#endif
