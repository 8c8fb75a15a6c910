/* The geometry of a convolution, and the choice between two ways to compute it. Both are matrix products
 * whose scratch memory does not grow with the batch.
 *
 * Many channels: tap by tap (conv_taps.c). Nothing is copied, and taps that lie on padding (a third of them
 * in 5 x 5 windows on 7 x 7 pixels) cost nothing.
 *
 * Few channels: whole windows (conv_windows.c), because the product of one tap would be too small. They
 * are copied out of the image in blocks that stay in cache. */
#include "conv_ways.h"

#define TAP_CHANNELS 16 /* convolutions with at least so many channels go tap by tap */

int conv_windows(int pixels, int window, int stride, bool same) {
  return same ? (pixels + stride - 1) / stride : pixels < window ? 0 : (pixels - window) / stride + 1;
}

int conv_padding(int pixels, int window, int stride, int windows, bool same) {
  int total = same ? (windows - 1) * stride + window - pixels : 0;
  return total > 0 ? total / 2 : 0;
}

int conv_transposed_pixels(int windows, int window, int stride, bool same) {
  return windows * stride + (same || window < stride ? 0 : window - stride);
}

static bool by_taps(const ConvGeometry *g) {
  return g->C >= TAP_CHANNELS;
}

size_t conv_scratch(const ConvGeometry *g) {
  return by_taps(g) ? 0 : windows_scratch(g);
}

void conv_gather(float *grid, const float *image, const float *kernel, const ConvGeometry *g, size_t N,
                 float *scratch) {
  if (by_taps(g)) {
    taps_gather(grid, image, kernel, g, N);
  } else {
    windows_gather(grid, image, kernel, g, N, scratch);
  }
}

void conv_scatter(float *image, const float *grid, const float *kernel, const ConvGeometry *g, size_t N,
                  float *scratch) {
  if (by_taps(g)) {
    taps_scatter(image, grid, kernel, g, N);
  } else {
    windows_scatter(image, grid, kernel, g, N, scratch);
  }
}

void conv_kernel_gradient(const GradientSum *to, size_t at, const float *image, const float *grid,
                          const ConvGeometry *g, size_t N, size_t group, float *scratch) {
  if (by_taps(g)) {
    taps_kernel_gradient(to, at, image, grid, g, N, group);
  } else {
    windows_kernel_gradient(to, at, image, grid, g, N, group, scratch);
  }
}
