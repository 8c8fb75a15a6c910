#include "gemm_levels.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__x86_64__)
#define GEMM_NAME(x) avx512_##x
#if defined(__clang__)
#define GEMM_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#else
#define GEMM_TARGET __attribute__((target("arch=x86-64-v4")))
#endif
#define GEMM_LABEL "AVX-512"
/* As an intrinsic: left to the compiler, some tiles would round the product and others would not. */
#define GEMM_FMA(a, b, c) ((Vector)_mm512_fmadd_ps(_mm512_set1_ps(a), (__m512)(b), (__m512)(c)))
/* As an intrinsic: gcc 12 would convert in four pieces through memory. */
#define GEMM_CUT(vector, h, Half, Wide)                                          \
  ((Wide)_mm512_cvttps_epi64((h) == 0 ? _mm512_castps512_ps256((__m512)(vector)) \
                                      : _mm512_extractf32x8_ps((__m512)(vector), 1)))
#define W 16
#define R 8
#include "gemm_level.inc"

#define GEMM_NAME(x) avx2_##x
#define GEMM_TARGET __attribute__((target("avx2,fma")))
#define GEMM_LABEL "AVX2"
#define GEMM_FMA(a, b, c) ((Vector)_mm256_fmadd_ps(_mm256_set1_ps(a), (__m256)(b), (__m256)(c)))
#define GEMM_CUT(vector, h, Half, Wide) __builtin_convertvector(((const Half *)&(vector))[h], Wide)
#define W 8
#define R 4
#include "gemm_level.inc"
#endif

#define GEMM_NAME(x) plain_##x
#define GEMM_TARGET
#define GEMM_LABEL "baseline"
#define GEMM_FMA(a, b, c) ((c) + (a) * (b))
#define GEMM_CUT(vector, h, Half, Wide) __builtin_convertvector(((const Half *)&(vector))[h], Wide)
#define W 4
#define R 4
#include "gemm_level.inc"

/* From best to plainest. */
static const Level *const levels[] = {
#if defined(__x86_64__)
    &avx512_level, &avx2_level,
#endif
    &plain_level};
#define LEVELS (sizeof levels / sizeof *levels)

static bool has_level(const Level *level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level == &avx512_level) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  }
  if (level == &avx2_level) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  }
#endif
  return level == &plain_level;
}

const Level *level_best(void) {
  for (size_t i = 0; i < LEVELS - 1; i++) {
    if (has_level(levels[i])) {
      return levels[i];
    }
  }
  return levels[LEVELS - 1];
}

const Level *level_find(const char *label) {
  for (size_t i = 0; i < LEVELS; i++) {
    if (strcmp(levels[i]->label, label) == 0 && has_level(levels[i])) {
      return levels[i];
    }
  }
  return NULL;
}
