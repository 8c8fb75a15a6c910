#include "average.h"

#include <math.h>

#include "gantrain/base/clones.h"

GT_CLONES static void move(float *restrict average, const float *restrict params, size_t n, float part) {
  for (size_t i = 0; i < n; i++) {
    average[i] += part * (params[i] - average[i]);
  }
}

void average_step(float *average, const float *params, size_t n, int64_t step, size_t batch,
                  double half_life) {
  double images = (double)batch, ramp = 0.05 * (double)step * images;
  move(average, params, n, (float)(1.0 - pow(0.5, images / fmin(half_life, ramp))));
}
