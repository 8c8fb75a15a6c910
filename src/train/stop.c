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

#define SAME_REQUEST 1000000000LL /* nanoseconds within which further signals count as the first one */
#define END_MAX 31622400.0        /* seconds; an end of the job more than a year away is not believed */

static volatile sig_atomic_t signal_seen, by_launcher;
static pid_t launcher;        /* process number of mpirun or its daemon; -1: there is none */
static atomic_llong first_ns; /* when the first signal came, by CLOCK_MONOTONIC; 0: none came. Lock-free, so a
                                 handler may use it */

static void write_message(const char *text) {
  if (log_rank() == 0 && write(STDERR_FILENO, text, strlen(text)) < 0) {
    return; /* whoever sent the signal cannot be told */
  }
}

/* The signal handler, which may run on any thread and calls async-signal-safe functions only. SIGPIPE never
 * counts as a second request, since every line that is written to a closed pipe raises it. */
static void handle_signal(int number, siginfo_t *info, void *context) {
  struct timespec now;
  long long first = 0;
  int before = errno;
  (void)context;
  clock_gettime(CLOCK_MONOTONIC, &now);
  long long now_ns = now.tv_sec * 1000000000LL + now.tv_nsec;
  if (atomic_compare_exchange_strong(&first_ns, &first, now_ns)) {
    signal_seen = number;
    by_launcher = number == SIGTERM && info->si_code == SI_USER && info->si_pid == launcher;
    write_message("gantrain: asked to stop: saving after this step; a second time leaves at once\n");
  } else if (number != SIGPIPE && now_ns - first >= SAME_REQUEST) {
    write_message("gantrain: a second signal: leaving at once\n");
    _exit(GT_MORE_WORK);
  }
  errno = before;
}

void stop_watch_signals(void) {
  static const int watched[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP, SIGPIPE};
  struct sigaction action, now;
  launcher = getenv("OMPI_COMM_WORLD_SIZE") != NULL ? getppid() : -1;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle_signal;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
    /* Where nohup, or a shell that starts a background job, had these ignored, they stay ignored. */
    bool may_stay = watched[i] == SIGHUP || watched[i] == SIGINT;
    bool ignored = may_stay && sigaction(watched[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN;
    if (!ignored) {
      sigaction(watched[i], &action, NULL);
    }
  }
  signal(SIGXFSZ, SIG_IGN); /* a file beyond the limit is an error to report, like a full disk */
}

int stop_signal(void) {
  return signal_seen;
}

const char *stop_signal_name(void) {
  switch (signal_seen) {
    case SIGHUP:
      return "the terminal went away";
    case SIGPIPE:
      return "nobody reads the output any more";
    default:
      /* Open MPI's mpirun turns Ctrl-C, and its own end, into SIGTERM. */
      return by_launcher ? "Interrupt or end of mpirun" : strsignal(signal_seen);
  }
}

double stop_job_end(void) {
  const char *text = getenv("SLURM_JOB_END_TIME"); /* seconds since 1970 */
  char *rest;
  if (text == NULL) {
    return 0.0;
  }
  double left = (double)strtoll(text, &rest, 10) - (double)time(NULL);
  /* An end in the past belongs to a job whose time was extended, or to another job. */
  return rest == text || *rest != '\0' || left <= 0.0 || left > END_MAX ? 0.0 : clock_now() + left;
}
