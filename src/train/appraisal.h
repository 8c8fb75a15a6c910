/* Appraisal: measures every --eval-every steps how good the generator is, sees whether --target is reached,
 * and decides which checkpoints --keep-best keeps. */
#ifndef GANTRAIN_APPRAISAL_H
#define GANTRAIN_APPRAISAL_H

#include "gantrain/gan/gan.h"
#include "gantrain/io/best.h"
#include "gantrain/options/options.h"
#include "gantrain/quality/monitor.h"

typedef struct Appraisal {
  int64_t every;            /* steps; 0: never */
  const char *judge, *text; /* of --judge and --target, NULL where not given */
  const char *keep;         /* of --keep-best, likewise */
  Monitor *monitor;
  Figure target; /* FIGURES_COUNT: none */
  bool above;    /* the target is a value above `bound`, else below it */
  double bound;
  Figure ranked; /* the metric of --keep-best */
  BestList best; /* the checkpoints that it keeps, the same on all ranks */
} Appraisal;

/* What follows from a measurement. */
typedef struct AppraisalResult {
  bool reached; /* the run has reached --target and ends */
  bool keep;    /* this step is among the best of --keep-best: a checkpoint must be written */
} AppraisalResult;

/* Reads the options, before anything is measured. GT_USAGE: they contradict each other, or have no such
 * metric. Not collective; the same outcome on all ranks. */
Status appraisal_read(Appraisal *appraisal, const Options *options);

/* Measure the references, where --eval-every is given, and see which checkpoints of the folder are the best
 * so far. `data` and `condition` as in monitor_create. Collective; the same outcome on all ranks. */
Status appraisal_begin(Appraisal *appraisal, const World *world, const char *data, const Condition *condition,
                       const char *checkpoints);
void appraisal_free(Appraisal *appraisal);

/* Is the generator measured at this step? */
static inline bool appraisal_due(const Appraisal *appraisal, int64_t step) {
  return appraisal->every > 0 && step % appraisal->every == 0;
}

/* The Frechet distance of training images, the floor of that of fakes; NaN where nothing is measured. */
double appraisal_floor(const Appraisal *appraisal);

/* figures[FIGURES_COUNT] of the gan, whose last step must be finished; all are NaN at a step that is not
 * measured. The gan is not changed. A step that is to be kept is entered in `best`, so that a checkpoint of
 * it must be written. Collective. */
Status appraisal_measure(Appraisal *appraisal, double *figures, AppraisalResult *result, const Gan *gan);

#endif
