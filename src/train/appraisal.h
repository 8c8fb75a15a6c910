/* Appraisal: how good the generator is, every --eval-every steps, and whether that is what --target asks for.
 */
#ifndef GANTRAIN_APPRAISAL_H
#define GANTRAIN_APPRAISAL_H

#include "gantrain/gan/gan.h"
#include "gantrain/options/options.h"
#include "gantrain/quality/monitor.h"

typedef struct Appraisal {
  int64_t every;            /* steps; 0: never */
  const char *judge, *text; /* of --judge and --target, NULL where not given */
  Monitor *monitor;
  Figure target; /* FIGURES_COUNT: none */
  bool above;    /* reached above `bound`, else below */
  double bound;
} Appraisal;

/* From the options, before anything else is done. Not collective; the same on all ranks. */
Status appraisal_read(Appraisal *appraisal, const Options *options);

/* Measure the references, where --eval-every is given. `data` as in monitor_create. Collective; the same
 * outcome on all ranks. */
Status appraisal_begin(Appraisal *appraisal, const World *world, const char *data);
void appraisal_free(Appraisal *appraisal);

/* Is there something to measure at this step? */
static inline bool appraisal_due(const Appraisal *appraisal, int64_t step) {
  return appraisal->every > 0 && step % appraisal->every == 0;
}

/* figures[FIGURES_COUNT] of the gan, whose last step is finished; all NaN where nothing is due. *reached:
 * --target is. Changes nothing in the gan. Collective. */
Status appraisal_measure(const Appraisal *appraisal, double *figures, bool *reached, const Gan *gan);

#endif
