/* Random numbers as a pure function, philox(seed, stream, step, sample, element), without state.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11). Key:
 * the 64-bit seed. Counter: block (four 32-bit words each), sample, step, stream. `sample` is the global
 * sample index, the position in the batch over all shards, so no number depends on how many ranks there
 * are. */
#ifndef GANTRAIN_RNG_H
#define GANTRAIN_RNG_H

#include <stddef.h>
#include <stdint.h>

#define RNG_LAYERS 256 /* a network has fewer layers than this */
#define RNG_CLASSES 16 /* streams of noise that come with classes have smaller numbers */

/* What each stream is for: X(name, its first number, how many numbers). No two uses share a number, so
 * none share words. Where a use has RNG_LAYERS numbers, the layer's index is added to the first. */
#define RNG_STREAMS(X)                                                                                    \
  X(RNG_ORDER, 0, 1)          /* sample = shard, step = epoch: the shard's row order in that epoch */     \
  X(RNG_INIT_GENERATOR, 1, 1) /* sample = tensor index, step = 0 */                                       \
  X(RNG_INIT_DISCRIMINATOR, 2, 1)                                                                         \
  X(RNG_LATENT_D, 3, 1)          /* noise for the fakes that D trains on */                               \
  X(RNG_LATENT_G, 4, 1)          /* noise for G's own update */                                           \
  X(RNG_LATENT_SAMPLES, 5, 1)    /* the fixed noise of samples, and of `gantrain sample`; step = 0 */     \
  X(RNG_LATENT_VALIDATION, 6, 1) /* noise for the fakes of D's accuracy; step = epoch */                  \
  X(RNG_SUBSETS, 7, 1)           /* rows of the kernel distance's subsets; sample = subset, step = set */ \
  X(RNG_INIT_JUDGE, 8, 1)        /* sample = tensor index, step = 0 */                                    \
  X(RNG_ORDER_JUDGE, 9, 1)       /* as RNG_ORDER, for the judge's training */                             \
  X(RNG_AUGMENT_REAL, 10, 1)     /* how D sees the real images of its update */                           \
  X(RNG_AUGMENT_FAKE, 11, 1)     /* and the fakes */                                                      \
  X(RNG_AUGMENT_G, 12, 1)        /* how D sees G's fakes inside G's update */                             \
  X(RNG_AUGMENT_G_REAL, 13, 1)   /* and the real images */                                                \
  X(RNG_STACKED, 14, 1)          /* rows of import stacked; sample = row, step = part */                  \
  X(RNG_SPECTRAL, 15, 1)         /* first vectors of spectral normalisation; sample = layer, step = 0 */  \
  X(RNG_CLASS, 16, RNG_CLASSES)  /* the classes of fakes; the number of their noise's stream is added */  \
  X(RNG_BETWEEN, 32, 1)          /* places between a real image and a fake; sample: the pack's */         \
  X(RNG_FLIP_REAL, 33, 1)        /* which labels of real images are flipped for D; sample: the pack's */  \
  X(RNG_FLIP_FAKE, 34, 1)        /* and of fakes */                                                       \
  X(RNG_DROPOUT_REAL, 256, RNG_LAYERS)     /* D on the real batch */                                      \
  X(RNG_DROPOUT_FAKE, 512, RNG_LAYERS)     /* D on the fakes of its own update */                         \
  X(RNG_DROPOUT_G, 768, RNG_LAYERS)        /* D inside G's update */                                      \
  X(RNG_DROPOUT_JUDGE, 1024, RNG_LAYERS)   /* the judge's training */                                     \
  X(RNG_DROPOUT_G_REAL, 1280, RNG_LAYERS)  /* D on the real batch inside G's update */                    \
  X(RNG_DROPOUT_MAKE_D, 1536, RNG_LAYERS)  /* G, making the fakes that D trains on */                     \
  X(RNG_DROPOUT_MAKE_G, 1792, RNG_LAYERS)  /* G, making those of its own update */                        \
  X(RNG_DROPOUT_BETWEEN, 2048, RNG_LAYERS) /* D between real images and fakes */

#define RNG_ENUMERATOR(name, first, numbers) name = (first),
typedef enum RngStream { RNG_STREAMS(RNG_ENUMERATOR) } RngStream;
#undef RNG_ENUMERATOR

typedef struct RngKey {
  uint64_t seed;
  uint32_t stream; /* an RngStream, plus a layer index for dropout */
  uint32_t step;
} RngKey;

/* words[0..n) = the first n 32-bit words of (key, sample). */
void rng_words(uint32_t *words, RngKey key, uint32_t sample, size_t n);
/* The same from word `first` on, a multiple of 4. */
void rng_words_from(uint32_t *words, RngKey key, uint32_t sample, uint32_t first, size_t n);

/* Standard normal numbers by the Box-Muller transform: out[rows, n]; row r belongs to sample `sample` + r.
 * Words 2p and 2p+1 of a row give its elements 2p (cosine) and 2p+1 (sine). */
void rng_normal(float *out, RngKey key, uint32_t sample, size_t rows, size_t n);

/* Uniform in [0, 1), 24 bits each, out[n]. */
void rng_uniform(float *out, RngKey key, uint32_t sample, size_t n);

/* out[n] = a permutation of 0..n-1 by Fisher and Yates' shuffle, inside out. The bias of each draw is
 * below n 2^-64. */
void rng_permutation(uint32_t *out, RngKey key, uint32_t sample, size_t n);

#endif
