/* Where the images that eval measures come from: a checkpoint's generator or a stack in an HDF5 file.
 * Private to src/quality. */
#ifndef GANTRAIN_SOURCE_H
#define GANTRAIN_SOURCE_H

#include "gantrain/gan/gan.h"
#include "gantrain/models/model.h"
#include "gantrain/quality/images.h"

enum { SOURCE_ROWS = 64 }; /* images per pass, which the tape must hold */

typedef struct Source {
  Generator generator; /* without a network where the images are in `stack` */
  Model *model;        /* the model of the generator; NULL: it belongs to someone else, or there is none */
  Tape tape;           /* of the generator */
  Images stack;
  char name[GT_PATH_MAX];           /* the checkpoint or the stack */
  int64_t step;                     /* of the checkpoint, -1 for a stack */
  char data[GT_ATTRIBUTE_TEXT_MAX]; /* what the checkpoint was trained on, "" if not known */
  size_t rows;                      /* of a stack; SIZE_MAX for a generator */
  Shape image;
} Source;

/* Find out what `subject` is and open it. Collective; the same outcome on all ranks. */
Status source_open(Source *source, const World *world, const char *subject);
void source_close(Source *source);

/* classes[rows.count] of images rows.first, ... of a generator with a condition; -1 without one. */
void source_classes(double *classes, const Source *source, Range rows, uint64_t seed);

/* x (rows.count, image) = images rows.first, ... as the data set `like` would store them: in 256 grey
 * levels where it is uint8. A stack of floats without a value_range is taken to be in its units. Not
 * collective. */
Status source_read(Source *source, float *x, Range rows, const Images *like, uint64_t seed);

#endif
