/* Reference twins: every kernel once more, as plain loops in double and with nothing shared with src/ but the
 * types. Slow on purpose. Letters as in gantrain/math/kernels.h and gantrain/math/gemm.h. */
#ifndef GANTRAIN_TESTS_REF_H
#define GANTRAIN_TESTS_REF_H

#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/rng.h"
#include "gantrain/math/augment.h"
#include "gantrain/math/conv.h"
#include "gantrain/math/gemm.h"
#include "gantrain/nn/adam.h"
#include "gantrain/nn/network.h"

/* Philox4x32-10 as section 3.3 of the SC11 paper writes it. */
void ref_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);
/* Word `element` of (key, sample) by the mapping that gantrain/base/rng.h documents. */
uint32_t ref_word(RngKey key, uint32_t sample, size_t element);
/* Box-Muller on two words. */
double ref_normal(RngKey key, uint32_t sample, size_t element);

void ref_gemm(double *C, const double *A, const double *B, GemmTranspose transpose, size_t M, size_t N,
              size_t K, int accumulate);

void ref_bias_forward(double *y, const double *bias, size_t N, size_t C);
void ref_bias_backward(double *dbias, const double *dy, size_t N, size_t C);
void ref_leaky_relu_forward(double *y, const double *x, double slope, size_t n);
void ref_leaky_relu_backward(double *dx, const double *dy, const double *x, double slope, size_t n);
void ref_tanh_forward(double *y, const double *x, size_t n);
void ref_tanh_backward(double *dx, const double *dy, const double *y, size_t n);
void ref_sigmoid_forward(double *y, const double *x, size_t n);
void ref_sigmoid_backward(double *dx, const double *dy, const double *y, size_t n);
void ref_dropout_mask(double *mask, double rate, RngKey key, uint32_t sample, size_t N, size_t C);
void ref_dropout_apply(double *y, const double *x, const double *mask, size_t n);
void ref_norm_moments(double *moments, const double *x, size_t N, size_t C);
void ref_norm_statistics(double *mean, double *inverse_std, double *running_mean, double *running_variance,
                         const double *moments, double count, double momentum, double epsilon, size_t C);
void ref_norm_forward(double *y, const double *x, const double *mean, const double *inverse_std,
                      const double *gamma, const double *beta, size_t N, size_t C);
void ref_norm_backward_sums(double *sums, const double *dy, const double *x, const double *mean,
                            const double *inverse_std, size_t N, size_t C);
void ref_norm_backward(double *dx, const double *dy, const double *x, const double *mean,
                       const double *inverse_std, const double *gamma, const double *sums, double count,
                       size_t N, size_t C);
void ref_pixels_to_u8(uint8_t *out, const double *x, size_t n);

/* Values of N images, of N grids and of the kernel. */
size_t ref_image_count(const ConvGeometry *g, size_t N);
size_t ref_grid_count(const ConvGeometry *g, size_t N);
size_t ref_kernel_count(const ConvGeometry *g);
void ref_conv_gather(double *grid, const double *image, const double *kernel, const ConvGeometry *g,
                     size_t N);
void ref_conv_scatter(double *image, const double *grid, const double *kernel, const ConvGeometry *g,
                      size_t N);
void ref_conv_kernel_gradient(double *dkernel, const double *image, const double *grid, const ConvGeometry *g,
                              size_t N);
void ref_max_pool_forward(double *grid, int32_t *where, const double *image, const ConvGeometry *g, size_t N);
void ref_max_pool_backward(double *dimage, const double *dgrid, const int32_t *where, const ConvGeometry *g,
                           size_t N);
void ref_average_pool_forward(double *grid, const double *image, const ConvGeometry *g, size_t N);
void ref_average_pool_backward(double *dimage, const double *dgrid, const ConvGeometry *g, size_t N);
void ref_upsample_forward(double *y, const double *x, size_t N, int H, int W, int C, int fh, int fw);
void ref_upsample_backward(double *dx, const double *dy, size_t N, int H, int W, int C, int fh, int fw);

void ref_pack_forward(double *y, const double *x, size_t N, size_t M, size_t P, size_t C);

void ref_augment_draw(Augmentation *draws, unsigned kinds, double probability, RngKey key, uint32_t sample,
                      size_t N, int H, int W);
void ref_augment_forward(double *y, const double *x, const Augmentation *draws, size_t N, int H, int W,
                         int C);

double ref_cross_entropy(double *dlogits, const double *logits, size_t N, double target, double scale,
                         double *probability_sum, size_t *positive);
void ref_adam_step(double *params, double *m, double *v, const double *grads, size_t n, int64_t t,
                   AdamSettings settings);

/* The whole forward pass of a network over all `rows` of a batch, y(rows, out) from x(rows, in). `params` and
 * `running` are blocks of the network's arenas in double; running statistics are updated in training. */
void ref_network_forward(const Network *network, double *y, const double *params, double *running,
                         const double *x, size_t rows, bool training, uint32_t sample, RngKey key);

/* --- helpers of the tests --- */

/* values[n] spread evenly over (-size, size), always the same for the same `salt`. */
void ref_fill(float *values, size_t n, double size, uint32_t salt);
void ref_widen(double *out, const float *in, size_t n);
/* True where |actual - expected| <= absolute + relative |expected| everywhere (two NaNs are equal); else it
 * prints the worst place. */
bool ref_close(const char *what, const float *actual, const double *expected, size_t n, double relative,
               double absolute);
/* Memory that must be there: ends the test program otherwise. Free with free(). */
float *ref_floats(size_t n);
double *ref_doubles(size_t n);

#endif
