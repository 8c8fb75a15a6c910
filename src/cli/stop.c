#include "stop.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

static volatile sig_atomic_t signal_seen;

static void note(int number) {
  if (signal_seen == 0) {
    signal_seen = number;
  }
}

void stop_watch_signals(void) {
  static const int watched[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
    sigaction(watched[i], &action, NULL);
  }
}

int stop_signal(void) {
  return signal_seen;
}

double stop_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
