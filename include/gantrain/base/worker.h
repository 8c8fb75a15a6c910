/* One background thread that runs jobs in the order given, so that rank 0 writes files while it trains.
 *
 * Not collective. While a worker exists, the thread that created it calls HDF5 only between worker_drain()
 * and the next worker_submit(), because Debian's serial HDF5 is not thread-safe. */
#ifndef GANTRAIN_WORKER_H
#define GANTRAIN_WORKER_H

#include "gantrain/base/status.h"

typedef struct Worker Worker;

/* GT_FAILED where no thread can be created. Signals are blocked in the thread. */
Status worker_create(Worker **worker);

/* Run job(argument) in the background. There is no queue: where a job is running, this waits for it and,
 * if it failed, returns its failure without starting the new one. `argument` must live until the job ends. */
Status worker_submit(Worker *worker, Status (*job)(void *), void *argument);

/* Wait until no job is running. Returns the failure of the last job, with its message, once. */
Status worker_drain(Worker *worker);

/* True while a job is running. */
int worker_busy(Worker *worker);

/* Waits for the job, then ends the thread. NULL is allowed. */
void worker_free(Worker *worker);

#endif
