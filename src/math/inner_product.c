#include "gantrain/math/inner_product.h"

#include "gantrain/base/clones.h"

#define LANES 16 /* sums side by side, whatever the processor has: one order everywhere */

/* The products of floats are exact in double. */
GT_CLONES double inner_product(const float *a, const float *b, size_t n) {
  double lanes[LANES] = {0.0}, sum = 0.0;
  size_t whole = n / LANES * LANES;
  for (size_t i = 0; i < whole; i += LANES) {
    for (size_t lane = 0; lane < LANES; lane++) {
      lanes[lane] += (double)a[i + lane] * (double)b[i + lane];
    }
  }
  for (size_t i = whole; i < n; i++) {
    lanes[i - whole] += (double)a[i] * (double)b[i];
  }
  for (size_t lane = 0; lane < LANES; lane++) {
    sum += lanes[lane];
  }
  return sum;
}
