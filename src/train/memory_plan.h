/* The memory that a run needs at most, found before any of it is taken. */
#ifndef GANTRAIN_MEMORY_PLAN_H
#define GANTRAIN_MEMORY_PLAN_H

#include "run.h"

/* The arguments of gan_create. */
typedef struct GanShape {
  Architecture architecture;
  Shape image;
  GanSettings settings;
  Share share;
} GanShape;

/* run->memory = the bytes that a rank needs at most, from libraries to the copy for a checkpoint. GT_FAILED,
 * with the bytes of each part and a cure, where the ranks of a machine together need more than is left of its
 * memory, of a control group's, or of a rank's limit of virtual memory. Called after feed_open, before
 * anything large is allocated. Collective; the same outcome on all ranks. */
Status memory_plan_check(Run *run, const GanShape *shape);

#endif
