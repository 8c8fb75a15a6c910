/* The best checkpoints of a run by a figure of quality. A checkpoint of a step at which quality was measured
 * has the figures as attributes, quality_frechet_distance and so on; where the run keeps its best ones, also
 * best_by (the figure's name) and best_is ("lower" or "higher"). */
#ifndef GANTRAIN_BEST_H
#define GANTRAIN_BEST_H

#include <stdbool.h>
#include <stdint.h>

#include "gantrain/base/files.h"

#define BEST_PREFIX "quality_"
#define BEST_BY "best_by"
#define BEST_IS "best_is"
#define BEST_DEFAULT "frechet_distance" /* of runs that keep no best ones; lower is better */

enum { BEST_MAX = 100, BEST_NAME_MAX = 32 };

typedef struct BestCheckpoint {
  int64_t step;
  double figure;
} BestCheckpoint;

typedef struct BestList {
  char name[BEST_NAME_MAX];      /* of the figure, without the prefix */
  bool higher;                   /* is better, else lower */
  int room, count;               /* room 0: nothing is kept */
  BestCheckpoint list[BEST_MAX]; /* the best first, of equal ones the earlier */
} BestList;

/* Enter a checkpoint, which may drive out the last one. False: it is not among the best (NaN never is). */
bool best_add(BestList *best, int64_t step, double figure);

/* Is the checkpoint of that step in the list? */
bool best_has(const BestList *best, int64_t step);

/* Fill the list, whose name, direction and room are set, from the checkpoints in `dir`; damaged ones are
 * named with log_warn and passed over. GT_FAILED where one cannot be read now. Not collective. */
Status best_read(BestList *best, const char *dir);

/* The same by what the newest of these checkpoints says is best, with as much room as there is. `name` is a
 * run's folder or its folder of checkpoints. */
Status best_look(BestList *best, const char *name);

/* The best checkpoint of a run. GT_USAGE where none has been measured. */
Status best_find(char path[GT_PATH_MAX], const char *name);

#endif
