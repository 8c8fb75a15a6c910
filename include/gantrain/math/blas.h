/* OpenBLAS, loaded at its first use: the reference speed of `gantrain bench`, and linear algebra in
 * float64 for statistics. */
#ifndef GANTRAIN_BLAS_H
#define GANTRAIN_BLAS_H

#include <stddef.h>

#include "gantrain/base/status.h"

/* Load the library; later calls do nothing. The functions below load it too, but end the program where
 * that fails, so call this first. Not while other threads run. GT_FAILED: the library is missing or lacks
 * a function that is needed. */
Status blas_load(void);

/* C[M,N] = A[M,K] B[K,N] by OpenBLAS on one thread. */
void blas_sgemm(float *C, const float *A, const float *B, size_t M, size_t N, size_t K);

/* C[M,N] = A[M,K] times B[N,K] transposed, on one thread; the same shapes give the same bits on one kind of
 * processor. */
void blas_products(double *C, const double *A, const double *B, size_t M, size_t N, size_t K);

/* Eigenvalues and eigenvectors of the symmetric matrix[n,n], by LAPACK's dsyev: values[n] = the
 * eigenvalues, ascending; row k of `matrix` becomes the eigenvector of values[k], of length 1. GT_FAILED:
 * memory, or the matrix is not finite. */
Status blas_symmetric_eigen(double *values, double *matrix, size_t n);

/* The library's version and kernels: "OpenBLAS 0.3.21 SkylakeX", or "no OpenBLAS". Static storage. */
const char *blas_description(void);

/* A value of OPENBLAS_CORETYPE with which OpenBLAS would use this processor's vector units. NULL where it
 * uses them already, or where the user has set the variable. */
const char *blas_better_core(void);

#endif
