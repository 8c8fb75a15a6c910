/* One background thread that does jobs in the order given: how rank 0 writes files while it trains.
 *
 * Not collective. While a worker exists, the thread that made it does no HDF5 of its own (Debian's serial
 * HDF5 is not thread-safe) except between worker_drain() and the next worker_submit(). */
#ifndef GANTRAIN_WORKER_H
#define GANTRAIN_WORKER_H

#include "gantrain/base/status.h"

typedef struct Worker Worker;

/* GT_FAILED when no thread can be had. Signals are blocked in the thread. */
Status worker_create(Worker **worker);

/* Run job(argument) in the background. Waits while a job is still under way (one runs, none queues), and then
 * returns that job's failure, if it failed, without starting the new one. `argument` must live until the job
 * ends. */
Status worker_submit(Worker *worker, Status (*job)(void *), void *argument);

/* Wait until idle; returns the failure (with its message) of the last job once. */
Status worker_drain(Worker *worker);

/* True while a job is under way. */
int worker_busy(Worker *worker);

/* Drains, then ends the thread. NULL is allowed. */
void worker_free(Worker *worker);

#endif
