/* Spectral normalisation: every kernel of a network is divided by its largest singular value, which is
 * followed by one power iteration an update. Miyato, Kataoka, Koyama and Yoshida, "Spectral normalization for
 * generative adversarial networks" (2018).
 *
 * The kernel W is taken for the matrix [M,N] that its numbers are in memory, N its last dimension: of a dense
 * layer (in, out), of a convolution (taps and channels in, filters), of a transposed one (taps and channels
 * out, channels in). With u[N] and v[M] held constant,
 *
 *     sigma = v' W u,     params = W / sigma,     dW = (dparams - <dparams, params> v u') / sigma,
 *
 * which is linear in dparams: it may be applied after a sum over ranks. All sums are in double and in one
 * order. None of these functions is collective; all compute the same of the same numbers. */
#ifndef GANTRAIN_SPECTRAL_H
#define GANTRAIN_SPECTRAL_H

#include "gantrain/nn/network.h"

/* The table of what is kept of every layer with products: LAYER/u, LAYER/v and LAYER/sigma. GT_USAGE: the
 * table is full. */
Status spectral_build(Arena *arena, const Network *network);

/* Random u, and so many iterations on the kernels of `raw` that sigma is near. */
void spectral_begin(float *kept, const Arena *arena, const Network *network, const float *raw, RngKey key);

/* One power iteration. A kernel that is zero has a sigma of 1. */
void spectral_iterate(float *kept, const Arena *arena, const Network *network, const float *raw);

/* params := raw, its kernels divided by their sigma. */
void spectral_scale(float *params, const Arena *arena, const Network *network, const float *kept,
                    const float *raw);

/* grads by params become grads by raw, in place. */
void spectral_gradients(float *grads, const Arena *arena, const Network *network, const float *kept,
                        const float *params);

#endif
