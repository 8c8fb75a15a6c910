/* Blocks and panels after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008),
 * cut down to this program's sizes: a panel of B is packed so that it stays in the first-level cache, and A
 * is read as it lies. OpenBLAS loses up to a third at these shapes, and its rows depend on how many there
 * are; these do not. */
#include "gantrain/math/gemm.h"

#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "gantrain/base/check.h"
#include "gantrain/base/clones.h"
#include "gantrain/base/memory.h"
#include "gantrain/math/exact.h"

/* Where the elements of A lie: row m and term k of the sums at A[row(m) + term(k)]. */
typedef struct Places {
  size_t row_stride, term_stride;   /* row(m) = m row_stride, term(k) = k term_stride, */
  const uint32_t *row_at, *term_at; /* or row_at[m], term_at[k] where these are not NULL */
} Places;

/* What a product is added to: C itself, a row of biases (NULL: none), or nothing. */
typedef struct Start {
  int accumulate;
  const float *bias;
} Start;

/* What one vector length needs: see gemm_level.h. */
typedef struct Level {
  const char *label;
  size_t vector; /* floats */
  void (*pack)(float *panel, size_t step, const float *B, size_t ldb, const uint32_t *b_at, size_t K,
               size_t columns);
  void (*pack_transposed)(float *panel, size_t step, const float *B, size_t ldb, size_t K, size_t columns);
  void (*multiply)(float *C, size_t ldc, const uint32_t *c_at, const float *A, Places places,
                   const float *panel, size_t step, size_t M, size_t K, size_t columns, Start start);
  int (*exact)(int64_t *C, size_t ldc, const float *A, Places places, const float *panel, size_t step,
               size_t M, size_t K, size_t columns, size_t group, float limit);
} Level;

#define PANEL_VECTORS 3        /* vectors a panel is wide, at most */
#define PANEL_K GEMM_TERMS_MAX /* and rows it is high: 30 KB of AVX-512 */
#define BLOCK_ROWS 512         /* rows of A that stay in the second-level cache while the panels pass */

#if defined(__x86_64__)
#define GEMM_NAME(x) avx512_##x
#if defined(__clang__)
#define GEMM_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#else
#define GEMM_TARGET __attribute__((target("arch=x86-64-v4")))
#endif
#define GEMM_LABEL "AVX-512"
/* By name: left to the compiler, some tiles would round products and others not, and rows would depend on it.
 */
#define GEMM_FMA(a, b, c) ((Vector)_mm512_fmadd_ps(_mm512_set1_ps(a), (__m512)(b), (__m512)(c)))
/* gcc 12 would convert in four pieces, by way of memory */
#define GEMM_CUT(vector, h, Half, Wide)                                          \
  ((Wide)_mm512_cvttps_epi64((h) == 0 ? _mm512_castps512_ps256((__m512)(vector)) \
                                      : _mm512_extractf32x8_ps((__m512)(vector), 1)))
#define W 16
#define R 8
#define V 3
#include "gemm_level.h"

#define GEMM_NAME(x) avx2_##x
#define GEMM_TARGET __attribute__((target("avx2,fma")))
#define GEMM_LABEL "AVX2"
#define GEMM_FMA(a, b, c) ((Vector)_mm256_fmadd_ps(_mm256_set1_ps(a), (__m256)(b), (__m256)(c)))
#define GEMM_CUT(vector, h, Half, Wide) __builtin_convertvector(((const Half *)&(vector))[h], Wide)
#define W 8
#define R 4
#define V 3
#include "gemm_level.h"
#endif

#define GEMM_NAME(x) plain_##x
#define GEMM_TARGET
#define GEMM_LABEL "baseline"
#define GEMM_FMA(a, b, c) ((c) + (a) * (b))
#define GEMM_CUT(vector, h, Half, Wide) __builtin_convertvector(((const Half *)&(vector))[h], Wide)
#define W 4
#define R 4
#define V 3
#include "gemm_level.h"

/* The levels from best to plainest; a processor takes the first that it has. */
static const Level *const levels[] = {
#if defined(__x86_64__)
    &avx512_level, &avx2_level,
#endif
    &plain_level};
#define LEVELS (sizeof levels / sizeof *levels)

