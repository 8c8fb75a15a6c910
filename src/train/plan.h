/* Plan: what was decided for a run, of what was asked for and what its checkpoint says: made once, before the
 * first step, and const from then on. What files record and a resume takes up is the plan. */
#ifndef GANTRAIN_PLAN_H
#define GANTRAIN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/attributes.h"
#include "gantrain/base/files.h"
#include "gantrain/nn/adam.h"
#include "gantrain/nn/schedule.h"
#include "gantrain/options/options.h"

#define PLAN_LINE_MAX 2048

typedef struct Plan {
  /* What decides the result: */
  char data[GT_ATTRIBUTE_TEXT_MAX]; /* as in --data; "" is the embedded part */
  char arch[GT_ATTRIBUTE_TEXT_MAX];
  size_t batch, shards;
  uint64_t seed;
  AdamSettings adam[2]; /* by player */
  Schedule schedule;
  double average;
  bool exact;
  size_t samples; /* images a sample */
  /* The course, in steps: */
  int64_t total, checkpoint_every, sample_every;
  int64_t sampled_every; /* of the start that wrote the checkpoint which this one goes on from */
  int keep;              /* checkpoints, the newest; 0: all */
  int64_t kept_to;       /* but those to this step, which an earlier start was asked to keep; -1: none */
  /* This start: */
  int64_t log_every;              /* steps; 0: the program chooses */
  double max_time, stall_timeout; /* seconds; 0: none */
  bool ignore_nan;
  char run_id[17]; /* the run's identity, which all of its files have, however often it goes on */
  char changes[GT_ATTRIBUTE_TEXT_MAX]; /* of the recipe from this start on: "g-lr 0.0002 -> 0.0001", "" for
                                          none */
  Options options;                     /* as decided, which the next three are made of */
  char line[PLAN_LINE_MAX];            /* the recipe's options as they would be typed */
  Attributes recipe;                   /* what every file of the run records */
  Attributes record; /* what a checkpoint does: the recipe, the course, and changes of the recipe */
} Plan;

/* What a plan is made of. */
typedef struct Request {
  Options options;                     /* as given, filled up by options_adopt in a run that goes on */
  char data[GT_ATTRIBUTE_TEXT_MAX];    /* as in Plan */
  char changes[GT_ATTRIBUTE_TEXT_MAX]; /* of the recipe from this start on, "" for none */
  int64_t step;                        /* of the checkpoint to go on from, -1 in a new run */
  char run_id[17];                     /* of a run that is new, or has none yet */
  Attributes recorded;                 /* by that checkpoint */
} Request;

/* `defaults` are the architecture's, for what of Adam's settings nobody gave. GT_USAGE: a value that cannot
 * be read. */
Status plan_make(Plan *plan, const Request *request, AdamSettings defaults, size_t steps_per_epoch);

/* After it: what files record. `facts` (what the data and this program are) become a part of the recipe. */
void plan_record(Plan *plan, const Request *request, const Attributes *facts);

#endif
