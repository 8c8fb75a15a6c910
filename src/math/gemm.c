#include "gantrain/gemm.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void gemm(float *C, const float *A, const float *B, GemmTranspose transpose, size_t M, size_t N, size_t K,
          int accumulate) {
  if (M == 0 || N == 0) {
    return;
  }
  if (K == 0) {
    if (!accumulate) {
      memset(C, 0, M * N * sizeof *C);
    }
    return;
  }
  cblas_sgemm(CblasRowMajor, transpose == GEMM_TN ? CblasTrans : CblasNoTrans,
              transpose == GEMM_NT ? CblasTrans : CblasNoTrans, (blasint)M, (blasint)N, (blasint)K, 1.0f, A,
              (blasint)(transpose == GEMM_TN ? M : K), B, (blasint)(transpose == GEMM_NT ? K : N),
              accumulate ? 1.0f : 0.0f, C, (blasint)N);
}

void gemm_set_threads(int cores) {
  static const char *const variables[] = {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"};
  int threads = 1;
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    const char *value = getenv(variables[i]);
    if (value != NULL && atoi(value) > 0) {
      threads = atoi(value) < cores ? atoi(value) : cores;
      break;
    }
  }
  openblas_set_num_threads(threads);
}

const char *gemm_description(void) {
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
const char *gemm_better_core(void) {
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
