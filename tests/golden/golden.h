/* What the golden test and the program that dumps its inputs must agree on. */
#ifndef GANTRAIN_TESTS_GOLDEN_H
#define GANTRAIN_TESTS_GOLDEN_H

#include <stdlib.h>
#include <string.h>

#include "gantrain/io/dataset.h"
#include "gantrain/math/kernels.h"

enum { GOLDEN_ROWS_MAX = 32 };

/* How long an architecture is trained, on how many images a step, and on which part of them. */
typedef struct GoldenRun {
  uint32_t steps, rows;
  Shape crop; /* the middle of every image */
} GoldenRun;

/* Odd sizes all the way for dcgan; small ones, so that few units come near their kinks (see make_golden.py).
 */
static inline GoldenRun golden_run(const char *architecture) {
  return strcmp(architecture, "dcgan") == 0 ? (GoldenRun){10, 16, {15, 13, 1}}
                                            : (GoldenRun){20, GOLDEN_ROWS_MAX, {28, 28, 1}};
}

typedef struct GoldenImages {
  Shape shape;
  uint8_t *pixels; /* (steps * rows, shape): the first training rows of the embedded MNIST */
} GoldenImages;

/* The middle of n images, in place. */
static inline void golden_crop(uint8_t *pixels, Shape from, Shape to, size_t n) {
  size_t high = (size_t)from.h, wide = (size_t)from.w * (size_t)from.c, row = (size_t)to.w * (size_t)to.c;
  size_t top = (high - (size_t)to.h) / 2, left = (size_t)((from.w - to.w) / 2 * from.c);
  uint8_t *out = pixels;
  for (size_t i = 0; i < n; i++) {
    for (size_t h = 0; h < (size_t)to.h; h++, out += row) {
      memmove(out, pixels + (i * high + top + h) * wide + left, row);
    }
  }
}

static inline Status golden_images_read(GoldenImages *images, GoldenRun run) {
  Dataset *dataset;
  DatasetInfo info;
  size_t rows = (size_t)run.steps * run.rows;
  GT_TRY(dataset_open(&dataset, NULL, &info));
  images->shape = run.crop;
  images->pixels = malloc(rows * shape_count(info.image));
  Status status = images->pixels == NULL || info.rows[DATASET_TRAIN] < rows
                      ? status_set(GT_FAILED, "the embedded data set is smaller than %zu rows", rows)
                      : dataset_read(dataset, DATASET_TRAIN, 0, rows, images->pixels);
  dataset_close(dataset);
  if (status == GT_OK) {
    golden_crop(images->pixels, info.image, run.crop, rows);
  }
  return status;
}

static inline void golden_images_free(GoldenImages *images) {
  free(images->pixels);
}

/* Step s trains on the s-th `run.rows` rows, in file order, scaled to [-1, 1]. */
static inline void golden_images_batch(float *real, const GoldenImages *images, GoldenRun run,
                                       uint32_t step) {
  uint32_t rows[GOLDEN_ROWS_MAX];
  for (uint32_t r = 0; r < run.rows; r++) {
    rows[r] = step * run.rows + r;
  }
  pixels_gather_u8(real, images->pixels, rows, 2.0F / 255.0F, -1.0F, run.rows, shape_count(images->shape));
}

#endif
