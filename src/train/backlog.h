/* Backlog: rows of metrics and samples on their way to their files. What cannot be written is kept in memory
 * and written with what comes next; one warning says so, and training goes on. Not collective: only rank 0's
 * worker thread calls these functions. */
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
  SampleSet set;  /* shapes of every sample, and the inputs that its images are made of */
  size_t classes; /* image i of a sample is of class i modulo this number; 0: there are no classes */
  size_t rows_count, rows_room;
  int64_t *steps;
  double *values; /* (rows, series) */
  int waiting_count;
  BacklogSample waiting[BACKLOG_SAMPLES_MAX];
  uint8_t *newest; /* (n, image): of the newest sample, for the grid */
  bool picture_due;
  bool failing; /* the last attempt failed, and a warning has said so */
} Backlog;

/* The caller has set names, series, recipe, set and classes. `out` is the run's folder. */
Status backlog_create(Backlog *backlog, const char *out);
void backlog_free(Backlog *backlog);

/* Copy rows, or a sample, into the backlog. Where it is full, the oldest are dropped with a warning. */
void backlog_add_rows(Backlog *backlog, const int64_t *steps, const double *values, size_t rows);
void backlog_add_sample(Backlog *backlog, int64_t step, double epoch, const uint8_t *images);

/* The next write makes the picture samples.png of these images, with a row for each class where there are
 * images enough. They do not go into samples.h5. */
void backlog_set_picture(Backlog *backlog, const uint8_t *images);

/* Write everything in the backlog. The first of several failures gives a warning. */
void backlog_write(Backlog *backlog);

/* Write everything, with more attempts for a while (patience.h). GT_FAILED with the reason where something
 * could not be written. */
Status backlog_finish(Backlog *backlog);

#endif
