#include "gantrain/base/patience.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gantrain/base/clock.h"
#include "gantrain/base/files.h"
#include "gantrain/base/log.h"

#define FULL_SECONDS 180.0
#define OTHER_SECONDS 10.0
#define PAUSE_MOST 10.0
#define READ_PAUSE 0.05

/* The reason is known from the message only: HDF5, libpng and the C library each report it in their own
 * way. */
static double patience_with(const char *message) {
  bool full = strstr(message, strerror(ENOSPC)) != NULL || strstr(message, strerror(EDQUOT)) != NULL;
  double most = full ? FULL_SECONDS : OTHER_SECONDS;
  const char *limit = getenv("GT_PATIENCE");
  return limit != NULL && atof(limit) < most ? atof(limit) : most;
}

static atomic_llong waits_until; /* milliseconds of clock_now(); 0: nobody waits */

bool patience_waits(void) {
  return clock_now() * 1e3 < (double)atomic_load(&waits_until);
}

Status patience_try(Status (*attempt)(void *), void *argument) {
  double start = clock_now(), pause = 0.5;
  bool told = false;
  Status outcome = attempt(argument);
  while (outcome != GT_OK) {
    double left = start + patience_with(status_message()) - clock_now();
    if (left <= 0.0) {
      break;
    }
    atomic_store(&waits_until, (long long)((clock_now() + left) * 1e3));
    if (!told) {
      log_warn("%s; trying again for %.0f s", status_message(), left);
      told = true;
    }
    pause = pause < left ? pause : left;
    usleep((useconds_t)(pause * 1e6));
    pause = 2.0 * pause < PAUSE_MOST ? 2.0 * pause : PAUSE_MOST;
    outcome = attempt(argument);
  }
  atomic_store(&waits_until, 0);
  if (told && outcome == GT_OK) {
    log_warn("the file was written at a later attempt, after %.1f s", clock_now() - start);
  }
  return outcome;
}

/* Does the message name a reason outside the file's content? */
static bool is_passing(const char *message) {
  static const int reasons[] = {EIO,    ESTALE, EINTR,  EAGAIN,    ENOMEM,   EMFILE, ENFILE,
                                EACCES, EPERM,  ENODEV, ETIMEDOUT, ENOTCONN, EBUSY,  EREMOTEIO};
  static const char *const texts[] = {STATUS_NO_MEMORY, STATUS_NO_TRIAL};
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
    if (strstr(message, strerror(reasons[i])) != NULL) {
      return true;
    }
  }
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (strstr(message, texts[i]) != NULL) {
      return true;
    }
  }
  return false;
}

Status patience_read(Status (*attempt)(const char *, void *), const char *path, void *argument,
                     bool *damaged) {
  char before[GT_MESSAGE_MAX] = "", reason[GT_MESSAGE_MAX];
  double start = clock_now(), pause = READ_PAUSE;
  *damaged = false;
  Status outcome = attempt(path, argument);
  while (outcome != GT_OK) {
    snprintf(reason, sizeof reason, "%s", status_message());
    bool passing = is_passing(reason);
    if (!passing && strcmp(reason, before) == 0) {
      break;
    }
    double left = start + patience_with(reason) - clock_now();
    if (left <= 0.0 && (passing || before[0] != '\0')) {
      return outcome;
    }
    if (passing && before[0] == '\0') {
      log_warn("%s; trying again for %.0f s", reason, left);
    }
    memcpy(before, reason, sizeof before);
    usleep((useconds_t)(pause * 1e6));
    pause = 2.0 * pause < PAUSE_MOST ? 2.0 * pause : PAUSE_MOST;
    outcome = attempt(path, argument);
  }
  if (outcome == GT_OK) {
    return GT_OK;
  }
  bool no_file = file_check_regular(path) != GT_OK && !is_passing(status_message());
  *damaged = no_file || file_check_readable(path) == GT_OK;
  return *damaged ? status_set(outcome, "%s", reason) : outcome;
}
