/* Blocks and panels after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008),
 * cut down to this program's sizes: a panel of B is packed so that it stays in the first-level cache, and A
 * is read as it lies. OpenBLAS loses up to a third at these shapes, and its rows depend on how many there
 * are; these do not. */
#include "gantrain/gemm.h"

#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "gantrain/clones.h"
#include "gantrain/exact.h"
#include "gantrain/memory.h"

/* What one vector length needs: see gemm_level.h. */
typedef struct Level {
  const char *label;
  size_t vector; /* floats */
  void (*pack)(float *panel, size_t step, const float *B, size_t ldb, size_t K, size_t columns);
  void (*pack_transposed)(float *panel, size_t step, const float *B, size_t ldb, size_t K, size_t columns);
  void (*multiply)(float *C, size_t ldc, const float *A, size_t lda, int a_transposed, const float *panel,
                   size_t step, size_t M, size_t K, size_t columns, int accumulate);
  int (*exact)(int64_t *C, size_t ldc, const float *A, size_t lda, const float *panel, size_t step, size_t M,
               size_t K, size_t columns, size_t group, float limit);
} Level;

#define PANEL_VECTORS 3 /* vectors a panel is wide, at most */
#define PANEL_K 160     /* and rows it is high: 30 KB of AVX-512 */
#define DIRECT_ROWS \
  128 /* up to so many rows, packing costs more than it brings where B's rows are whole vectors */
#define BLOCK_ROWS 512 /* rows of A that stay in the second-level cache while the panels pass */

#if defined(__x86_64__)
#define GEMM_NAME(x) avx512_##x
#if defined(__clang__)
#define GEMM_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#else
#define GEMM_TARGET __attribute__((target("arch=x86-64-v4")))
#endif
#define GEMM_LABEL "AVX-512"
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
#define GEMM_CUT(vector, h, Half, Wide) __builtin_convertvector(((const Half *)&(vector))[h], Wide)
#define W 8
#define R 4
#define V 3
#include "gemm_level.h"
#endif

#define GEMM_NAME(x) plain_##x
#define GEMM_TARGET
#define GEMM_LABEL "baseline"
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

void gemm(float *C, const float *A, const float *B, GemmTranspose transpose, size_t M, size_t N, size_t K,
          int accumulate) {
  float panel[PANEL_K * PANEL_VECTORS * 16] __attribute__((aligned(GT_ALIGNMENT)));
  const Level *level = chosen;
  int a_transposed = transpose == GEMM_TN;
  size_t lda = a_transposed ? M : K, ldb = transpose == GEMM_NT ? K : N, w = level->vector;
  size_t blocks = (K + PANEL_K - 1) / PANEL_K;
  size_t block_k =
      blocks == 0 ? 0 : (K + blocks - 1) / blocks; /* depends on K alone, so the order of sums does too */
  if (K == 0 && !accumulate) {
    memset(C, 0, M * N * sizeof *C);
  }
  for (size_t m = 0; m < M; m += BLOCK_ROWS) {
    size_t rows = M - m < BLOCK_ROWS ? M - m : BLOCK_ROWS;
    for (size_t k = 0; k < K; k += block_k) {
      size_t depth = K - k < block_k ? K - k : block_k;
      size_t panels = ((N + w - 1) / w + PANEL_VECTORS - 1) / PANEL_VECTORS; /* of nearly equal width */
      for (size_t n = 0; n < N; panels--) {
        size_t columns = ((N - n + w - 1) / w + panels - 1) / panels * w;
        columns = columns < N - n ? columns : N - n;
        const float *packed = panel;
        size_t step = (columns + w - 1) / w * w;
        if (transpose == GEMM_NT) {
          level->pack_transposed(panel, step, B + n * ldb + k, ldb, depth, columns);
        } else if (M <= DIRECT_ROWS && step == columns && ldb % w == 0) {
          packed = B + k * ldb + n;
          step = ldb;
        } else {
          level->pack(panel, step, B + k * ldb + n, ldb, depth, columns);
        }
        level->multiply(C + m * N + n, N, a_transposed ? A + k * lda + m : A + m * lda + k, lda, a_transposed,
                        packed, step, rows, depth, columns, accumulate || k > 0);
        n += columns;
      }
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

/* The largest magnitude in x[n], infinite or NaN where there is one: as integers, magnitudes have the order
 * of floats. */
GT_CLONES static float largest_magnitude(const float *x, size_t n) {
  int32_t largest = 0;
  float magnitude;
  for (size_t i = 0; i < n; i++) {
    int32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    bits &= 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  memcpy(&magnitude, &largest, sizeof magnitude);
  return magnitude;
}

bool gemm_exact(int64_t *C, const float *A, const float *B, size_t M, size_t N, size_t K, size_t group,
                float limit) {
  float panel[PANEL_K * PANEL_VECTORS * 16] __attribute__((aligned(GT_ALIGNMENT)));
  const Level *level = chosen;
  const float scale =
      (float)((int64_t)1 << EXACT_GRADIENT_BITS); /* a power of two: no sum is rounded otherwise */
  size_t w = level->vector, part = part_rows(group), width = PANEL_VECTORS * w;
  int beyond = 0;
  /* Only where a part could reach the limit are parts looked at, which costs a fifth of the product. */
  double largest = (double)part * (double)largest_magnitude(A, K * M) * (double)largest_magnitude(B, K * N);
  bool safe = 2.0 * largest < (double)limit;
  /* Whole groups side by side where they are short, parts of one group where they are long. */
  size_t together = part == group && part > 0 ? PANEL_K / part * part : part;
  for (size_t k = 0, depth; k < K; k += depth) {
    size_t left = part == group ? K - k : group - k % group;
    depth = left < together ? left : together;
    for (size_t n = 0; n < N; n += width) {
      size_t columns = N - n < width ? N - n : width, step = safe ? (columns + w - 1) / w * w : width;
      level->pack(panel, step, B + k * N + n, N, depth, columns);
      scale_panel(panel, depth * step, scale);
      beyond |= level->exact(C + n, N, A + k * M, M, panel, step, M, depth, columns,
                             part < depth ? part : depth, safe ? 0.0f : limit * scale);
    }
  }
  return beyond == 0;
}
