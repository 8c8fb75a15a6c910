/* A wall clock that is set every 50 ms, for LD_PRELOAD: to the right time, ten years ahead, a day back, an
 * hour ahead, ten years back. The monotonic clock is the machine's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define YEARS (10 * 365 * 86400L)

typedef int Gettime(clockid_t clock, struct timespec *now);

static Gettime *next_gettime(void) {
  static Gettime *next;
  if (next == NULL) {
    next = (Gettime *)dlsym(RTLD_NEXT, "clock_gettime");
  }
  if (next == NULL) {
    abort();
  }
  return next;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  static const long jumps[] = {0, YEARS, -86400L, 3600L, -YEARS};
  int outcome = next_gettime()(clock, now);
  if (outcome == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    struct timespec true_time;
    next_gettime()(CLOCK_MONOTONIC, &true_time);
    now->tv_sec += jumps[(true_time.tv_sec * 20 + true_time.tv_nsec / 50000000) % 5];
  }
  return outcome;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL) {
    *out = now.tv_sec;
  }
  return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  return 0;
}
