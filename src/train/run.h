/* A training run: what setting it up (run_setup.c) hands to the loop (train.c). */
#ifndef GANTRAIN_RUN_H
#define GANTRAIN_RUN_H

#include "appraisal.h"
#include "diagnosis.h"
#include "gantrain/train/exchange.h"
#include "gantrain/train/feed.h"
#include "plan.h"
#include "progress.h"
#include "recorder.h"

typedef struct Step Step; /* of the loop */

typedef struct Run {
  const World *world;
  const Plan *plan; /* owned */
  char out[GT_PATH_MAX];
  char checkpoints[GT_PATH_MAX];
  char resumed[GT_PATH_MAX];       /* the checkpoint it goes on from, "" for a new run */
  char other_bits[GT_MESSAGE_MAX]; /* why --exact may not give the bits of before; "": it does */
  Feed feed;
  Gan gan;
  Exchange *exchange;
  Recorder *recorder; /* rank 0 only */
  Progress progress;
  Diagnosis diagnosis;
  Step *step; /* the one under way */
  Appraisal appraisal;
  double memory; /* bytes that a rank takes at most, as planned */
  int64_t end;   /* the last step: the plan's, or where --target was reached */
  bool nan_told;
  double started, deadline;  /* seconds of clock_now(); deadline 0: none */
  const char *deadline_name; /* what ends then */
  char failure_message[GT_MESSAGE_MAX];
  int lock;       /* rank 0: descriptor that locks the folder, -1 without */
  Status failure; /* rank 0: a failure in the background, to be agreed on */
} Run;

/* Everything up to the first step: folder, checkpoint, data, networks, files. Collective; the same outcome on
 * all ranks. Free with run_free in any case. */
Status run_create(Run *run, const World *world, const Options *options);
void run_free(Run *run);

#endif
