/* The two ways to compute a convolution, between which conv.c chooses. Private to this folder. */
#ifndef GANTRAIN_MATH_CONV_WAYS_H
#define GANTRAIN_MATH_CONV_WAYS_H

#include "gantrain/math/conv.h"

/* Floats of one image, and values of one image's grid. */
static inline size_t conv_image_values(const ConvGeometry *g) {
  return (size_t)g->H * (size_t)g->W * (size_t)g->C;
}

static inline size_t conv_grid_values(const ConvGeometry *g) {
  return (size_t)g->P * (size_t)g->Q * (size_t)g->K;
}

static inline size_t conv_smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

/* conv_gather, conv_scatter and conv_kernel_gradient tap by tap. */
void taps_gather(float *grid, const float *image, const float *kernel, const ConvGeometry *g, size_t N);
void taps_scatter(float *image, const float *grid, const float *kernel, const ConvGeometry *g, size_t N);
void taps_kernel_gradient(const GradientSum *to, size_t at, const float *image, const float *grid,
                          const ConvGeometry *g, size_t N, size_t group);

/* The same by whole windows, with windows_scratch() floats of scratch memory. */
size_t windows_scratch(const ConvGeometry *g);
void windows_gather(float *grid, const float *image, const float *kernel, const ConvGeometry *g, size_t N,
                    float *scratch);
void windows_scatter(float *image, const float *grid, const float *kernel, const ConvGeometry *g, size_t N,
                     float *scratch);
void windows_kernel_gradient(const GradientSum *to, size_t at, const float *image, const float *grid,
                             const ConvGeometry *g, size_t N, size_t group, float *scratch);

#endif
