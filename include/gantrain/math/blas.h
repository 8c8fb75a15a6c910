/* OpenBLAS: the yardstick that `gantrain bench` holds our products against, and statistics in float64. */
#ifndef GANTRAIN_BLAS_H
#define GANTRAIN_BLAS_H

#include <stddef.h>

#include "gantrain/base/status.h"

/* Load the library, once; the functions below do so as well, and end the program where it is not there. Not
 * while other threads run. GT_FAILED: it is missing or lacks what is needed. */
Status blas_load(void);

/* C[M,N] = A[M,K] B[K,N] by OpenBLAS on one thread. */
void blas_sgemm(float *C, const float *A, const float *B, size_t M, size_t N, size_t K);

/* C[M,N] = A[M,K] times B[N,K] transposed, on one thread; the same shapes give the same bits on one kind of
 * processor. */
void blas_products(double *C, const double *A, const double *B, size_t M, size_t N, size_t K);

/* Of the symmetric matrix[n,n]: values[n] = its eigenvalues, ascending; row k of `matrix` = the eigenvector
 * of values[k], of length 1. By LAPACK's dsyev. GT_FAILED: memory, or the values are not finite. */
Status blas_symmetric_eigen(double *values, double *matrix, size_t n);

/* What runs: "OpenBLAS 0.3.21 SkylakeX", or "no OpenBLAS". Static storage. */
const char *blas_description(void);

/* The core type that OpenBLAS ought to have been told for this processor (a value for OPENBLAS_CORETYPE), or
 * NULL when the one it picked uses the processor's vector units, or when the user has set the variable. */
const char *blas_better_core(void);

#endif
