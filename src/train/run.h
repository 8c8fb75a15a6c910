/* A training run: run_setup.c sets it up, and the loop of train.c works on it. */
#ifndef GANTRAIN_RUN_H
#define GANTRAIN_RUN_H

#include "appraisal.h"
#include "diagnosis.h"
#include "gantrain/train/exchange.h"
#include "gantrain/train/feed.h"
#include "plan.h"
#include "progress.h"
#include "recorder.h"

typedef struct Step Step; /* in train.c */

typedef struct Run {
  const World *world;
  const Plan *plan; /* owned */
  char out[GT_PATH_MAX];
  char checkpoints[GT_PATH_MAX];
  char resumed[GT_PATH_MAX];       /* the checkpoint that the run goes on from, "" for a new run */
  char other_bits[GT_MESSAGE_MAX]; /* why --exact may not give the same bits as before; "": it does */
  Feed feed;
  Gan gan;
  Exchange *exchange;
  Recorder *recorder; /* rank 0 only */
  Progress progress;
  Diagnosis diagnosis;
  Step *step; /* the current step */
  Appraisal appraisal;
  double memory; /* bytes that a rank needs at most, by the plan */
  int64_t end;   /* the last step: the plan's, or where --target was reached */
  bool nan_told;
  double started, deadline;  /* seconds of clock_now(); deadline 0: none */
  const char *deadline_name; /* the reason for the deadline */
  char failure_message[GT_MESSAGE_MAX];
  int lock;       /* rank 0: descriptor that locks the folder, -1 without */
  Status failure; /* rank 0: a failure of its files, on which the ranks have not agreed yet */
} Run;

/* Sets up everything for the first step: folder, checkpoint, data, networks, files. Collective; the same
 * outcome on all ranks. Free with run_free, also after a failure. */
Status run_create(Run *run, const World *world, const Options *options);
void run_free(Run *run);

#endif
