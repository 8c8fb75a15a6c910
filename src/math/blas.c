#include "gantrain/math/blas.h"

#include <cblas.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"

#define LAPACK_BLOCK 64 /* columns that dsyev works on at once */

/* OpenBLAS is loaded at its first use, because training does not need it and its threads disturb a process
 * that forks or has a memory limit. It contains LAPACK. Fortran passes the lengths of dsyev's two text
 * arguments last. */
static struct {
  __typeof__(cblas_sgemm) *sgemm;
  __typeof__(cblas_dgemm) *dgemm;
  __typeof__(openblas_get_config) *config;
  __typeof__(openblas_get_corename) *core;
  void (*dsyev)(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
                double *work, const int *lwork, int *info, size_t jobz_length, size_t uplo_length);
} blas;

Status blas_load(void) {
  if (blas.sgemm != NULL) {
    return GT_OK;
  }
  setenv("OPENBLAS_NUM_THREADS", "1", 1); /* read while it is loaded: no threads of its own */
  void *library = dlopen(GANTRAIN_OPENBLAS_NAME, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    library = dlopen(GANTRAIN_OPENBLAS_PATH, RTLD_NOW | RTLD_LOCAL);
  }
  if (library == NULL) {
    return status_set(GT_FAILED, "OpenBLAS cannot be loaded (%s): install it, or set LD_LIBRARY_PATH",
                      dlerror());
  }
  *(void **)&blas.dgemm = dlsym(library, "cblas_dgemm");
  *(void **)&blas.config = dlsym(library, "openblas_get_config");
  *(void **)&blas.core = dlsym(library, "openblas_get_corename");
  *(void **)&blas.dsyev = dlsym(library, "dsyev_");
  if (blas.dgemm == NULL || blas.config == NULL || blas.core == NULL || blas.dsyev == NULL) {
    return status_set(GT_FAILED, "%s is not an OpenBLAS with LAPACK, which is needed (%s)",
                      GANTRAIN_OPENBLAS_NAME, dlerror());
  }
  *(void **)&blas.sgemm = dlsym(library, "cblas_sgemm");
  return blas.sgemm != NULL ? GT_OK : status_set(GT_FAILED, "OpenBLAS has no cblas_sgemm");
}

static void need(void) {
  GT_CHECK(blas_load() == GT_OK, "%s", status_message());
}

void blas_sgemm(float *C, const float *A, const float *B, size_t M, size_t N, size_t K) {
  need();
  blas.sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)M, (blasint)N, (blasint)K, 1.0f, A,
             (blasint)K, B, (blasint)N, 0.0f, C, (blasint)N);
}

void blas_products(double *C, const double *A, const double *B, size_t M, size_t N, size_t K) {
  need();
  blas.dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)M, (blasint)N, (blasint)K, 1.0, A, (blasint)K,
             B, (blasint)K, 0.0, C, (blasint)N);
}

/* LAPACK's matrices are column-major. A symmetric matrix is its own transpose, so only the eigenvectors
 * change: they come out as rows. */
Status blas_symmetric_eigen(double *values, double *matrix, size_t n) {
  int order = (int)n, info = 0;
  int lwork = (LAPACK_BLOCK + 2) * order;
  GT_TRY(blas_load());
  double *work = memory_alloc((size_t)lwork, sizeof *work);
  if (work == NULL) {
    return GT_FAILED;
  }
  blas.dsyev("V", "U", &order, matrix, &order, values, work, &lwork, &info, 1, 1);
  memory_free(work);
  return info == 0 ? GT_OK
                   : status_set(
                         GT_FAILED,
                         "the eigenvalues of a %d x %d covariance matrix cannot be computed (dsyev: %d): the "
                         "features contain NaN or infinity",
                         order, order, info);
}

const char *blas_description(void) {
  static char text[96];
  if (blas_load() != GT_OK) {
    return "no OpenBLAS";
  }
  const char *version = blas.config(); /* "OpenBLAS 0.3.21 NO_LAPACKE ... */
  const char *first = strchr(version, ' ');
  const char *second = first == NULL ? NULL : strchr(first + 1, ' ');
  int length = second == NULL ? (int)strlen(version) : (int)(second - version);
  snprintf(text, sizeof text, "%.*s %s", length, version, blas.core());
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
  if (getenv("OPENBLAS_CORETYPE") != NULL || blas_load() != GT_OK) {
    return NULL;
  }
  const char *now = blas.core();
  if (named(now, avx512_cores)) {
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
