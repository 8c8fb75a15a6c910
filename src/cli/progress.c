#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gantrain/log.h"
#include "stop.h"

/* mpirun gives rank 0 a pseudo-terminal whatever its own output is, so its own output is what counts. */
static bool output_is_terminal(void) {
  if (!isatty(STDOUT_FILENO)) {
    return false;
  }
  if (getenv("OMPI_COMM_WORLD_SIZE") == NULL) {
    return true;
  }
  char link[64], target[256];
  snprintf(link, sizeof link, "/proc/%ld/fd/1", (long)getppid());
  ssize_t length = readlink(link, target, sizeof target - 1);
  if (length < 0) {
    return false;
  }
  target[length] = '\0';
  return strncmp(target, "/dev/pts/", 9) == 0 || strncmp(target, "/dev/tty", 8) == 0;
}

char *progress_format_time(char out[GT_TIME_MAX], double seconds) {
  long s = seconds < 0.0 ? 0 : seconds > 3.6e8 ? 359999999 : (long)(seconds + 0.5);
  if (s >= 3600) {
    snprintf(out, GT_TIME_MAX, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  } else {
    snprintf(out, GT_TIME_MAX, "%ld:%02ld", s / 60, s % 60);
  }
  return out;
}

void progress_begin(Progress *progress, int64_t total, int64_t first, int64_t steps_per_epoch,
                    int64_t every) {
  *progress = (Progress){.terminal = output_is_terminal(),
                         .total = total,
                         .first = first,
                         .steps_per_epoch = steps_per_epoch,
                         .every = every > 0 ? every : (steps_per_epoch + 9) / 10,
                         .started = stop_now(),
                         .drawn_step = first};
  progress->drawn = progress->started;
  if (!progress->terminal) {
    log_info("%10s %8s %9s %9s %7s %7s %9s %11s %9s %9s", "step", "epoch", "d_loss", "g_loss", "d_real",
             "d_fake", "accuracy", "images/s", "elapsed", "left");
  }
}

/* The time left if the rest goes as this start's steps went on average, checkpoints and all. */
static double seconds_left(const Progress *progress, int64_t step, double now) {
  return (now - progress->started) / (double)(step - progress->first) * (double)(progress->total - step);
}

static void draw_bar(Progress *progress, int64_t step, const double *values, double rate, double now) {
  enum { WIDTH = 20 };
  char bar[WIDTH + 1], left[GT_TIME_MAX];
  int filled = (int)((double)WIDTH * (double)step / (double)progress->total);
  for (int i = 0; i < WIDTH; i++) {
    bar[i] = i < filled ? '=' : i == filled ? '>' : ' ';
  }
  bar[WIDTH] = '\0';
  int64_t epochs = (progress->total + progress->steps_per_epoch - 1) / progress->steps_per_epoch;
  int64_t epoch = (step + progress->steps_per_epoch - 1) / progress->steps_per_epoch;
  printf("\repoch %lld/%lld [%s] step %lld  D %.3f G %.3f  %.0f images/s  %s left \033[K", (long long)epoch,
         (long long)epochs, bar, (long long)step, values[METRIC_D_LOSS], values[METRIC_G_LOSS], rate,
         progress_format_time(left, seconds_left(progress, step, now)));
  fflush(stdout);
}

static void print_line(Progress *progress, int64_t step, const double *values, double rate, double now) {
  char elapsed[GT_TIME_MAX], left[GT_TIME_MAX], accuracy[16] = "-";
  if (values[METRIC_D_ACCURACY] == values[METRIC_D_ACCURACY]) {
    snprintf(accuracy, sizeof accuracy, "%.4f", values[METRIC_D_ACCURACY]);
  }
  log_info("%10lld %8.2f %9.5f %9.5f %7.4f %7.4f %9s %11.0f %9s %9s", (long long)step, values[METRIC_EPOCH],
           values[METRIC_D_LOSS], values[METRIC_G_LOSS], values[METRIC_D_REAL], values[METRIC_D_FAKE],
           accuracy, rate, progress_format_time(elapsed, now - progress->started),
           progress_format_time(left, seconds_left(progress, step, now)));
}

void progress_step(Progress *progress, int64_t step, const double values[METRICS_COUNT], double batch) {
  double now = stop_now();
  bool last = step == progress->total;
  bool due = progress->terminal ? now - progress->drawn >= 0.1
                                : step % progress->every == 0 || step % progress->steps_per_epoch == 0;
  if (!due && !last) {
    return;
  }
  double rate = (double)(step - progress->drawn_step) * batch / (now - progress->drawn + 1e-9);
  if (progress->terminal) {
    draw_bar(progress, step, values, rate, now);
  } else {
    print_line(progress, step, values, rate, now);
  }
  progress->drawn = now;
  progress->drawn_step = step;
}

void progress_end(Progress *progress) {
  if (progress->terminal) {
    printf("\n");
    fflush(stdout);
  }
}
