/* Buffers cut out of one block, each on a cache-line border. */
#ifndef GANTRAIN_CARVE_H
#define GANTRAIN_CARVE_H

#include "gantrain/base/memory.h"

/* Floats from one buffer's beginning to the next one's, where it holds `count`. */
static inline size_t carve_stride(size_t count) {
  const size_t aligned = GT_ALIGNMENT / sizeof(float);
  return (count + aligned - 1) / aligned * aligned + GT_RED_ZONE / sizeof(float);
}

/* The next `count` floats of the block; while the block is NULL, only counts them. The gap behind them
 * must not be accessed. */
static inline float *carve(float *block, size_t *used, size_t count) {
  float *here = block == NULL ? NULL : block + *used;
  *used += carve_stride(count);
  if (here != NULL) {
    memory_poison(here + count, (carve_stride(count) - count) * sizeof *here);
  }
  return here;
}

#endif
