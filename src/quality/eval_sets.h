/* The sets of images that eval compares. Private to src/quality. */
#ifndef GANTRAIN_EVAL_SETS_H
#define GANTRAIN_EVAL_SETS_H

#include "gantrain/quality/eval.h"
#include "source.h"

/* Which rows make up a set: rows of a source, or of a range of a part of the data. */
typedef struct Choice {
  Source *source; /* NULL: rows of the data */
  DatasetPart part;
  Range among; /* the rows are spread evenly over these, in runs */
  size_t rows;
  uint64_t seed;
  bool find_nearest;
  bool asks; /* for classes: of the source's condition, or the labels of the data */
} Choice;

/* What a set will take on this rank, before anything of it is touched: its numbers with what distances make
 * of them, and its images. */
void set_add_needs(MemoryNeed needs[2], const World *world, const Judge *judge, Shape image,
                   const Choice *choice);

/* Fill the set. Collective; the same outcome on all ranks. */
Status set_measure(EvalSet *set, const World *world, Judge *judge, Images *data, const Choice *choice);
void set_free(EvalSet *set);

#endif
