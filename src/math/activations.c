#include "gantrain/base/approx.h"
#include "gantrain/base/clones.h"
#include "gantrain/math/kernels.h"

GT_CLONES void leaky_relu_forward(float *y, const float *x, float slope, size_t n) {
  for (size_t i = 0; i < n; i++) {
    y[i] = x[i] > 0.0f ? x[i] : slope * x[i];
  }
}

GT_CLONES void leaky_relu_backward(float *dx, const float *dy, const float *x, float slope, size_t n) {
  for (size_t i = 0; i < n; i++) {
    dx[i] = x[i] > 0.0f ? dy[i] : slope * dy[i];
  }
}

/* Every element must get the bits of the vectorised loop, also those of its remainder: the loop runs over
 * whole groups of 16, the last one padded. */
#define GROUP 16
#define FOR_EACH_GROUPED(function)     \
  size_t whole = n / GROUP * GROUP;    \
  for (size_t i = 0; i < whole; i++) { \
    y[i] = function(x[i]);             \
  }                                    \
  float padded[GROUP] = {0};           \
  for (size_t i = whole; i < n; i++) { \
    padded[i - whole] = x[i];          \
  }                                    \
  for (size_t i = 0; i < GROUP; i++) { \
    padded[i] = function(padded[i]);   \
  }                                    \
  for (size_t i = whole; i < n; i++) { \
    y[i] = padded[i - whole];          \
  }

GT_CLONES void tanh_forward(float *y, const float *x, size_t n){FOR_EACH_GROUPED(approx_tanh)}

GT_CLONES void tanh_backward(float *dx, const float *dy, const float *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    dx[i] = dy[i] * (1.0f - y[i] * y[i]);
  }
}

GT_CLONES void sigmoid_forward(float *y, const float *x, size_t n){FOR_EACH_GROUPED(approx_sigmoid)}

GT_CLONES void sigmoid_backward(float *dx, const float *dy, const float *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    dx[i] = dy[i] * y[i] * (1.0f - y[i]);
  }
}
