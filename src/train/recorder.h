/* Recorder: rank 0's files, written by a worker thread while the run goes on. The training thread only makes
 * a copy of the state. Not collective: only rank 0 has a recorder. */
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
  METRIC_D_REAL,     /* D's mean probability of "real" on real images */
  METRIC_D_FAKE,     /* and on fakes */
  METRIC_D_ACCURACY, /* on the validation part and as many fakes; at an epoch's end */
  METRIC_IMAGES_PER_S,
  METRIC_G_LR, /* learning rates in use */
  METRIC_D_LR,
  METRIC_D_SLOPE_REAL,    /* mean squared norm of the gradient of D's logit by the image, where there is a
                             penalty on real images */
  METRIC_D_SLOPE_FAKE,    /* the same on fakes */
  METRIC_D_SLOPE_BETWEEN, /* the same between real images and fakes */
  METRIC_QUALITY,         /* the figures of eval in their order; at the steps of --eval-every */
  METRICS_COUNT = METRIC_QUALITY + FIGURES_COUNT
} Metric;

/* The names of all METRICS_COUNT series, in static storage. */
const char *const *metric_series(void);

typedef struct Recorder Recorder;

/* *bytes = the memory that a recorder needs at most; called while memory is measured (memory_measure_begin),
 * with a gan from gan_allocate. GT_FAILED: memory. */
Status recorder_measure(size_t *bytes, const Gan *gan, const Plan *plan);

/* What a save draws. */
typedef enum SampleKind {
  SAMPLE_NONE,
  SAMPLE_PICTURE, /* samples.png only */
  SAMPLE_KEPT     /* samples.png and one more time of samples.h5 */
} SampleKind;

/* A recorder for the run directory `out`, which exists. It reads the gan and the plan at every save, so both
 * must stay alive. GT_FAILED: memory or a thread could not be had. */
Status recorder_create(Recorder **recorder, const Gan *gan, const char *out, const Plan *plan);

/* Adds a row of metrics, which stays in memory until the next save or until the buffer is full. Returns the
 * failure of an earlier save. */
Status recorder_add_row(Recorder *recorder, int64_t step, const double values[METRICS_COUNT]);

/* Copies the state, whose last step must be finished, and writes metrics, and if wanted a checkpoint and a
 * sample, in the background. A checkpoint records the figures of its step; checkpoints in `best` are kept.
 * First waits for the save before, and returns its failure. Only a checkpoint can fail: metrics and samples
 * that cannot be written are written later (backlog.h). */
Status recorder_save(Recorder *recorder, const CheckpointInfo *info, bool checkpoint, SampleKind sample,
                     const BestList *best);

/* Waits until all checkpoints are on the disk; returns the last failure. */
Status recorder_drain(Recorder *recorder);

/* The end of a run, after recorder_drain: writes metrics and samples that could not be written before.
 * GT_FAILED with the reason where that fails again. */
Status recorder_finish(Recorder *recorder);

void recorder_free(Recorder *recorder); /* NULL is allowed */

#endif
