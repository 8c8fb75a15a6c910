#include "gantrain/nn/clip.h"

#include <math.h>

#include "gantrain/base/clones.h"
#include "gantrain/math/inner_product.h"

GT_CLONES static void scale(float *values, size_t n, float factor) {
  for (size_t i = 0; i < n; i++) {
    values[i] *= factor;
  }
}

double gradients_clip(float *grads, size_t n, double limit) {
  double norm = sqrt(inner_product(grads, grads, n));
  if (isfinite(norm) && norm > limit) {
    scale(grads, n, (float)(limit / norm));
  }
  return norm;
}
