/* Patience: what a disk does not take now is tried again for a while. */
#ifndef GANTRAIN_PATIENCE_H
#define GANTRAIN_PATIENCE_H

#include "gantrain/base/status.h"

/* Call attempt(argument) until it is GT_OK, with growing pauses: for three minutes where a disk or quota is
 * full, which may pass, for ten seconds after other failures (a file server that blinks). Says so, once, and
 * when it went well after all. Returns the last failure. GT_PATIENCE: seconds at most, for tests. */
Status patience_try(Status (*attempt)(void *), void *argument);

#endif
