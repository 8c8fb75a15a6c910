/* Backlog: rows of metrics and samples on their way to their files. What a disk does not take is warned of
 * once, kept and tried again with what comes next; training goes on. Not collective: rank 0's worker. */
#ifndef GANTRAIN_BACKLOG_H
#define GANTRAIN_BACKLOG_H

#include <stdbool.h>

#include "gantrain/base/files.h"
#include "gantrain/io/outputs.h"

#define BACKLOG_ROWS_MAX ((size_t)1 << 20)
#define BACKLOG_SAMPLES_MAX 32

typedef struct BacklogSample {
  int64_t step;
  double epoch;
  uint8_t *images; /* (n, image), owned */
} BacklogSample;

typedef struct Backlog {
  char metrics[GT_PATH_MAX], samples[GT_PATH_MAX], grid[GT_PATH_MAX];
  const Attributes *recipe;
  const char *const *names; /* of the series */
  int series;
  SampleSet set;  /* what every sample has, and is made of */
  size_t classes; /* that its images come from in turn; 0: there are none */
  size_t rows_count, rows_room;
  int64_t *steps;
  double *values; /* (rows, series) */
  int waiting_count;
  BacklogSample waiting[BACKLOG_SAMPLES_MAX];
  uint8_t *newest; /* (n, image): of the newest sample, for the grid */
  bool grid_due;
  bool failing; /* the last attempt failed, and the user knows */
} Backlog;

/* The caller has set names, series, recipe, set and classes. `out` is the run's folder. */
Status backlog_create(Backlog *backlog, const char *out);
void backlog_free(Backlog *backlog);

/* Take copies. What no longer fits (the oldest) is dropped with a warning. */
void backlog_add_rows(Backlog *backlog, const int64_t *steps, const double *values, size_t rows);
void backlog_add_sample(Backlog *backlog, int64_t step, double epoch, const uint8_t *images);

/* The images become the picture samples.png, a row for each class where there are as many images, with the
 * next write; samples.h5 does not get them. */
void backlog_show(Backlog *backlog, const uint8_t *images);

/* Write what waits. A failure is warned of, the first time. */
void backlog_write(Backlog *backlog);

/* More attempts, for a while (patience.h); GT_FAILED with the reason where something still waits. */
Status backlog_finish(Backlog *backlog);

#endif
