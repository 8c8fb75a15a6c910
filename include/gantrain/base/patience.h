/* Patience: writing or reading a file is tried again for a while where the disk fails. */
#ifndef GANTRAIN_PATIENCE_H
#define GANTRAIN_PATIENCE_H

#include <stdbool.h>

#include "gantrain/base/status.h"

/* Call attempt(argument) until it returns GT_OK, with growing pauses: for three minutes where a disk or
 * quota is full, for ten seconds after other failures, such as a file server that does not answer. Warns
 * once about the failure and once if it then succeeded. Returns the last failure. GT_PATIENCE: seconds at
 * most, for tests. */
Status patience_try(Status (*attempt)(void *), void *argument);

/* Is patience_try waiting, on whatever thread, and not longer than it said? Then this process has not
 * stalled, however long that takes; an attempt that hangs is soon beyond. */
bool patience_waits(void);

/* Call attempt(path, argument), which reads a file, until it returns GT_OK. A failure for a reason outside
 * the file's content (a file server that does not answer, no memory, no process) is tried again for as
 * long as above. *damaged: it failed in the same way twice although all bytes can be read, or it is not a
 * regular file. GT_FAILED without *damaged: the file cannot be read now, and may be whole. Not collective. */
Status patience_read(Status (*attempt)(const char *, void *), const char *path, void *argument,
                     bool *damaged);

/* After a call of the system that failed: true, after a pause, where it is worth the same call again, because
 * the reason is one that may pass (errno: EINTR, EIO, ESTALE), five times over about 1.5 seconds. *tries is 0
 * before the first call. Keeps errno. */
bool patience_again(int *tries);
/* The same for what failed with a message that names the reason (EIO, ESTALE). */
bool patience_again_with(const char *message, int *tries);

#endif
