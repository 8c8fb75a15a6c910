/* What a person sees of a run: lines of fixed columns, on a terminal one an epoch with a bar below them, at
 * intervals elsewhere. Rank 0 only. */
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
  int64_t total, first, steps_per_epoch, every; /* steps; a line each `every` */
  double started, drawn;                        /* seconds of clock_now() */
  Mark line, rated;                             /* the last line; where `rate` was measured */
  int lines_to_header;
  double rate;      /* images a second, shown beside the bar */
  double fd, floor; /* the newest Frechet distance, NaN before the first; its floor, NaN: none is measured */
} Progress;

/* Steps, and what is measured beside them. */
typedef struct Course {
  int64_t total, first; /* `first` of `total` are done already */
  int64_t steps_per_epoch;
  int64_t every; /* a line each `every`; 0: about ten an epoch */
  double floor;  /* as in Progress */
} Course;

void progress_begin(Progress *progress, const Course *course);

/* After each step. */
void progress_step(Progress *progress, int64_t step, const double values[METRICS_COUNT], double batch);

/* Columns of the terminal that the output goes to; 0: it goes to none. */
int progress_columns(void);

/* Before anything else is printed: takes the bar away. */
void progress_end(Progress *progress);

#define GT_TIME_MAX 32
/* "1:02:03", into out. */
char *progress_format_time(char out[GT_TIME_MAX], double seconds);

#endif
