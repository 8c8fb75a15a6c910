/* Watchdog: names the rank that hangs, and ends the job.
 *
 * A thread on every rank sees whether the training thread gets on. Where it has not for the given time, it
 * asks the other ranks' watchdogs how far they are. A rank that does not answer is stopped, dead or cut off;
 * where all answer, the one that is behind in the order of notes holds the others up. Messages are only sent
 * then; in good times the thread looks for a question once a second at most (MPI_Iprobe), which needs
 * MPI_THREAD_MULTIPLE. Time is counted in the thread's own wake-ups: a job that was suspended as a whole has
 * not stalled. */
#ifndef GANTRAIN_WATCHDOG_H
#define GANTRAIN_WATCHDOG_H

#include "gantrain/comm/comm.h"

#define WATCHDOG_WHAT_MAX 400 /* bytes of a note's text that travel to the other ranks */

/* From now on no two notes may be `seconds` or more apart. Collective. GT_FAILED: no thread. Where MPI does
 * not allow calls from a second thread, it warns and watches nothing. */
Status watchdog_start(const World *world, double seconds);

/* The training thread begins something: the same order on all ranks. `what` must stay as it is.
 * Not collective; costs three stores; may be called without a watchdog. */
void watchdog_note(int64_t step, const char *what);

/* This rank alone waits in the midst of what it noted last: for what, in words that stay as they are. */
void watchdog_waits(const char *what);

/* Collective; allowed without watchdog_start. */
void watchdog_stop(void);

#endif
