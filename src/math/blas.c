#include "gantrain/math/blas.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gantrain/base/memory.h"

/* LAPACK, inside OpenBLAS; its own header is Fortran's interface wrapped once more. The lengths of the two
 * texts come last, as Fortran passes them. */
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
            double *work, const int *lwork, int *info, size_t jobz_length, size_t uplo_length);

void blas_sgemm(float *C, const float *A, const float *B, size_t M, size_t N, size_t K) {
  openblas_set_num_threads(1);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)M, (blasint)N, (blasint)K, 1.0f, A,
              (blasint)K, B, (blasint)N, 0.0f, C, (blasint)N);
}

void blas_products(double *C, const double *A, const double *B, size_t M, size_t N, size_t K) {
  openblas_set_num_threads(1);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)M, (blasint)N, (blasint)K, 1.0, A, (blasint)K,
              B, (blasint)K, 0.0, C, (blasint)N);
}

/* Fortran's columns are our rows, and a symmetric matrix is its own transpose. */
Status blas_symmetric_eigen(double *values, double *matrix, size_t n) {
  int size = (int)n, block = 64, info = 0;
  int lwork = (block + 2) * size;
  double *work = memory_alloc((size_t)lwork, sizeof *work);
  if (work == NULL) {
    return GT_FAILED;
  }
  openblas_set_num_threads(1);
  dsyev_("V", "U", &size, matrix, &size, values, work, &lwork, &info, 1, 1);
  memory_free(work);
  return info == 0 ? GT_OK
                   : status_set(GT_FAILED,
                                "no eigenvalues of a %d x %d matrix of covariances (dsyev: %d): the "
                                "features hold values that are not finite",
                                size, size, info);
}

const char *blas_description(void) {
  static char text[96];
  const char *version = openblas_get_config(); /* "OpenBLAS 0.3.21 NO_LAPACKE ... */
  const char *first = strchr(version, ' ');
  const char *second = first == NULL ? NULL : strchr(first + 1, ' ');
  int length = second == NULL ? (int)strlen(version) : (int)(second - version);
  snprintf(text, sizeof text, "%.*s %s", length, version, openblas_get_corename());
  return text;
}

#if defined(__x86_64__)
static int named(const char *core, const char *const *names) {
  while (*names != NULL && strcasecmp(core, *names) != 0) {
    names++;
  }
  return *names != NULL;
}
#endif

/* OpenBLAS chooses kernels by processor model, and falls back to very old ones for a model that it does not
 * know. */
const char *blas_better_core(void) {
#if defined(__x86_64__)
  static const char *const avx512_cores[] = {"SkylakeX", "Cooperlake", "SapphireRapids", "Zen", NULL};
  static const char *const avx2_cores[] = {"Haswell", "Zen", "Excavator", NULL};
  const char *now = openblas_get_corename();
  if (getenv("OPENBLAS_CORETYPE") != NULL || named(now, avx512_cores)) {
    return NULL;
  }
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return "SkylakeX";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && !named(now, avx2_cores)) {
    return "Haswell";
  }
#endif
  return NULL;
}
