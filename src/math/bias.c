#include <string.h>

#include "gantrain/base/clones.h"
#include "gantrain/math/kernels.h"

GT_CLONES void bias_forward(float *restrict y, const float *restrict bias, size_t N, size_t C) {
  for (size_t n = 0; n < N; n++) {
    for (size_t c = 0; c < C; c++) {
      y[n * C + c] += bias[c];
    }
  }
}

#define COLUMNS 64 /* summed side by side, so that dy is read row by row */

GT_CLONES void column_sums(double *restrict sums, const float *restrict x, size_t ldx, size_t N, size_t C) {
  for (size_t first = 0; first < C; first += COLUMNS) {
    size_t count = C - first < COLUMNS ? C - first : COLUMNS;
    double sum[COLUMNS] = {0};
    for (size_t n = 0; n < N; n++) {
      const float *row = x + n * ldx + first;
      for (size_t c = 0; c < count; c++) {
        sum[c] += (double)row[c];
      }
    }
    memcpy(sums + first, sum, count * sizeof *sums);
  }
}

void bias_backward(float *dbias, const float *dy, size_t N, size_t C) {
  double sums[COLUMNS];
  for (size_t first = 0; first < C; first += COLUMNS) {
    size_t count = C - first < COLUMNS ? C - first : COLUMNS;
    column_sums(sums, dy + first, C, N, count);
    for (size_t c = 0; c < count; c++) {
      dbias[first + c] += (float)sums[c];
    }
  }
}