static int has_level(const Level *level) {
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

static const Level *chosen;

__attribute__((constructor)) static void choose_level(void) {
  size_t i = 0;
  while (!has_level(levels[i])) {
    i++;
  }
  chosen = levels[i];
}

const char *gemm_description(void) {
  return chosen->label;
}

int gemm_choose(const char *label) {
  for (size_t i = 0; i < LEVELS; i++) {
    if (strcmp(levels[i]->label, label) == 0 && has_level(levels[i])) {
      chosen = levels[i];
      return 1;
    }
  }
  return 0;
}

/* Cuts of the terms: `block` of them at a time, at most PANEL_K; it depends on K alone, so the order of sums
 * does too. */
static size_t block_terms(size_t K) {
  size_t blocks = (K + PANEL_K - 1) / PANEL_K;
  return blocks == 0 ? 0 : (K + blocks - 1) / blocks;
}

/* How many of the N - n columns from n on the next panel takes: panels are of nearly equal width. */
static size_t panel_columns(size_t N, size_t n, size_t w) {
  size_t vectors = (N - n + w - 1) / w, panels = (vectors + PANEL_VECTORS - 1) / PANEL_VECTORS;
  size_t columns = (vectors + panels - 1) / panels * w;
  return columns < N - n ? columns : N - n;
}

/* Where B's rows are whole vectors they can be read as they lie: packing them costs more than it brings up to
 * so many rows of A, fewer where rows of B are multiples of 1 KB apart and crowd in few sets of the
 * first-level cache.
 */
static size_t direct_rows(size_t ldb) {
  return ldb % 256 == 0 ? 128 : 384;
}

/* `bias`: [N] or NULL. */
static void product(float *C, const float *A, const float *B, const float *bias, GemmTranspose transpose,
                    size_t M, size_t N, size_t K, int accumulate) {
  float panel[PANEL_K * PANEL_VECTORS * 16] __attribute__((aligned(GT_ALIGNMENT)));
  const Level *level = chosen;
  size_t ldb = transpose == GEMM_NT ? K : N, w = level->vector, block = block_terms(K);
  Places places = transpose == GEMM_TN ? (Places){.row_stride = 1, .term_stride = M}
                                       : (Places){.row_stride = K, .term_stride = 1};
  for (size_t m = 0; m < M; m += BLOCK_ROWS) {
    size_t rows = M - m < BLOCK_ROWS ? M - m : BLOCK_ROWS;
    for (size_t k = 0; k < K; k += block) {
      size_t depth = K - k < block ? K - k : block;
      for (size_t n = 0, columns; n < N; n += columns) {
        columns = panel_columns(N, n, w);
        const float *packed = panel;
        size_t step = (columns + w - 1) / w * w;
        Start start = {.accumulate = accumulate || k > 0, .bias = bias == NULL ? NULL : bias + n};
        if (transpose == GEMM_NT) {
          level->pack_transposed(panel, step, B + n * ldb + k, ldb, depth, columns);
        } else if (M <= direct_rows(ldb) && step == columns && ldb % w == 0) {
          packed = B + k * ldb + n;
          step = ldb;
        } else {
          level->pack(panel, step, B + k * ldb + n, ldb, NULL, depth, columns);
        }
        level->multiply(C + m * N + n, N, NULL, A + m * places.row_stride + k * places.term_stride, places,
                        packed, step, rows, depth, columns, start);
      }
    }
  }
}

void gemm(float *C, const float *A, const float *B, GemmTranspose transpose, size_t M, size_t N, size_t K,
          int accumulate) {
  if (K == 0 && !accumulate) {
    memset(C, 0, M * N * sizeof *C);
  }
  product(C, A, B, NULL, transpose, M, N, K, accumulate);
}

void gemm_bias(float *C, const float *A, const float *B, const float *bias, size_t M, size_t N, size_t K) {
  for (size_t m = 0; m < M && K == 0; m++) {
    memcpy(C + m * N, bias, N * sizeof *C);
  }
  product(C, A, B, bias, GEMM_NN, M, N, K, 0);
}

void gemm_rows(float *C, const uint32_t *c_at, const float *A, const uint32_t *a_at, const float *B,
               GemmTranspose transpose, size_t M, size_t N, size_t K) {
  float panel[PANEL_K * PANEL_VECTORS * 16] __attribute__((aligned(GT_ALIGNMENT)));
  const Level *level = chosen;
  size_t w = level->vector, block = block_terms(K);
  for (size_t k = 0; k < K; k += block) {
    size_t depth = K - k < block ? K - k : block;
    for (size_t n = 0, columns; n < N; n += columns) {
      columns = panel_columns(N, n, w);
      size_t step = (columns + w - 1) / w * w;
      if (transpose == GEMM_NT) {
        level->pack_transposed(panel, step, B + n * K + k, K, depth, columns);
      } else {
        level->pack(panel, step, B + k * N + n, N, NULL, depth, columns);
      }
      level->multiply(C + n, 0, c_at, A + k, (Places){.row_at = a_at}, panel, step, M, depth, columns,
                      (Start){.accumulate = 1});
    }
  }
}

void gemm_terms(float *C, const float *A, const uint32_t *a_at, const float *B, const uint32_t *b_at,
                size_t M, size_t N, size_t K) {
  float panel[PANEL_K * PANEL_VECTORS * 16] __attribute__((aligned(GT_ALIGNMENT)));
  const Level *level = chosen;
  size_t w = level->vector, block = block_terms(K);
  for (size_t k = 0; k < K; k += block) {
    size_t depth = K - k < block ? K - k : block;
    for (size_t n = 0, columns; n < N; n += columns) {
      columns = panel_columns(N, n, w);
      size_t step = (columns + w - 1) / w * w;
      level->pack(panel, step, B + n, 0, b_at + k, depth, columns);
      level->multiply(C + n, N, NULL, A, (Places){.term_at = a_at + k}, panel, step, M, depth, columns,
                      (Start){.accumulate = 1});
    }
  }
}

/* The longest run of rows that fits a panel and cuts a shard's `group` rows evenly enough: it depends on
 * `group` alone. */
static size_t part_rows(size_t group) {
  size_t parts = (group + PANEL_K - 1) / PANEL_K;
  return parts == 0 ? 0 : (group + parts - 1) / parts;
}

GT_CLONES static void scale_panel(float *panel, size_t n, float scale) {
  for (size_t i = 0; i < n; i++) {
    panel[i] *= scale;
  }
}

/* The larger of `largest` and the magnitudes in x[n], as integers: these have the order of floats, with
 * infinity and then NaN above all. */
GT_CLONES static int32_t largest_bits(int32_t largest, const float *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    int32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    bits &= 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

/* Can no part of `terms` terms with factors of those magnitudes reach the limit? Only otherwise are parts
 * looked at, which costs a fifth of the product. */
static bool within_limit(size_t terms, int32_t a_bits, int32_t b_bits, float limit) {
  float a, b;
  memcpy(&a, &a_bits, sizeof a);
  memcpy(&b, &b_bits, sizeof b);
  return 2.0 * (double)terms * (double)a * (double)b < (double)limit;
}

bool gemm_exact(int64_t *C, const float *A, const float *B, size_t M, size_t N, size_t K, size_t group,
                float limit) {
  float panel[PANEL_K * PANEL_VECTORS * 16] __attribute__((aligned(GT_ALIGNMENT)));
  const Level *level = chosen;
  const float scale =
      (float)((int64_t)1 << EXACT_GRADIENT_BITS); /* a power of two: no sum is rounded otherwise */
  size_t w = level->vector, part = part_rows(group), width = PANEL_VECTORS * w;
  int beyond = 0;
  bool safe = within_limit(part, largest_bits(0, A, K * M), largest_bits(0, B, K * N), limit);
  /* Whole groups side by side where they are short, parts of one group where they are long. */
  size_t together = part == group && part > 0 ? PANEL_K / part * part : part;
  for (size_t k = 0, depth; k < K; k += depth) {
    size_t left = part == group ? K - k : group - k % group;
    depth = left < together ? left : together;
    for (size_t n = 0; n < N; n += width) {
      size_t columns = N - n < width ? N - n : width, step = safe ? (columns + w - 1) / w * w : width;
      level->pack(panel, step, B + k * N + n, N, NULL, depth, columns);
      scale_panel(panel, depth * step, scale);
      beyond |= level->exact(C + n, N, A + k * M, (Places){.term_stride = M}, panel, step, M, depth, columns,
                             part < depth ? part : depth, safe ? 0.0f : limit * scale);
    }
  }
  return beyond == 0;
}

bool gemm_terms_exact(int64_t *C, const float *A, const uint32_t *a_at, const float *B, const uint32_t *b_at,
                      size_t M, size_t N, size_t K, float limit) {
  float panel[PANEL_K * PANEL_VECTORS * 16] __attribute__((aligned(GT_ALIGNMENT)));
  const Level *level = chosen;
  const float scale = (float)((int64_t)1 << EXACT_GRADIENT_BITS);
  size_t w = level->vector, width = PANEL_VECTORS * w;
  int beyond = 0;
  GT_CHECK(K <= GEMM_TERMS_MAX, "%zu terms in one part", K);
  int32_t a_bits = 0, b_bits = 0;
  for (size_t k = 0; k < K; k++) {
    a_bits = largest_bits(a_bits, A + a_at[k], M);
    b_bits = largest_bits(b_bits, B + b_at[k], N);
  }
  bool safe = within_limit(K, a_bits, b_bits, limit);
  for (size_t n = 0; n < N; n += width) {
    size_t columns = N - n < width ? N - n : width, step = safe ? (columns + w - 1) / w * w : width;
    level->pack(panel, step, B + n, 0, b_at, K, columns);
    scale_panel(panel, K * step, scale);
    beyond |= level->exact(C + n, N, A, (Places){.term_at = a_at}, panel, step, M, K, columns, K,
                           safe ? 0.0f : limit * scale);
  }
  return beyond == 0;
}
