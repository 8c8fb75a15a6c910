#include "gantrain/comm/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "communicator.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/patience.h"

#define ABORT_SECONDS 30 /* seconds until the process ends itself where ending the job hangs */

/* The progress of a rank. */
typedef struct Report {
  int64_t notes, step;
  double quiet; /* seconds since its last note */
  bool heard;   /* the rank has answered */
  bool asks;    /* the sender wants an answer */
  bool alarmed; /* the sender has detected a stall itself */
  bool patient; /* it waits for a disk, which has its own end */
  char what[WATCHDOG_WHAT_MAX];
} Report;

static struct {
  _Atomic int64_t notes, step;
  const char *_Atomic what;
  bool running, ending;
  bool alarmed; /* used by the watchdog's thread only */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t end;
  MPI_Comm comm;
  int rank, size;
  double limit, tick; /* seconds */
  Report *reports;    /* of all ranks */
  Report answer;
} dog = {.lock = PTHREAD_MUTEX_INITIALIZER};

void watchdog_note(int64_t step, const char *what) {
  atomic_store_explicit(&dog.step, step, memory_order_relaxed);
  atomic_store_explicit(&dog.what, what, memory_order_relaxed);
  int64_t notes = atomic_load_explicit(&dog.notes, memory_order_relaxed);
  atomic_store_explicit(&dog.notes, notes + 1, memory_order_release);
}

void watchdog_waits(const char *what) {
  atomic_store_explicit(&dog.what, what, memory_order_relaxed);
}

static Report own_report(double quiet, bool asks) {
  Report report = {.notes = dog.notes,
                   .step = dog.step,
                   .quiet = quiet,
                   .heard = true,
                   .asks = asks,
                   .alarmed = dog.alarmed,
                   .patient = patience_waits()};
  const char *what = dog.what;
  snprintf(report.what, sizeof report.what, "%s", what == NULL ? "" : what);
  return report;
}

/* Send without waiting: the receiver may be dead. */
static void post(const Report *report, int rank) {
  MPI_Request request;
  MPI_Isend(report, (int)sizeof *report, MPI_BYTE, rank, 0, dog.comm, &request);
  MPI_Request_free(&request);
}

/* Receive all messages that have arrived, and answer the questions among them unless `quiet` < 0. */
static void receive_reports(double quiet) {
  int waiting = dog.size > 1;
  while (waiting) {
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, 0, dog.comm, &waiting, &status);
    if (waiting) {
      Report *report = &dog.reports[status.MPI_SOURCE];
      MPI_Recv(report, (int)sizeof *report, MPI_BYTE, status.MPI_SOURCE, 0, dog.comm, MPI_STATUS_IGNORE);
      if (report->asks && quiet >= 0.0) {
        dog.answer = own_report(quiet, false);
        post(&dog.answer, status.MPI_SOURCE);
      }
    }
  }
}

/* Sleep for a tick. True when the watchdog is to end. */
static bool sleep_tick(void) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  long nanoseconds = until.tv_nsec + (long)(dog.tick * 1e9);
  until.tv_sec += nanoseconds / 1000000000L;
  until.tv_nsec = nanoseconds % 1000000000L;
  pthread_mutex_lock(&dog.lock);
  while (!dog.ending && pthread_cond_timedwait(&dog.end, &dog.lock, &until) == 0) {
  }
  bool ending = dog.ending;
  pthread_mutex_unlock(&dog.lock);
  return ending;
}

static void append_rank(char *list, size_t room, int rank) {
  size_t used = strlen(list);
  if (used + 16 < room) {
    snprintf(list + used, room - used, "%s%d", used == 0 ? "" : ", ", rank);
  }
}

/* Report which rank holds up the others, and in what. */
static void explain(double quiet) {
  char silent[256] = "", behind[256] = "";
  const Report *own = &dog.reports[dog.rank];
  int64_t least = own->notes;
  int last = dog.rank;
  for (int r = 0; r < dog.size; r++) {
    const Report *report = &dog.reports[r];
    if (!report->heard) {
      append_rank(silent, sizeof silent, r);
    } else if (report->notes < least) {
      least = report->notes;
      last = r;
    }
  }
  bool even = true;
  for (int r = 0; r < dog.size; r++) {
    if (dog.reports[r].heard && dog.reports[r].notes == least) {
      append_rank(behind, sizeof behind, r);
    } else {
      even = false;
    }
  }
  if (silent[0] != '\0') {
    log_error(
        "stalled for %.0f s: rank %s of %d does not answer (stopped, dead or cut off); the others wait in "
        "step %lld, %s; the job ends: start again with --resume",
        quiet, silent, dog.size, (long long)own->step, own->what);
  } else if (even) {
    log_error("stalled for %.0f s: %s of %d is in step %lld, %s; the job ends: start again with --resume",
              quiet, dog.size > 1 ? "every rank" : "the only rank", dog.size, (long long)own->step,
              own->what);
  } else {
    log_error(
        "stalled for %.0f s: rank %s of %d is in step %lld, %s; the others wait for it in step %lld, %s; "
        "the "
        "job ends: start again with --resume",
        quiet, behind, dog.size, (long long)dog.reports[last].step, dog.reports[last].what,
        (long long)own->step, own->what);
  }
}

