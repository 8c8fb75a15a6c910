/* Appraisal: how good the generator is, every --eval-every steps, whether that is what --target asks for, and
 * which checkpoints --keep-best keeps. */
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
  bool above;    /* reached above `bound`, else below */
  double bound;
  Figure ranked; /* that --keep-best goes by */
  BestList best; /* the checkpoints that it keeps, the same on all ranks */
} Appraisal;

/* What a measurement leads to. */
typedef struct Verdict {
  bool reached; /* --target is */
  bool keep;    /* a checkpoint of this step is among the best */
} Verdict;

/* From the options, before anything else is done. Not collective; the same on all ranks. */
Status appraisal_read(Appraisal *appraisal, const Options *options);

/* Measure the references, where --eval-every is given, and see which checkpoints of the folder are the best
 * so far. `data` and `condition` as in monitor_create. Collective; the same outcome on all ranks. */
Status appraisal_begin(Appraisal *appraisal, const World *world, const char *data, const Condition *condition,
                       const char *checkpoints);
void appraisal_free(Appraisal *appraisal);

/* Is there something to measure at this step? */
static inline bool appraisal_due(const Appraisal *appraisal, int64_t step) {
  return appraisal->every > 0 && step % appraisal->every == 0;
}

/* The Frechet distance of training images; NaN where nothing is measured. */
double appraisal_floor(const Appraisal *appraisal);

/* figures[FIGURES_COUNT] of the gan, whose last step is finished; all NaN where nothing is due. Changes
 * nothing in the gan. A step that is to be kept is entered in `best`: a checkpoint must follow. Collective.
 */
Status appraisal_measure(Appraisal *appraisal, double *figures, Verdict *verdict, const Gan *gan);

#endif
