/* Kernels: pure functions on arrays. Arguments are outputs, inputs, dimensions, in this order; names of
 * gradients begin with d.
 *
 * Letters: N rows (images), C channels or features of a row. Arrays are row major. "Accumulates" means +=.
 * A row of a result depends on the same row of its inputs only, and every sum over rows runs in row order,
 * in double. */
#ifndef GANTRAIN_KERNELS_H
#define GANTRAIN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/rng.h"

/* y[N,C] += bias[C] in every row. */
void bias_forward(float *y, const float *bias, size_t N, size_t C);
/* sums[C] = the column sums of x[N,C], whose rows are ldx floats apart. */
void column_sums(double *sums, const float *x, size_t ldx, size_t N, size_t C);
/* dbias[C] accumulates the column sums of dy[N,C]. */
void bias_backward(float *dbias, const float *dy, size_t N, size_t C);

/* y = x > 0 ? x : slope x; slope 0 is ReLU. y may be x. */
void leaky_relu_forward(float *y, const float *x, float slope, size_t n);
/* dx = x > 0 ? dy : slope dy. dx may be dy. */
void leaky_relu_backward(float *dx, const float *dy, const float *x, float slope, size_t n);

void tanh_forward(float *y, const float *x, size_t n);
/* dx = dy (1 - y y), from the output y. dx may be dy. */
void tanh_backward(float *dx, const float *dy, const float *y, size_t n);

void sigmoid_forward(float *y, const float *x, size_t n);
/* dx = dy y (1 - y), from the output y. dx may be dy. */
void sigmoid_backward(float *dx, const float *dy, const float *y, size_t n);

/* Inverted dropout (Srivastava et al. 2014, scaled in training as in Keras): mask[N,C] is 0 or 1/(1-rate),
 * by one 16-bit random number per element; row r belongs to sample `sample` + r. P(drop) = round(65536
 * rate)/65536. */
void dropout_mask(float *mask, float rate, RngKey key, uint32_t sample, size_t N, size_t C);
/* y = x mask; also the backward pass. y may be x. */
void dropout_apply(float *y, const float *x, const float *mask, size_t n);

/* Batch normalisation (Ioffe and Szegedy 2015) in pieces, because its sums over all ranks come in between.
 * moments[2C] = the sums of x and of x x over rows of x[N,C]. */
void norm_moments(double *moments, const float *x, size_t N, size_t C);
/* From the moments of `count` rows: mean[C], inverse_std[C] = 1/sqrt(var + epsilon), variance biased. */
void norm_statistics(float *mean, float *inverse_std, const double *moments, double count, float epsilon,
                     size_t C);
/* Running statistics move towards those of `count` rows, as Keras: running = momentum running + (1 -
 * momentum) batch. */
void norm_running(float *running_mean, float *running_variance, const double *moments, double count,
                  float momentum, size_t C);
/* y[N,C] = gamma (x - mean) inverse_std + beta. y may be x. */
void norm_forward(float *y, const float *x, const float *mean, const float *inverse_std, const float *gamma,
                  const float *beta, size_t N, size_t C);
/* sums[2C] = over rows, the sums of dy and of dy xhat, where xhat = (x - mean) inverse_std. */
void norm_backward_sums(double *sums, const float *dy, const float *x, const float *mean,
                        const float *inverse_std, size_t N, size_t C);
/* dx = gamma inverse_std (dy - sums[c]/count - xhat sums[C+c]/count), sums and count over all ranks. dx may
 * be dy. */
void norm_backward(float *dx, const float *dy, const float *x, const float *mean, const float *inverse_std,
                   const float *gamma, const double *sums, double count, size_t N, size_t C);

/* out[N,E] = rows of an image stack, scaled: pixel * scale + shift. rows[N] are indices into `pixels`. */
void pixels_gather_u8(float *out, const uint8_t *pixels, const uint32_t *rows, float scale, float shift,
                      size_t N, size_t E);
void pixels_gather_f32(float *out, const float *pixels, const uint32_t *rows, float scale, float shift,
                       size_t N, size_t E);
/* The smallest and largest of x[n], n > 0; low is NaN where one of them is NaN or infinite. */
typedef struct Extent {
  float low, high;
} Extent;
Extent pixels_extent_f32(const float *x, size_t n);
Extent pixels_extent_u8(const uint8_t *x, size_t n);

/* out[n] = x in [-1, 1] to 0..255, rounded to nearest, clamped; NaN gives 0. */
void pixels_to_u8(uint8_t *out, const float *x, size_t n);

#endif
