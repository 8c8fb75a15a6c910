/* Reading one IDX file (the format of MNIST, http://yann.lecun.com/exdb/mnist), plain or .gz.
 * Internal to src/io. */
#ifndef GANTRAIN_IDX_H
#define GANTRAIN_IDX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/files.h"
#include "gantrain/base/shape.h"

/* Where the files of one part are; "" where there is none. */
typedef struct IdxNames {
  char images[GT_PATH_MAX], labels[GT_PATH_MAX];
  bool transposed; /* EMNIST, whose files hold columns where others hold rows */
} IdxNames;

/* The training (0) and test files (1) of folder `dir`, or of the folders in it; names may have dots for
 * dashes, a set's name before them ("emnist-letters-train-images-idx3-ubyte.gz") and "test" for "t10k".
 * DIR/SET names one of several sets. GT_FAILED where there are no training images, or several sets. */
Status idx_find(IdxNames names[2], const char *dir);

/* Images with their labels. Free with idx_free. */
typedef struct IdxPair {
  const IdxNames *names;
  size_t rows;
  Shape image;     /* C = 1 */
  uint8_t *images; /* [rows, H, W] */
  uint8_t *labels; /* [rows]; NULL: there are none */
} IdxPair;

/* Read the files, all checked; a pair without images has no rows. Labels are idx1-ubyte, idx1-int or
 * idx2-int, whose first column is the class. `names` must outlive the pair, which may be freed whatever the
 * outcome. */
Status idx_read_pair(IdxPair *pair, const IdxNames *names);
void idx_free(IdxPair *pair);

#endif
