/* Reading one IDX file (the format of MNIST, http://yann.lecun.com/exdb/mnist), plain or .gz.
 * Internal to src/io. */
#ifndef GANTRAIN_IDX_H
#define GANTRAIN_IDX_H

#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/files.h"
#include "gantrain/base/shape.h"

/* Images with their labels. Free with idx_free. */
typedef struct IdxPair {
  char images_path[GT_PATH_MAX], labels_path[GT_PATH_MAX];
  size_t rows;
  Shape image;     /* C = 1 */
  uint8_t *images; /* [rows, H, W] */
  uint8_t *labels; /* [rows], 0..9 */
} IdxPair;

/* Read STEM-images-idx3-ubyte and STEM-labels-idx1-ubyte ("train", "t10k") of folder `dir`, all checked.
 * The pair may be freed whatever the outcome. */
Status idx_read_pair(IdxPair *pair, const char *dir, const char *stem);
void idx_free(IdxPair *pair);

#endif
