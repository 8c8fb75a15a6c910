/* What the golden test and the program that dumps its inputs must agree on. */
#ifndef GANTRAIN_TESTS_GOLDEN_H
#define GANTRAIN_TESTS_GOLDEN_H

#include <stdlib.h>

#include "gantrain/dataset.h"
#include "gantrain/kernels.h"

enum { GOLDEN_STEPS = 20, GOLDEN_ROWS = 32 };

typedef struct GoldenImages {
  Shape shape;
  uint8_t *pixels; /* (GOLDEN_STEPS * GOLDEN_ROWS, shape): the first training rows of the embedded MNIST */
} GoldenImages;

static inline Status golden_images_read(GoldenImages *images) {
  Dataset *dataset;
  DatasetInfo info;
  size_t rows = (size_t)GOLDEN_STEPS * GOLDEN_ROWS;
  GT_TRY(dataset_open(&dataset, NULL, &info));
  images->shape = info.image;
  images->pixels = malloc(rows * shape_count(info.image));
  Status status = images->pixels == NULL || info.rows[DATASET_TRAIN] < rows
                      ? status_set(GT_FAILED, "the embedded data set is smaller than %zu rows", rows)
                      : dataset_read(dataset, DATASET_TRAIN, 0, rows, images->pixels);
  dataset_close(dataset);
  return status;
}

static inline void golden_images_free(GoldenImages *images) {
  free(images->pixels);
}

/* Step s trains on rows [32 s, 32 s + 32), in file order, scaled to [-1, 1]. */
static inline void golden_images_batch(float *real, const GoldenImages *images, uint32_t step) {
  uint32_t rows[GOLDEN_ROWS];
  for (uint32_t r = 0; r < GOLDEN_ROWS; r++) {
    rows[r] = step * GOLDEN_ROWS + r;
  }
  pixels_gather_u8(real, images->pixels, rows, 2.0F / 255.0F, -1.0F, GOLDEN_ROWS, shape_count(images->shape));
}

#endif
