/* OpenBLAS: the yardstick that `gantrain bench` holds our products against. */
#ifndef GANTRAIN_BLAS_H
#define GANTRAIN_BLAS_H

#include <stddef.h>

/* C[M,N] = A[M,K] B[K,N] by OpenBLAS on one thread. */
void blas_sgemm(float *C, const float *A, const float *B, size_t M, size_t N, size_t K);

/* What runs: "OpenBLAS 0.3.21 SkylakeX". Static storage. */
const char *blas_description(void);

/* The core type that OpenBLAS ought to have been told for this processor (a value for OPENBLAS_CORETYPE), or
 * NULL when the one it picked uses the processor's vector units, or when the user has set the variable. */
const char *blas_better_core(void);

#endif
