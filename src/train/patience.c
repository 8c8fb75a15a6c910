#include "patience.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gantrain/base/clock.h"
#include "gantrain/base/log.h"

#define FULL_SECONDS 180.0 /* less than the usual --stall-timeout */
#define OTHER_SECONDS 10.0
#define PAUSE_MOST 10.0

/* The reason is in the message, and nowhere else: HDF5, libpng and the C library each keep theirs. */
static double patience_with(const char *message) {
  bool full = strstr(message, strerror(ENOSPC)) != NULL || strstr(message, strerror(EDQUOT)) != NULL;
  double most = full ? FULL_SECONDS : OTHER_SECONDS;
  const char *limit = getenv("GT_PATIENCE");
  return limit != NULL && atof(limit) < most ? atof(limit) : most;
}

Status patience_try(Status (*attempt)(void *), void *argument) {
  double start = clock_now(), pause = 0.5;
  bool told = false;
  Status outcome = attempt(argument);
  while (outcome != GT_OK) {
    double left = start + patience_with(status_message()) - clock_now();
    if (left <= 0.0) {
      return outcome;
    }
    if (!told) {
      log_warn("%s; trying again for %.0f s", status_message(), left);
      told = true;
    }
    pause = pause < left ? pause : left;
    usleep((useconds_t)(pause * 1e6));
    pause = 2.0 * pause < PAUSE_MOST ? 2.0 * pause : PAUSE_MOST;
    outcome = attempt(argument);
  }
  if (told) {
    log_warn("it was written after all, %.1f s later", clock_now() - start);
  }
  return GT_OK;
}