static bool anybody_is_patient(void) {
  for (int r = 0; r < dog.size; r++) {
    if (dog.reports[r].heard && dog.reports[r].patient) {
      return true;
    }
  }
  return false;
}

/* The training thread has made no note for too long: end the job. Returns where it makes one meanwhile. */
static void raise_alarm(double quiet) {
  int64_t before = dog.notes;
  dog.alarmed = true;
  for (int r = 0; r < dog.size; r++) {
    dog.reports[r] = (Report){0};
  }
  dog.reports[dog.rank] = own_report(quiet, true);
  for (int r = 0; r < dog.size; r++) {
    if (r != dog.rank) {
      post(&dog.reports[dog.rank], r);
    }
  }
  for (double waited = 0.0; waited < 1.0 + 3.0 * dog.tick; waited += dog.tick) {
    if (sleep_tick() || dog.notes != before) {
      dog.alarmed = false;
      return;
    }
    receive_reports(quiet);
  }
  if (anybody_is_patient()) {
    dog.alarmed = false;
    return;
  }
  bool reports = true; /* the lowest rank that detected the stall reports it */
  for (int r = 0; r < dog.rank; r++) {
    reports = reports && !(dog.reports[r].heard && dog.reports[r].alarmed);
  }
  alarm(ABORT_SECONDS); /* the process ends even where MPI hangs as well */
  if (!reports) {
    sleep(ABORT_SECONDS / 2); /* the reporting rank ends the job */
  }
  explain(quiet);
  MPI_Abort(MPI_COMM_WORLD, GT_FAILED);
}

static void *watch(void *unused) {
  int64_t seen = -1;
  double quiet = 0.0;
  (void)unused;
  while (!sleep_tick()) {
    int64_t notes = dog.notes;
    quiet = notes == seen && !patience_waits() ? quiet + dog.tick : 0.0;
    seen = notes;
    receive_reports(quiet);
    if (quiet >= dog.limit) {
      raise_alarm(quiet);
      quiet = 0.0;
    }
  }
  return NULL;
}

static Status start_thread(void) {
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&dog.end, &monotonic);
  pthread_condattr_destroy(&monotonic);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* signals go to the main thread */
  int error = pthread_create(&dog.thread, NULL, watch, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error == 0 ? GT_OK : status_set(GT_FAILED, "no thread for --stall-timeout (%s)", strerror(error));
}

Status watchdog_start(const World *world, double seconds) {
  int provided;
  MPI_Query_thread(&provided);
  if (provided < MPI_THREAD_MULTIPLE) {
    log_warn(
        "--stall-timeout: this MPI library allows no calls from a second thread, so a rank that hangs is not "
        "noticed");
    return GT_OK;
  }
  dog.rank = world->rank;
  dog.size = world->size;
  dog.limit = seconds;
  dog.tick = seconds / 4.0 < 1.0 ? seconds / 4.0 : 1.0;
  dog.ending = false;
  dog.reports = memory_alloc((size_t)world->size, sizeof *dog.reports);
  Status outcome = comm_agree(dog.reports == NULL ? GT_FAILED : GT_OK);
  if (outcome == GT_OK) {
    MPI_Comm_dup(comm_world, &dog.comm);
    outcome = start_thread();
    dog.running = outcome == GT_OK;
    outcome = comm_agree(outcome);
  }
  return outcome;
}

void watchdog_stop(void) {
  if (dog.running) {
    pthread_mutex_lock(&dog.lock);
    dog.ending = true;
    pthread_cond_signal(&dog.end);
    pthread_mutex_unlock(&dog.lock);
    pthread_join(dog.thread, NULL);
    pthread_cond_destroy(&dog.end);
    MPI_Comm_free(&dog.comm);
    dog.running = false;
  }
  memory_free(dog.reports);
  dog.reports = NULL;
}
