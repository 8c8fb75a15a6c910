/* What a person sees of a run: a bar on a terminal, one line of fixed columns at intervals elsewhere. Rank 0
 * only. */
#ifndef GANTRAIN_CLI_PROGRESS_H
#define GANTRAIN_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "recorder.h"

typedef struct Progress {
  bool terminal;
  int64_t total, first, steps_per_epoch, every; /* steps; a line each `every` */
  double started, drawn;                        /* seconds of stop_now() */
  int64_t drawn_step;
} Progress;

/* `first` steps of `total` are done already; every = 0: about ten lines an epoch. */
void progress_begin(Progress *progress, int64_t total, int64_t first, int64_t steps_per_epoch, int64_t every);

/* After each step. */
void progress_step(Progress *progress, int64_t step, const double values[METRICS_COUNT], double batch);

/* Before anything else is printed: takes the bar away. */
void progress_end(Progress *progress);

#define GT_TIME_MAX 32
/* "1:02:03", into out. */
char *progress_format_time(char out[GT_TIME_MAX], double seconds);

#endif
