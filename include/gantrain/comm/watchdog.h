/* Watchdog: names the rank that hangs, and ends the job.
 *
 * A thread on every rank checks that the training thread makes progress. After the given time without any,
 * it asks the watchdogs of the other ranks for theirs. A rank that does not answer is stopped, dead or cut
 * off; where all answer, the rank with the fewest notes holds up the others. Messages are sent only then;
 * otherwise the thread looks for a question once a second at most (MPI_Iprobe), which needs
 * MPI_THREAD_MULTIPLE. Time is counted in the thread's own wake-ups, so a job that was suspended as a
 * whole has not stalled. */
#ifndef GANTRAIN_WATCHDOG_H
#define GANTRAIN_WATCHDOG_H

#include "gantrain/comm/comm.h"

#define WATCHDOG_WHAT_MAX 400 /* bytes of a note's text that are sent to the other ranks */

/* From now on less than `seconds` may pass between two notes. Collective. GT_FAILED: no thread. Where MPI
 * does not allow calls from a second thread, warns and does not watch. */
Status watchdog_start(const World *world, double seconds);

/* The training thread begins `what` of step `step`; all ranks make the same notes in the same order.
 * `what` must stay valid. Not collective; costs three stores; may be called without a watchdog. */
void watchdog_note(int64_t step, const char *what);

/* This rank alone now waits for something, described by `what`, which must stay valid. Not progress: no
 * note is counted. */
void watchdog_waits(const char *what);

/* Collective; may be called without watchdog_start. */
void watchdog_stop(void);

#endif
