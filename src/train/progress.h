/* What a person sees of a run: lines of fixed columns. On a terminal there is one line per epoch, with a bar
 * below them; elsewhere there are lines at intervals. Rank 0 only. */
#ifndef GANTRAIN_PROGRESS_H
#define GANTRAIN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "recorder.h"

typedef struct Mark {
  int64_t step;
  double time; /* seconds of clock_now() */
} Mark;

typedef struct Progress {
  bool terminal;
  int64_t total, first, steps_per_epoch, every; /* in steps; a line comes every `every` */
  double started, drawn;                        /* seconds of clock_now() */
  Mark line, rated;                             /* when the last line was printed; when `rate` was measured */
  int lines_to_header;
  double rate; /* images per second, shown beside the bar */
  double fd,
      floor; /* the newest Frechet distance, NaN before the first; its floor, NaN where it is not measured */
} Progress;

/* The course of a run in steps, and the floor of its quality. */
typedef struct Course {
  int64_t total, first; /* `first` of `total` are done already */
  int64_t steps_per_epoch;
  int64_t every; /* steps between lines; 0: about ten lines per epoch */
  double floor;  /* as in Progress */
} Course;

void progress_begin(Progress *progress, const Course *course);

/* Called after each step with its row of metrics and the images that a step uses. */
void progress_step(Progress *progress, int64_t step, const double values[METRICS_COUNT], double batch);

/* Columns of the terminal that the output goes to; 0 where that is no terminal. */
int progress_columns(void);

/* Removes the bar; called before anything else is printed. */
void progress_end(Progress *progress);

#define GT_TIME_MAX 32
/* Writes seconds as "1:02:03" into out, which is returned. */
char *progress_format_time(char out[GT_TIME_MAX], double seconds);

#endif
