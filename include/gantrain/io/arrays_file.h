/* A file of named arrays with attributes, for results. Not collective: rank 0. */
#ifndef GANTRAIN_ARRAYS_FILE_H
#define GANTRAIN_ARRAYS_FILE_H

#include <stddef.h>

#include "gantrain/base/attributes.h"
#include "gantrain/base/status.h"

typedef enum ArrayKind { ARRAY_FLOAT64, ARRAY_FLOAT32, ARRAY_INT64 } ArrayKind; /* in the file */

typedef struct NamedArray {
  const char *name; /* "samples_features" */
  const double *values;
  size_t shape[2];           /* shape[1] = 0: one dimension */
  const char *dimensions[2]; /* arrays that name the same dimension share its length */
  ArrayKind kind;
} NamedArray;

/* Write all arrays of a format ("gantrain-eval", version 1) with a dimension scale for every dimension. The
 * file appears under its name when it is complete. */
Status arrays_write(const char *path, const char *format, const Attributes *attributes,
                    const NamedArray *arrays, int count);

#endif
