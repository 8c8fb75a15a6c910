/* Where the images come from that eval judges: a checkpoint's generator or a stack in an HDF5 file. Internal
 * to src/quality. */
#ifndef GANTRAIN_SOURCE_H
#define GANTRAIN_SOURCE_H

#include "gantrain/gan/gan.h"
#include "gantrain/models/model.h"
#include "gantrain/quality/images.h"

enum { SOURCE_ROWS = 64 }; /* images of one pass, which its tape must hold */

typedef struct Source {
  Generator generator; /* without a network: `stack` */
  Model *model;        /* whose generator it is; NULL: somebody else's, or none */
  Tape tape;           /* of the generator */
  Images stack;
  char name[GT_PATH_MAX];           /* the checkpoint or the stack */
  int64_t step;                     /* of the checkpoint, -1 for a stack */
  char data[GT_ATTRIBUTE_TEXT_MAX]; /* what the checkpoint was trained on, "" if not known */
  size_t rows;                      /* as many as there are; SIZE_MAX for a generator */
  Shape image;
} Source;

/* Find out what `subject` is. Collective; the same outcome on all ranks. */
Status source_open(Source *source, const World *world, const char *subject);
void source_close(Source *source);

/* x (rows.count, image) = images rows.first, ... as the data set `like` would hold them: where those are
 * uint8, of 256 grey levels; a stack of floats without a value_range is in the units of theirs. Not
 * collective. */
Status source_read(Source *source, float *x, Range rows, const Images *like, uint64_t seed);

#endif
