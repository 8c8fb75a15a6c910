#include <math.h>

#include "gantrain/base/clones.h"
#include "gantrain/math/kernels.h"

#define COLUMNS 64 /* channels summed side by side, so that x is read row by row */

GT_CLONES void norm_moments(double *restrict moments, const float *restrict x, size_t N, size_t C) {
  for (size_t first = 0; first < C; first += COLUMNS) {
    size_t count = C - first < COLUMNS ? C - first : COLUMNS;
    double sum[COLUMNS] = {0}, squares[COLUMNS] = {0};
    for (size_t n = 0; n < N; n++) {
      const float *row = x + n * C + first;
      for (size_t c = 0; c < count; c++) {
        double value = (double)row[c];
        sum[c] += value;
        squares[c] += value * value;
      }
    }
    for (size_t c = 0; c < count; c++) {
      moments[first + c] = sum[c];
      moments[C + first + c] = squares[c];
    }
  }
}

/* Rounding may go below zero; NaN stays. */
static double variance_of(double mean, double squares) {
  double variance = squares - mean * mean;
  return variance > 0.0 ? variance : variance == variance ? 0.0 : variance;
}

void norm_statistics(float *mean, float *inverse_std, const double *moments, double count, float epsilon,
                     size_t C) {
  for (size_t c = 0; c < C; c++) {
    double m = moments[c] / count;
    mean[c] = (float)m;
    inverse_std[c] = (float)(1.0 / sqrt(variance_of(m, moments[C + c] / count) + (double)epsilon));
  }
}

void norm_running(float *running_mean, float *running_variance, const double *moments, double count,
                  float momentum, size_t C) {
  for (size_t c = 0; c < C; c++) {
    double m = moments[c] / count;
    float variance = (float)variance_of(m, moments[C + c] / count);
    running_mean[c] = momentum * running_mean[c] + (1.0f - momentum) * (float)m;
    running_variance[c] = momentum * running_variance[c] + (1.0f - momentum) * variance;
  }
}

GT_CLONES void norm_forward(float *y, const float *x, const float *restrict mean,
                            const float *restrict inverse_std, const float *restrict gamma,
                            const float *restrict beta, size_t N, size_t C) {
  for (size_t n = 0; n < N; n++) {
    for (size_t c = 0; c < C; c++) {
      y[n * C + c] = gamma[c] * ((x[n * C + c] - mean[c]) * inverse_std[c]) + beta[c];
    }
  }
}

GT_CLONES void norm_backward_sums(double *restrict sums, const float *restrict dy, const float *restrict x,
                                  const float *restrict mean, const float *restrict inverse_std, size_t N,
                                  size_t C) {
  for (size_t first = 0; first < C; first += COLUMNS) {
    size_t count = C - first < COLUMNS ? C - first : COLUMNS;
    double sum[COLUMNS] = {0}, products[COLUMNS] = {0};
    for (size_t n = 0; n < N; n++) {
      const float *row = x + n * C + first;
      const float *drow = dy + n * C + first;
      for (size_t c = 0; c < count; c++) {
        float xhat = (row[c] - mean[first + c]) * inverse_std[first + c];
        sum[c] += (double)drow[c];
        products[c] += (double)drow[c] * (double)xhat;
      }
    }
    for (size_t c = 0; c < count; c++) {
      sums[first + c] = sum[c];
      sums[C + first + c] = products[c];
    }
  }
}

GT_CLONES void norm_backward(float *dx, const float *dy, const float *restrict x, const float *restrict mean,
                             const float *restrict inverse_std, const float *restrict gamma,
                             const double *restrict sums, double count, size_t N, size_t C) {
  for (size_t first = 0; first < C; first += COLUMNS) {
    size_t columns = C - first < COLUMNS ? C - first : COLUMNS;
    float mean_dy[COLUMNS], mean_product[COLUMNS], factor[COLUMNS];
    for (size_t c = 0; c < columns; c++) {
      mean_dy[c] = (float)(sums[first + c] / count);
      mean_product[c] = (float)(sums[C + first + c] / count);
      factor[c] = gamma[first + c] * inverse_std[first + c];
    }
    for (size_t n = 0; n < N; n++) {
      for (size_t c = 0; c < columns; c++) {
        size_t i = n * C + first + c;
        float xhat = (x[i] - mean[first + c]) * inverse_std[first + c];
        dx[i] = factor[c] * (dy[i] - mean_dy[c] - xhat * mean_product[c]);
      }
    }
  }
}
