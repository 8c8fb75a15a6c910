/* One run per folder: a lock that ends with the process, so that no stale lock remains. Rank 0 only. */
#ifndef GANTRAIN_LOCK_H
#define GANTRAIN_LOCK_H

#include "gantrain/base/status.h"

/* Lock the run's folder `out` by its log.txt, which is created where it is missing. *descriptor keeps the
 * lock until lock_release. GT_FAILED where another run holds it. A file system without locks is warned of,
 * once, and the run goes on. */
Status lock_acquire(int *descriptor, const char *out);

/* -1 is allowed. */
void lock_release(int descriptor);

#endif
