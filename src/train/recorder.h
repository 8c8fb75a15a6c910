/* Recorder: what rank 0 writes while the run goes on, in the background. The training thread pays for one
 * copy of the state; files are written by a worker. Not collective: rank 0 alone has one. */
#ifndef GANTRAIN_RECORDER_H
#define GANTRAIN_RECORDER_H

#include "gantrain/gan/gan.h"
#include "gantrain/io/checkpoint.h"
#include "gantrain/quality/eval.h"
#include "plan.h"

/* The series of metrics.h5, one value a step each; NaN where there is none. */
typedef enum Metric {
  METRIC_EPOCH,
  METRIC_D_LOSS, /* half the sum of the two below */
  METRIC_D_LOSS_REAL,
  METRIC_D_LOSS_FAKE,
  METRIC_G_LOSS,
  METRIC_D_REAL,     /* D's mean probability "real" on real images */
  METRIC_D_FAKE,     /* and on fakes */
  METRIC_D_ACCURACY, /* on the validation part and as many fakes; at an epoch's end */
  METRIC_IMAGES_PER_S,
  METRIC_G_LR, /* learning rates in use */
  METRIC_D_LR,
  METRIC_D_SLOPE_REAL,    /* mean squared norm of the gradient of D's logit by the image, where a penalty is
                             there: */
  METRIC_D_SLOPE_FAKE,    /* on real images, on fakes, */
  METRIC_D_SLOPE_BETWEEN, /* and between them */
  METRIC_QUALITY,         /* the figures of eval in their order; at the steps of --eval-every */
  METRICS_COUNT = METRIC_QUALITY + FIGURES_COUNT
} Metric;

/* What they are called. Static storage. */
const char *const *metric_series(void);

typedef struct Recorder Recorder;

/* Bytes that it will take at most, while memory is measured (memory_measure_begin). The gan is that of
 * gan_allocate. GT_FAILED: memory. */
Status recorder_measure(size_t *bytes, const Gan *gan, const Plan *plan);

/* What is drawn at a save. */
typedef enum SampleKind {
  SAMPLE_NONE,
  SAMPLE_PICTURE, /* samples.png only, to be seen early */
  SAMPLE_KEPT     /* also a time of samples.h5 */
} SampleKind;

/* For the run directory `out`, which exists. The gan and the plan are read at every save. GT_FAILED:
 * memory, thread. */
Status recorder_create(Recorder **recorder, const Gan *gan, const char *out, const Plan *plan);

/* One row of metrics; kept in memory until the next save, or until the buffer is full. Returns an earlier
 * failure. */
Status recorder_row(Recorder *recorder, int64_t step, const double values[METRICS_COUNT]);

/* Copy the state (which must be whole) and write metrics, and a checkpoint and a sample as wanted, in the
 * background. A checkpoint gets what was measured at its step; those in `best` are kept. Waits for the save
 * before it; returns that one's failure, which can only be that of a checkpoint: metrics and samples that
 * cannot be written wait (backlog.h). */
Status recorder_save(Recorder *recorder, const CheckpointInfo *info, bool checkpoint, SampleKind sample,
                     const BestList *best);

/* Wait until the checkpoints are on the disk; returns the last failure. */
Status recorder_drain(Recorder *recorder);

/* After recorder_drain, at the end: a last attempt with metrics and samples that could not be written so far;
 * GT_FAILED with the reason where it is in vain. */
Status recorder_finish(Recorder *recorder);

void recorder_free(Recorder *recorder); /* NULL is allowed */

#endif
