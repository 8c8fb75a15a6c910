#include "gantrain/nn/clip.h"

#include <math.h>

#include "gantrain/base/clones.h"

#define LANES 16 /* sums side by side, whatever the processor has: one order everywhere */

GT_CLONES static double sum_of_squares(const float *values, size_t n) {
  double lanes[LANES] = {0.0}, sum = 0.0;
  size_t whole = n / LANES * LANES;
  for (size_t i = 0; i < whole; i += LANES) {
    for (size_t lane = 0; lane < LANES; lane++) {
      lanes[lane] += (double)values[i + lane] * (double)values[i + lane]; /* the product is exact */
    }
  }
  for (size_t i = whole; i < n; i++) {
    lanes[i - whole] += (double)values[i] * (double)values[i];
  }
  for (size_t lane = 0; lane < LANES; lane++) {
    sum += lanes[lane];
  }
  return sum;
}

GT_CLONES static void scale(float *values, size_t n, float factor) {
  for (size_t i = 0; i < n; i++) {
    values[i] *= factor;
  }
}

double gradients_clip(float *grads, size_t n, double limit) {
  double norm = sqrt(sum_of_squares(grads, n));
  if (isfinite(norm) && norm > limit) {
    scale(grads, n, (float)(limit / norm));
  }
  return norm;
}
