/* Convolution and its adjoints on channels-last images, pooling and up-sampling.
 *
 * One geometry relates an image [H,W,C] to a grid [P,Q,K]. Each grid point (p, q) has a window of R x S
 * pixels: the image rows p stride_h - top .. + R - 1 and columns q stride_w - left .. + S - 1; pixels outside
 * the image are zero. With a kernel [R,S,C,K], conv2d maps the image to the grid, and conv2d_transpose, its
 * exact adjoint with the same kernel layout, maps the grid to the image. Three functions therefore compute
 * both layers and all their gradients:
 *
 *                       conv2d                                conv2d_transpose
 *   forward             conv_gather(y, x)                     conv_scatter(y, x)
 *   input gradient      conv_scatter(dx, dy)                  conv_gather(dx, dy)
 *   kernel gradient     conv_kernel_gradient(to, x, dy)       conv_kernel_gradient(to, dy, x) */
#ifndef GANTRAIN_CONV_H
#define GANTRAIN_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gantrain/math/exact.h"

typedef struct ConvGeometry {
  int H, W, C; /* image */
  int P, Q, K; /* grid */
  int R, S;    /* window */
  int stride_h, stride_w;
  int top, left; /* padding before the first row and column */
} ConvGeometry;

/* How many windows fit along an axis of `pixels` pixels, as in Keras. 'same': ceil(pixels / stride), the
 * padding split with the larger half behind; 'valid': only whole windows (0 where there is none). */
int conv_windows(int pixels, int window, int stride, bool same);
/* Padding before the first of `pixels` pixels under `windows` windows. */
int conv_padding(int pixels, int window, int stride, int windows, bool same);
/* The pixels along an axis that a transposed convolution of `windows` grid points makes by default, as in
 * Keras: 'same': windows stride; 'valid': windows stride + max(window - stride, 0). */
int conv_transposed_pixels(int windows, int window, int stride, bool same);

/* Floats of scratch memory that the three functions below need, for any number of images. */
size_t conv_scratch(const ConvGeometry *geometry);

/* An image and a grid each hold at most UINT32_MAX values.
 *
 * grid[N,P,Q,K] = the windows of image[N,H,W,C] times kernel[R,S,C,K]; overwrites. */
void conv_gather(float *grid, const float *image, const float *kernel, const ConvGeometry *geometry, size_t N,
                 float *scratch);
/* image[N,H,W,C] = the adjoint of conv_gather applied to grid[N,P,Q,K]; overwrites. */
void conv_scatter(float *image, const float *grid, const float *kernel, const ConvGeometry *geometry,
                  size_t N, float *scratch);
/* Gradient floats [at, at + R S C K) += the sum over all windows of window times grid value, for a kernel
 * [R,S,C,K]. An exact sum is made of parts of up to 160 windows, each within a shard of `group` images;
 * `group` must divide N. */
void conv_kernel_gradient(const GradientSum *to, size_t at, const float *image, const float *grid,
                          const ConvGeometry *geometry, size_t N, size_t group, float *scratch);

/* Pooling uses the geometry with K = C. Padding counts neither as a value nor in a mean, as in Keras. */
/* grid = the largest value of each window; where[N,P,Q,C] = its index in the image [H,W], the first of
 * equal ones. */
void max_pool_forward(float *grid, int32_t *where, const float *image, const ConvGeometry *geometry,
                      size_t N);
/* dimage is overwritten. */
void max_pool_backward(float *dimage, const float *dgrid, const int32_t *where, const ConvGeometry *geometry,
                       size_t N);
/* grid = image's values where the maxima were. */
void max_pool_tangent(float *grid, const float *image, const int32_t *where, const ConvGeometry *geometry,
                      size_t N);
void average_pool_forward(float *grid, const float *image, const ConvGeometry *geometry, size_t N);
void average_pool_backward(float *dimage, const float *dgrid, const ConvGeometry *geometry, size_t N);

/* y[N, H fh, W fw, C]: every pixel of x[N,H,W,C] repeated fh x fw times (nearest neighbour). */
void upsample_forward(float *y, const float *x, size_t N, int H, int W, int C, int fh, int fw);
/* dx[N,H,W,C] = the sums over the repeats; overwrites. */
void upsample_backward(float *dx, const float *dy, size_t N, int H, int W, int C, int fh, int fw);

#endif
