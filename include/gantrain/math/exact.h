/* Sums whose bits do not depend on the order of their terms: fixed-point int64.
 *
 * Every sum over a batch (gradients, batch-normalisation moments, losses) is formed shard by shard in
 * floating point, with shapes that do not depend on the number of ranks. Each of these parts is then cut to a
 * multiple of 2^-bits and added as an integer. Integer addition is associative, so shards may be added in any
 * order, on any ranks.
 *
 * Error: a part is cut toward zero by less than 2^-bits, so a sum of A parts is within A 2^-bits of the
 * sum of the parts. A float part whose magnitude is at least 2^(23 - bits) is a multiple of 2^-bits and is
 * not cut at all. Overflow: a part beyond its limit, or one that is not finite, is recorded
 * (exact_overflowed), and the sum is then invalid. */
#ifndef GANTRAIN_EXACT_H
#define GANTRAIN_EXACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXACT_GRADIENT_BITS 44 /* 6e-14: gradients, and batch normalisation's sums of them */
#define EXACT_MOMENT_BITS 28   /* 4e-9: sums of activations and of their squares; up to 3e10 */
#define EXACT_LOSS_BITS 40     /* 9e-13: losses and probabilities; up to 4e6 */

/* sums[n] += values[n]. An overflow of a part or of a sum is recorded. */
void exact_add(int64_t *sums, const double *values, size_t n, int bits);

/* The sum as a number, rounded once. */
double exact_value(int64_t sum, int bits);

/* out[n] = sums[n] as float, for gradients. */
void exact_gradients(float *out, const int64_t *sums, size_t n);

/* Was an overflow recorded on this thread since the last call? Clears the record. */
bool exact_overflowed(void);
/* The same without clearing the record. */
bool exact_overflow_pending(void);
/* Record an overflow on this thread. */
void exact_record_overflow(void);

/* Where kernels add parameter gradients: either floats in the order of the calls, or exact sums. */
typedef struct GradientSum {
  float *sum; /* a gradient block, or NULL */
  int64_t
      *exact;  /* the block of exact sums in its place, or NULL. With both NULL no gradients are computed */
  float limit; /* largest magnitude of a part of an exact sum, so that no sum of all parts can overflow */
} GradientSum;

/* The limit for sums of at most `parts` parts over all ranks. */
float exact_limit(size_t parts);

/* Gradient floats [first, first + M N) += A[K,M] transposed times B[K,N]. An exact sum is made of parts of
 * `group` rows of K (the rows of a shard); `group` must divide K. */
void gradient_add_product(const GradientSum *to, size_t first, const float *A, const float *B, size_t M,
                          size_t N, size_t K, size_t group);

/* The same for K terms at given offsets (gemm_terms), all of one shard and at most GEMM_TERMS_MAX: one
 * part. */
void gradient_add_terms(const GradientSum *to, size_t first, const float *A, const uint32_t *a_at,
                        const float *B, const uint32_t *b_at, size_t M, size_t N, size_t K);

/* Gradient floats [first, first + C) += the column sums of dy[N,C], in parts of `group` rows, which must
 * divide N. */
void gradient_add_columns(const GradientSum *to, size_t first, const float *dy, size_t N, size_t C,
                          size_t group);

/* Gradient floats [first, first + n) += values[n], one part. */
void gradient_add_values(const GradientSum *to, size_t first, const double *values, size_t n);

#endif
