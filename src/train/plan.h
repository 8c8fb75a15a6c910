/* Plan: what was decided for a run from what the user asked for and what its checkpoint records. It is made
 * once, before the first step, and const from then on. Files record the plan, and a resume goes on with it.
 */
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
  int64_t sampled_every; /* sample_every of the start that wrote the checkpoint to go on from */
  int keep;              /* how many of the newest checkpoints to keep; 0: all */
  int64_t kept_to;       /* checkpoints up to this step stay, since an earlier start kept them; -1: none */
  /* This start: */
  int64_t log_every;              /* steps; 0: the program chooses */
  double max_time, stall_timeout; /* seconds; 0: none */
  bool ignore_nan;
  char run_id[17]; /* the run's identity, the same in all of its files and after every resume */
  char changes[GT_ATTRIBUTE_TEXT_MAX]; /* of the recipe from this start on: "g-lr 0.0002 -> 0.0001"; "" where
                                          there are none */
  Options options;                     /* as decided; the next three are made of them */
  char line[PLAN_LINE_MAX];            /* the recipe's options as they would be typed */
  Attributes recipe;                   /* what every file of the run records */
  Attributes record; /* what a checkpoint records: the recipe, the course, and changes of the recipe */
} Plan;

/* The input of a plan. */
typedef struct Request {
  Options options;                     /* as given; in a resumed run options_adopt has set the others */
  char data[GT_ATTRIBUTE_TEXT_MAX];    /* as in Plan */
  char changes[GT_ATTRIBUTE_TEXT_MAX]; /* of the recipe from this start on, "" for none */
  int64_t step;                        /* of the checkpoint to go on from, -1 in a new run */
  char run_id[17];                     /* for a run that is new, or whose checkpoint has no identity */
  Attributes recorded;                 /* attributes of that checkpoint */
} Request;

/* Decides everything but what plan_record adds. `defaults` are the architecture's settings of Adam, for those
 * that nobody gave. GT_USAGE: a value that cannot be read. */
Status plan_make(Plan *plan, const Request *request, AdamSettings defaults, size_t steps_per_epoch);

/* Called after plan_make: sets what files record. `facts`, which describe the data and this program, become a
 * part of the recipe. */
void plan_record(Plan *plan, const Request *request, const Attributes *facts);

#endif
