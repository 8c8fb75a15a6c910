#include "gantrain/train/stop.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gantrain/base/clock.h"
#include "gantrain/base/log.h"
#include "gantrain/base/status.h"

#define SAME_REQUEST 1000000000LL /* nanoseconds in which more signals are the first one again */
#define END_MAX 31622400.0        /* seconds: an end beyond a year is none */

static volatile sig_atomic_t signal_seen;
static atomic_llong first_came; /* nanoseconds; 0: none came. Lock-free, so a handler may use it */

/* The handler, on whatever thread: only what is async-signal-safe. */
static void note(int number) {
  static const char goodbye[] = "gantrain: a second signal: leaving at once\n";
  struct timespec now;
  long long first = 0;
  int before = errno;
  clock_gettime(CLOCK_MONOTONIC, &now);
  long long came = now.tv_sec * 1000000000LL + now.tv_nsec;
  if (atomic_compare_exchange_strong(&first_came, &first, came)) {
    signal_seen = number;
  } else if (came - first >= SAME_REQUEST) {
    if (log_rank() == 0 && write(STDERR_FILENO, goodbye, sizeof goodbye - 1) < 0) {
      _exit(GT_MORE_WORK); /* nothing more to say */
    }
    _exit(GT_MORE_WORK);
  }
  errno = before;
}

void stop_watch_signals(void) {
  static const int watched[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
    sigaction(watched[i], &action, NULL);
  }
  signal(SIGXFSZ, SIG_IGN); /* a file beyond the limit is an error to report, like a full disk */
}

int stop_signal(void) {
  return signal_seen;
}

double stop_job_end(void) {
  const char *text = getenv("SLURM_JOB_END_TIME"); /* seconds since 1970 */
  char *rest;
  if (text == NULL) {
    return 0.0;
  }
  double left = (double)strtoll(text, &rest, 10) - (double)time(NULL);
  /* An end that is past is of a job whose time was extended, or of another one. */
  return rest == text || *rest != '\0' || left <= 0.0 || left > END_MAX ? 0.0 : clock_now() + left;
}
