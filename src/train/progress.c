#include "progress.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gantrain/base/clock.h"
#include "gantrain/base/log.h"

/* The output that a person reads. mpirun gives rank 0 a pseudo-terminal, whatever its own output is, so its
 * own output counts. */
static int open_output(void) {
  char link[64];
  if (getenv("OMPI_COMM_WORLD_SIZE") == NULL) {
    return dup(STDOUT_FILENO);
  }
  snprintf(link, sizeof link, "/proc/%ld/fd/1", (long)getppid());
  return open(link, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

/* The size of the terminal that the output goes to; 0 rows and columns where that is no terminal. */
static struct winsize terminal_size(void) {
  struct winsize none = {0}, size = {0};
  int fd = isatty(STDOUT_FILENO) ? open_output() : -1;
  if (fd < 0) {
    return none;
  }
  bool terminal = isatty(fd) != 0;
  bool known = terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
  close(fd);
  return known ? size : terminal ? (struct winsize){.ws_row = 24, .ws_col = 80} : none;
}

int progress_columns(void) {
  return terminal_size().ws_col;
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

void progress_begin(Progress *progress, const Course *course) {
  double now = clock_now();
  Mark start = {.step = course->first, .time = now};
  *progress = (Progress){.terminal = progress_columns() > 0,
                         .total = course->total,
                         .first = course->first,
                         .steps_per_epoch = course->steps_per_epoch,
                         .every = course->every > 0 ? course->every : (course->steps_per_epoch + 9) / 10,
                         .started = now,
                         .drawn = now,
                         .line = start,
                         .rated = start,
                         .fd = (double)NAN,
                         .floor = course->floor};
}

/* The time left if the remaining steps take as long as those of this start took on average, with their
 * checkpoints. */
static double seconds_left(const Progress *progress, int64_t step, double now) {
  return (now - progress->started) / (double)(step - progress->first) * (double)(progress->total - step);
}

/* Images per second since the mark, which is set to now. */
static double rate_since(Mark *mark, int64_t step, double now, double batch) {
  double rate = (double)(step - mark->step) * batch / (now - mark->time + 1e-9);
  *mark = (Mark){.step = step, .time = now};
  return rate;
}

static int digits(int64_t number) {
  return snprintf(NULL, 0, "%lld", (long long)number);
}

/* "  fd 12.3 (floor 2.7)"; "" where it is not measured. */
static void format_quality(char *out, size_t room, const Progress *progress) {
  out[0] = '\0';
  if (!isnan(progress->fd)) {
    snprintf(out, room, "  fd %.3g (floor %.2g)", progress->fd, progress->floor);
  }
}

/* One row of the terminal: numbers stand in fixed columns, and the bar takes the rest of the row. */
static void draw_bar(Progress *progress, int64_t step, const double *values, double now, double batch) {
  enum { WIDTH = 20, ROW_MAX = 160 };
  char bar[WIDTH + 3] = "", left[GT_TIME_MAX], row[2 * ROW_MAX], rest[ROW_MAX], quality[48];
  int columns = progress_columns(); /* the terminal may have been resized */
  int64_t epochs = (progress->total + progress->steps_per_epoch - 1) / progress->steps_per_epoch;
  int64_t epoch = (step + progress->steps_per_epoch - 1) / progress->steps_per_epoch;
  if (now - progress->rated.time >= 1.0 || progress->rate <= 0.0) {
    progress->rate = rate_since(&progress->rated, step, now, batch);
  }
  format_quality(quality, sizeof quality, progress);
  int used = snprintf(rest, sizeof rest, " step %*lld  D %.3f  G %.3f%s %7.0f images/s  %s left",
                      digits(progress->total), (long long)step, values[METRIC_D_LOSS], values[METRIC_G_LOSS],
                      quality, progress->rate, progress_format_time(left, seconds_left(progress, step, now)));
  int width = columns - 1 - used - (int)strlen("epoch / []") - 2 * digits(epochs);
  width = width < WIDTH ? width : WIDTH;
  if (width >= 4) {
    int filled = (int)((double)width * (double)step / (double)progress->total);
    bar[0] = '[';
    memset(bar + 1, ' ', (size_t)width);
    memset(bar + 1, '=', (size_t)filled);
    bar[1 + filled] = '>'; /* there is always room, since no bar is drawn for the last step */
    bar[1 + width] = ']';
  }
  snprintf(row, sizeof row, "epoch %*lld/%lld %s%s", digits(epochs), (long long)epoch, (long long)epochs, bar,
           rest);
  printf("\r%.*s\033[K", columns > 1 ? columns - 1 : 0, row);
  fflush(stdout);
  progress->drawn = now;
}

/* The columns of a line: header and width. A narrow terminal shows only those marked `narrow`. */
typedef struct Column {
  const char *name;
  int width;
  bool narrow;
} Column;

enum { COLUMNS = 11, COLUMN_FD = 7, LINES_BETWEEN_HEADERS = 40 };
static const Column columns[COLUMNS] = {
    {"step", 7, true},      {"epoch", 7, true},    {"d_loss", 7, true},    {"g_loss", 7, true},
    {"d_real", 6, true},    {"d_fake", 6, true},   {"accuracy", 8, false}, [COLUMN_FD] = {"fd", 7, false},
    {"images/s", 8, false}, {"elapsed", 7, false}, {"left", 7, true}};

/* Prints a line of cells: all of them into log.txt, on a narrow terminal those that fit. Without the column
 * fd where it is not measured. */
static void print_cells(char cells[COLUMNS][GT_TIME_MAX], bool measured) {
  char wide[COLUMNS * GT_TIME_MAX] = "", narrow[sizeof wide] = "";
  int room = progress_columns();
  for (int i = 0; i < COLUMNS; i++) {
    if (i == COLUMN_FD && !measured) {
      continue;
    }
    size_t used = strlen(wide), used_narrow = strlen(narrow);
    snprintf(wide + used, sizeof wide - used, "%s%*s", used > 0 ? " " : "", columns[i].width, cells[i]);
    if (columns[i].narrow) {
      snprintf(narrow + used_narrow, sizeof narrow - used_narrow, "%s%*s", used_narrow > 0 ? " " : "",
               columns[i].width, cells[i]);
    }
  }
  if (room > 0 && room < (int)strlen(wide)) {
    printf("%s\n", narrow);
    log_file("%s", wide);
  } else {
    log_info("%s", wide);
  }
}

/* The header is printed first, and again when it has scrolled off the screen. */
static void print_header_if_due(Progress *progress) {
  char cells[COLUMNS][GT_TIME_MAX];
  int rows = terminal_size().ws_row;
  if (progress->lines_to_header-- > 0) {
    return;
  }
  for (int i = 0; i < COLUMNS; i++) {
    snprintf(cells[i], sizeof cells[i], "%s", columns[i].name);
  }
  print_cells(cells, !isnan(progress->floor));
  progress->lines_to_header = (rows > 6 ? rows - 3 : rows > 0 ? 3 : LINES_BETWEEN_HEADERS) - 1;
}

static void print_line(Progress *progress, int64_t step, const double *values, double now, double batch) {
  char cells[COLUMNS][GT_TIME_MAX];
  double accuracy = values[METRIC_D_ACCURACY];
  const double numbers[] = {values[METRIC_EPOCH],  values[METRIC_D_LOSS], values[METRIC_G_LOSS],
                            values[METRIC_D_REAL], values[METRIC_D_FAKE], accuracy};
  print_header_if_due(progress);
  snprintf(cells[0], sizeof cells[0], "%lld", (long long)step);
  for (int i = 0; i < 6; i++) {
    snprintf(cells[1 + i], sizeof cells[0], i == 0 ? "%.2f" : "%.4f", numbers[i]);
  }
  if (isnan(accuracy)) { /* not measured at this step */
    strcpy(cells[6], "-");
  }
  snprintf(cells[COLUMN_FD], sizeof cells[0], isnan(progress->fd) ? "-" : "%.4g", progress->fd);
  snprintf(cells[8], sizeof cells[8], "%.0f", rate_since(&progress->line, step, now, batch));
  progress_format_time(cells[9], now - progress->started);
  progress_format_time(cells[10], seconds_left(progress, step, now));
  print_cells(cells, !isnan(progress->floor));
}

/* Quality has a line of its own, since it is measured seldom and matters most. */
static void print_quality(Progress *progress, int64_t step, const double *figures) {
  progress_end(progress);
  char coverage[32] = "";
  int room = progress_columns();
  progress->fd = figures[FIGURE_FRECHET];
  if (room == 0 || room > 72) {
    snprintf(coverage, sizeof coverage, "  coverage %.3f", figures[FIGURE_COVERAGE]);
  }
  log_info("%7lld  fd %.4g  precision %.3f  recall %.3f%s", (long long)step, figures[FIGURE_FRECHET],
           figures[FIGURE_PRECISION], figures[FIGURE_RECALL], coverage);
}

void progress_step(Progress *progress, int64_t step, const double values[METRICS_COUNT], double batch) {
  double now = clock_now();
  bool last = step == progress->total;
  if (!isnan(values[METRIC_QUALITY])) {
    print_quality(progress, step, values + METRIC_QUALITY);
  }
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
