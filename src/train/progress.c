#include "progress.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gantrain/base/clock.h"
#include "gantrain/base/log.h"

/* Where rank 0's output goes: mpirun gives it a pseudo-terminal whatever its own output is, so its own output
 * is what counts. */
static int open_output(void) {
  char link[64];
  if (getenv("OMPI_COMM_WORLD_SIZE") == NULL) {
    return dup(STDOUT_FILENO);
  }
  snprintf(link, sizeof link, "/proc/%ld/fd/1", (long)getppid());
  return open(link, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

/* Columns of the terminal; 0: the output is none. */
static int terminal_columns(void) {
  struct winsize size = {0};
  if (!isatty(STDOUT_FILENO)) {
    return 0;
  }
  int fd = open_output();
  if (fd < 0) {
    return 0;
  }
  bool terminal = isatty(fd) != 0;
  bool known = terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  close(fd);
  return known ? size.ws_col : terminal ? 80 : 0;
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
  double now = clock_now();
  Mark start = {.step = first, .time = now};
  *progress = (Progress){.terminal = terminal_columns() > 0,
                         .total = total,
                         .first = first,
                         .steps_per_epoch = steps_per_epoch,
                         .every = every > 0 ? every : (steps_per_epoch + 9) / 10,
                         .started = now,
                         .drawn = now,
                         .line = start,
                         .rated = start};
  if (first < total) { /* 79 columns, as the rows */
    log_info("%7s %7s %7s %7s %6s %6s %8s %8s %7s %7s", "step", "epoch", "d_loss", "g_loss", "d_real",
             "d_fake", "accuracy", "images/s", "elapsed", "left");
  }
}

/* The time left if the rest goes as this start's steps went on average, checkpoints and all. */
static double seconds_left(const Progress *progress, int64_t step, double now) {
  return (now - progress->started) / (double)(step - progress->first) * (double)(progress->total - step);
}

/* Images a second since the mark, which moves here. */
static double rate_since(Mark *mark, int64_t step, double now, double batch) {
  double rate = (double)(step - mark->step) * batch / (now - mark->time + 1e-9);
  *mark = (Mark){.step = step, .time = now};
  return rate;
}

static int digits(int64_t number) {
  return snprintf(NULL, 0, "%lld", (long long)number);
}

/* One row of the terminal: numbers keep their places, the bar takes the room that is left. */
static void draw_bar(Progress *progress, int64_t step, const double *values, double now, double batch) {
  enum { WIDTH = 20, ROW_MAX = 160 };
  char bar[WIDTH + 3] = "", left[GT_TIME_MAX], row[2 * ROW_MAX], rest[ROW_MAX];
  int columns = terminal_columns(); /* it may have been resized */
  int64_t epochs = (progress->total + progress->steps_per_epoch - 1) / progress->steps_per_epoch;
  int64_t epoch = (step + progress->steps_per_epoch - 1) / progress->steps_per_epoch;
  if (now - progress->rated.time >= 1.0 || progress->rate <= 0.0) {
    progress->rate = rate_since(&progress->rated, step, now, batch);
  }
  int used = snprintf(rest, sizeof rest, " step %*lld  D %.3f  G %.3f %7.0f images/s  %s left",
                      digits(progress->total), (long long)step, values[METRIC_D_LOSS], values[METRIC_G_LOSS],
                      progress->rate, progress_format_time(left, seconds_left(progress, step, now)));
  int width = columns - 1 - used - (int)strlen("epoch / []") - 2 * digits(epochs);
  width = width < WIDTH ? width : WIDTH;
  if (width >= 4) {
    int filled = (int)((double)width * (double)step / (double)progress->total);
    bar[0] = '[';
    memset(bar + 1, ' ', (size_t)width);
    memset(bar + 1, '=', (size_t)filled);
    bar[1 + filled] = '>'; /* the last step has no bar: there is always room */
    bar[1 + width] = ']';
  }
  snprintf(row, sizeof row, "epoch %*lld/%lld %s%s", digits(epochs), (long long)epoch, (long long)epochs, bar,
           rest);
  printf("\r%.*s\033[K", columns > 1 ? columns - 1 : 0, row);
  fflush(stdout);
  progress->drawn = now;
}

static void print_line(Progress *progress, int64_t step, const double *values, double now, double batch) {
  char elapsed[GT_TIME_MAX], left[GT_TIME_MAX], accuracy[16] = "-";
  if (values[METRIC_D_ACCURACY] == values[METRIC_D_ACCURACY]) {
    snprintf(accuracy, sizeof accuracy, "%.4f", values[METRIC_D_ACCURACY]);
  }
  log_info("%7lld %7.2f %7.4f %7.4f %6.4f %6.4f %8s %8.0f %7s %7s", (long long)step, values[METRIC_EPOCH],
           values[METRIC_D_LOSS], values[METRIC_G_LOSS], values[METRIC_D_REAL], values[METRIC_D_FAKE],
           accuracy, rate_since(&progress->line, step, now, batch),
           progress_format_time(elapsed, now - progress->started),
           progress_format_time(left, seconds_left(progress, step, now)));
}

void progress_step(Progress *progress, int64_t step, const double values[METRICS_COUNT], double batch) {
  double now = clock_now();
  bool last = step == progress->total;
  if (last || step % progress->steps_per_epoch == 0 || (!progress->terminal && step % progress->every == 0)) {
    progress_end(progress);
    print_line(progress, step, values, now, batch);
  }
  if (progress->terminal && !last && now - progress->drawn >= 0.1) {
    draw_bar(progress, step, values, now, batch);
  }
}

void progress_end(Progress *progress) {
  if (progress->terminal) {
    printf("\r\033[K");
    fflush(stdout);
  }
}
