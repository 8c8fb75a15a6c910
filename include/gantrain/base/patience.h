/* Patience: what a disk does not take, or give, now is tried again for a while. */
#ifndef GANTRAIN_PATIENCE_H
#define GANTRAIN_PATIENCE_H

#include <stdbool.h>

#include "gantrain/base/status.h"

/* Call attempt(argument) until it is GT_OK, with growing pauses: for three minutes where a disk or quota is
 * full, which may pass, for ten seconds after other failures (a file server that blinks). Says so, once, and
 * when it went well after all. Returns the last failure. GT_PATIENCE: seconds at most, for tests. */
Status patience_try(Status (*attempt)(void *), void *argument);

/* Call attempt(path, argument), which reads a file, until it is GT_OK. What fails for a reason that says
 * nothing of the file's content (a server that blinks, no memory, no process) is tried again for as long as
 * above. *damaged: it failed in the same way twice although all bytes can be read, or it is no regular file.
 * GT_FAILED without it: the file cannot be read now, and may be whole. Not collective. */
Status patience_read(Status (*attempt)(const char *, void *), const char *path, void *argument,
                     bool *damaged);

#endif
