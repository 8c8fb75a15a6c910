/* Importers: other files to the dataset layout. Serial: call on one rank. */
#ifndef GANTRAIN_IMPORT_H
#define GANTRAIN_IMPORT_H

#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/status.h"

/* The IDX files of MNIST and its kin in directory `dir` or folders in it, plain or .gz, to `out`: names as in
 * idx.h of src/io, such as train-images-idx3-ubyte and emnist-letters-test-labels-idx1-ubyte.gz; labels and
 * test files may be missing. The last `validation` training rows become the validation part. Magic, sizes and
 * labels are checked against the file's length before memory is taken. */
Status import_idx(const char *dir, const char *out, size_t validation);

/* As import_idx, but only `train`, `validation` and `test` rows, taken evenly from the ten classes in file
 * order: how data/mnist-small.h5 is made. */
Status import_idx_small(const char *dir, const char *out, size_t train, size_t validation, size_t test);

typedef struct StackedPlan {
  size_t rows[3]; /* training, validation, test */
  uint64_t seed;
} StackedPlan;

/* Stacked MNIST (Metz et al. 2017, as in Lin et al., PacGAN, 2018): every image is three images of one
 * channel of the data set `source` (DATASET_DEFAULT, say), drawn with replacement from the same part, as red,
 * green and blue. The label is 100 r + 10 g + b, 0 to 999, of the classes 0 to 9 of the three. */
Status import_stacked(const char *source, const char *out, const StackedPlan *plan);

#endif
