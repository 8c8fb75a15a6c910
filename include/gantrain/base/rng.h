/* Random numbers as a pure function: philox(seed, stream, step, sample, element). No state anywhere.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11). Key: the
 * 64-bit seed. Counter: block (four 32-bit words each), sample, step, stream. `sample` is the global sample
 * index, the position in the batch over all shards, so no number depends on how many ranks there are. */
#ifndef GANTRAIN_RNG_H
#define GANTRAIN_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What a number is for. Dropout adds the layer's index, so its streams end the list. */
typedef enum RngStream {
  RNG_ORDER,          /* sample = shard, step = epoch: the shard's row order in that epoch */
  RNG_INIT_GENERATOR, /* sample = tensor index, step = 0 */
  RNG_INIT_DISCRIMINATOR,
  RNG_LATENT_D,          /* noise for the fakes that D trains on */
  RNG_LATENT_G,          /* noise for G's own update */
  RNG_LATENT_SAMPLES,    /* the fixed noise of samples, and of `gantrain sample`; step = 0 */
  RNG_LATENT_VALIDATION, /* noise for the fakes of D's accuracy; step = epoch */
  RNG_SUBSETS,     /* rows of the kernel distance's subsets; sample = subset, step = 0 or 1: which set */
  RNG_INIT_JUDGE,  /* sample = tensor index, step = 0 */
  RNG_ORDER_JUDGE, /* as RNG_ORDER, for the judge's training */
  RNG_DROPOUT_REAL = 256,   /* + layer index: D on the real batch */
  RNG_DROPOUT_FAKE = 512,   /* + layer index: D on the fakes of its own update */
  RNG_DROPOUT_G = 768,      /* + layer index: D inside G's update */
  RNG_DROPOUT_JUDGE = 1024, /* + layer index: the judge's training */
  RNG_DROPOUT_G_REAL = 1280 /* + layer index: D on the real batch inside G's update */
} RngStream;

typedef struct RngKey {
  uint64_t seed;
  uint32_t stream; /* an RngStream, plus a layer index for dropout */
  uint32_t step;
} RngKey;

/* words[0..n) = the first n 32-bit words of (key, sample). */
void rng_words(uint32_t *words, RngKey key, uint32_t sample, size_t n);
/* The same from word `first` on, a multiple of 4. */
void rng_words_from(uint32_t *words, RngKey key, uint32_t sample, uint32_t first, size_t n);

/* Standard normal numbers by the Box-Muller transform, out[rows, n]; row r belongs to sample `sample` + r.
 * Words 2p and 2p+1 of a row make its elements 2p (cosine) and 2p+1 (sine). */
void rng_normal(float *out, RngKey key, uint32_t sample, size_t rows, size_t n);

/* Uniform in [0, 1), 24 bits each, out[n]. */
void rng_uniform(float *out, RngKey key, uint32_t sample, size_t n);

/* out[n] = a permutation of 0..n-1: Fisher and Yates' shuffle, inside out; the bias of a draw is below n
 * 2^-64. */
void rng_permutation(uint32_t *out, RngKey key, uint32_t sample, size_t n);

#endif
