/* Matrix products, row major. The one place that knows BLAS.
 *
 * Letters: M rows of C, N columns of C, K the summed dimension. */
#ifndef GANTRAIN_GEMM_H
#define GANTRAIN_GEMM_H

#include <stddef.h>

typedef enum GemmTranspose {
  GEMM_NN, /* A[M,K] B[K,N] */
  GEMM_NT, /* A[M,K] B[N,K] */
  GEMM_TN  /* A[K,M] B[K,N] */
} GemmTranspose;

/* C[M,N] = A B, or C += A B when `accumulate`. All matrices are dense; C overlaps neither A nor B.
 * Any of M, N, K may be 0 (K = 0 without accumulate sets C to zero). */
void gemm(float *C, const float *A, const float *B, GemmTranspose transpose, size_t M, size_t N, size_t K,
          int accumulate);

/* Threads of one product: one, since a rank a core is faster at these sizes, or as many as
 * OPENBLAS_NUM_THREADS or OMP_NUM_THREADS ask for, but never more than the `cores` that are this rank's. Call
 * before the first product. */
void gemm_set_threads(int cores);

/* What runs: "OpenBLAS 0.3.21 SkylakeX". Static storage. */
const char *gemm_description(void);

/* The core type OpenBLAS ought to have been told for this processor (a value for OPENBLAS_CORETYPE), or NULL
 * when the one it picked uses the processor's vector units, or when the user has set the variable. */
const char *gemm_better_core(void);

#endif
