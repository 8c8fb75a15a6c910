/* Frechet distance between two normal distributions that have the features' means and covariances. */
#include <math.h>
#include <string.h>

#include "gantrain/base/memory.h"
#include "gantrain/math/blas.h"
#include "gantrain/quality/distances.h"

/* mean[F] and covariance[F,F]. */
static Status moments(double *mean, double *covariance, const Features *f) {
  size_t n = f->rows, F = f->count;
  double *columns = memory_alloc(n * F, sizeof *columns); /* [F,n], centred */
  if (columns == NULL) {
    return GT_FAILED;
  }
  memset(mean, 0, F * sizeof *mean);
  for (size_t i = 0; i < n; i++) {
    for (size_t c = 0; c < F; c++) {
      mean[c] += f->values[i * F + c];
    }
  }
  for (size_t c = 0; c < F; c++) {
    mean[c] /= (double)n;
    for (size_t i = 0; i < n; i++) {
      columns[c * n + i] = f->values[i * F + c] - mean[c];
    }
  }
  blas_products(covariance, columns, columns, F, F, n);
  for (size_t i = 0; i < F * F; i++) {
    covariance[i] /= (double)n - 1.0;
  }
  memory_free(columns);
  return GT_OK;
}

/* root[F,F] = the symmetric square root of matrix[F,F], which is overwritten. scratch[F,F], values[F]. */
static Status square_root(double *root, double *matrix, double *scratch, double *values, size_t F) {
  GT_TRY(blas_symmetric_eigen(values, matrix, F));
  for (size_t k = 0; k < F; k++) { /* rounding can make eigenvalues of 0 slightly negative */
    double factor = values[k] > 0.0 ? sqrt(sqrt(values[k])) : 0.0;
    for (size_t i = 0; i < F; i++) {
      scratch[i * F + k] = factor * matrix[k * F + i];
    }
  }
  blas_products(root, scratch, scratch, F, F, F);
  return GT_OK;
}

/* The trace of (A B)^(1/2), which is that of the symmetric matrix (A^(1/2) B A^(1/2))^(1/2). A is
 * overwritten. */
static Status trace_of_root(double *trace, double *A, const double *B, double *work, size_t F) {
  double *root = work, *product = work + F * F, *values = work + 2 * F * F;
  GT_TRY(square_root(root, A, product, values, F));
  blas_products(product, root, B, F, F, F);
  blas_products(A, product, root, F, F, F);
  for (size_t i = 0; i < F; i++) {
    for (size_t j = 0; j < i; j++) {
      A[i * F + j] = A[j * F + i] = 0.5 * (A[i * F + j] + A[j * F + i]);
    }
  }
  GT_TRY(blas_symmetric_eigen(values, A, F));
  *trace = 0.0;
  for (size_t k = 0; k < F; k++) {
    *trace += values[k] > 0.0 ? sqrt(values[k]) : 0.0;
  }
  return GT_OK;
}

static Status measure(double *distance, const Features *a, const Features *b, double *memory) {
  size_t F = a->count;
  double *A = memory, *B = A + F * F, *work = B + F * F, *mean_a = work + 2 * F * F + F, *mean_b = mean_a + F;
  double trace, sum = 0.0;
  GT_TRY(moments(mean_a, A, a));
  GT_TRY(moments(mean_b, B, b));
  for (size_t c = 0; c < F; c++) {
    double difference = mean_a[c] - mean_b[c];
    sum += difference * difference + A[c * F + c] + B[c * F + c];
  }
  GT_TRY(trace_of_root(&trace, A, B, work, F));
  *distance = sum - 2.0 * trace;
  return GT_OK;
}

Status frechet_distance(double *distance, const Features *a, const Features *b) {
  size_t F = a->count;
  double *memory = memory_alloc(4 * F * F + 3 * F, sizeof *memory);
  Status outcome = memory == NULL ? GT_FAILED : measure(distance, a, b, memory);
  memory_free(memory);
  return outcome;
}
