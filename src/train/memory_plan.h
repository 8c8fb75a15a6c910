/* What a run will take at most, found out before any of it is touched. */
#ifndef GANTRAIN_MEMORY_PLAN_H
#define GANTRAIN_MEMORY_PLAN_H

#include "run.h"

/* What gan_create is given. */
typedef struct GanShape {
  Architecture architecture;
  Shape image;
  GanSettings settings;
  Share share;
} GanShape;

/* run->memory = what a rank will take at most, from libraries to the copy for a checkpoint. GT_FAILED, with
 * the figures by part and a cure, where the ranks of a machine together need more than it, its control groups
 * or a rank's limit of virtual memory have left. After feed_open, before anything large is taken. Collective;
 * the same outcome on all ranks. */
Status memory_plan_check(Run *run, const GanShape *shape);

#endif
