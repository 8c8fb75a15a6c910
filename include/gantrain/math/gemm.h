/* Matrix products, row major: where nearly all the time of a step goes.
 *
 * Letters: M rows of C, N columns of C, K the summed dimension. */
#ifndef GANTRAIN_GEMM_H
#define GANTRAIN_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum GemmTranspose {
  GEMM_NN, /* A[M,K] B[K,N] */
  GEMM_NT, /* A[M,K] B[N,K] */
  GEMM_TN  /* A[K,M] B[K,N] */
} GemmTranspose;

typedef enum GemmStart { GEMM_OVERWRITE, GEMM_ACCUMULATE } GemmStart;

/* C[M,N] = A B (GEMM_OVERWRITE) or C += A B (GEMM_ACCUMULATE). All matrices are dense; C overlaps neither A
 * nor B. Any of M, N, K may be 0; overwriting with K = 0 sets C to zero. One thread; safe to call from
 * several.
 *
 * The order of every sum depends on K alone, so on one kind of processor an element of C has the same bits
 * whatever other rows and columns are computed with it. */
void gemm(float *C, const float *A, const float *B, GemmTranspose transpose, size_t M, size_t N, size_t K,
          GemmStart start);

/* C[M,N] += A[K,M] transposed times B[K,N] in exact sums (exact.h). Every `group` rows of K make one part
 * of each element, or several parts of 80 to 160 rows where `group` is larger; `group` must divide K.
 * Returns false where a part reached `limit` or was not finite: the sums are then invalid. */
bool gemm_exact(int64_t *C, const float *A, const float *B, size_t M, size_t N, size_t K, size_t group,
                float limit);

/* C[M,N] = A[M,K] B[K,N] + bias[N] in every row. */
void gemm_bias(float *C, const float *A, const float *B, const float *bias, size_t M, size_t N, size_t K);

/* C += A B where rows lie at given offsets, as the windows of a convolution do: row m of A begins at
 * A[a_at[m]], and row m of C at C[c_at[m]]. No two of the M rows of C overlap. B is dense, [K,N] for
 * GEMM_NN and [N,K] for GEMM_NT. */
void gemm_rows(float *C, const uint32_t *c_at, const float *A, const uint32_t *a_at, const float *B,
               GemmTranspose transpose, size_t M, size_t N, size_t K);

/* C[M,N] += the sum over k of the columns A[a_at[k] ..][M] times the rows B[b_at[k] ..][N]. */
void gemm_terms(float *C, const float *A, const uint32_t *a_at, const float *B, const uint32_t *b_at,
                size_t M, size_t N, size_t K);

/* gemm_terms in exact sums: one part of at most GEMM_TERMS_MAX terms. */
#define GEMM_TERMS_MAX 160
bool gemm_terms_exact(int64_t *C, const float *A, const uint32_t *a_at, const float *B, const uint32_t *b_at,
                      size_t M, size_t N, size_t K, float limit);

/* The kernels that run on this processor: "AVX-512", "AVX2" or "baseline". */
const char *gemm_description(void);

/* For tests: use the kernels of that description from now on. False where this processor lacks them. */
bool gemm_choose(const char *description);

#endif
