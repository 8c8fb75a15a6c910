/* Reasons to stop early: a signal or the end of --max-time. Known to one rank until the ranks have agreed. */
#ifndef GANTRAIN_CLI_STOP_H
#define GANTRAIN_CLI_STOP_H

#include <stdbool.h>

/* Note SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 from now on instead of dying of them. */
void stop_watch_signals(void);

/* The first signal that came, 0 if none. */
int stop_signal(void);

/* Seconds of a clock that never goes back. */
double stop_now(void);

#endif
