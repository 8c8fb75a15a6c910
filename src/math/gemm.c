/* Blocks and panels after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication"
 * (2008), reduced to this program's shapes: a panel of B is packed so that it stays in the first-level
 * cache, and A is read in place. OpenBLAS is up to a third slower at these shapes, and the bits of a row
 * depend on how many rows there are; here they do not. The loop over blocks is here, once; the
 * micro-kernels are in gemm_level.inc. */
#include "gantrain/math/gemm.h"

#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/clones.h"
#include "gantrain/base/memory.h"
#include "gantrain/math/exact.h"
#include "gemm_levels.h"

#define VECTOR_MAX 16          /* floats in a vector of the best level */
#define ROWS_MAX 8             /* rows of its register tile */
#define PANEL_K GEMM_TERMS_MAX /* terms of a panel, at most: 30 KB of AVX-512 */
#define BLOCK_ROWS 512 /* rows of A that stay in the second-level cache while the panels pass: at least */

/* How exact sums are cut into parts; see gemm_exact. */
typedef struct Exact {
  size_t group;
  float limit; /* 0: no part can reach it */
} Exact;

static const Level *chosen;

__attribute__((constructor)) static void choose_best_level(void) {
  chosen = level_best();
}

const char *gemm_description(void) {
  return chosen->label;
}

bool gemm_choose(const char *label) {
  const Level *level = level_find(label);
  chosen = level != NULL ? level : chosen;
  return level != NULL;
}

/* The longest part that fits a panel and divides `group` terms evenly enough. It depends on `group` alone,
 * so the order of sums does too. */
static size_t part_terms(size_t group) {
  size_t parts = (group + PANEL_K - 1) / PANEL_K;
  return parts == 0 ? 0 : (group + parts - 1) / parts;
}

/* How many terms the panel that begins at term k holds: a part of one group where groups are long, several
 * whole groups where they are short. */
static size_t panel_terms(size_t K, size_t k, size_t group) {
  size_t part = part_terms(group), left = group - k % group;
  if (part == group) {
    part *= PANEL_K / group;
    left = K - k;
  }
  return part < left ? part : left;
}

/* How many of the M - m rows from m on form the next block. Blocks are of nearly equal height, and all but
 * the last are whole tiles. */
static size_t block_rows(size_t M, size_t m) {
  size_t left = M - m, blocks = left / BLOCK_ROWS;
  return blocks < 2 ? left : (left / blocks + ROWS_MAX - 1) / ROWS_MAX * ROWS_MAX;
}

/* How many of the N - n columns from n on form the next panel. Panels are of nearly equal width. */
static size_t panel_columns(size_t N, size_t n, size_t w) {
  size_t vectors = (N - n + w - 1) / w, panels = (vectors + PANEL_VECTORS - 1) / PANEL_VECTORS;
  size_t columns = (vectors + panels - 1) / panels * w;
  return columns < N - n ? columns : N - n;
}

/* Can the panel be read in place from B? Packing pays only for more than so many rows of A, and for fewer
 * where the terms of B are multiples of 1 KB apart and compete for a few sets of the first-level cache. */
static bool is_panel(const Operands *block, size_t rows, size_t w) {
  return rows <= (block->ldb % 256 == 0 ? 128 : 384) && block->N % w == 0 && block->ldb % w == 0 &&
         !block->b_transposed && block->b_at == NULL;
}

GT_CLONES static void scale_panel(float *panel, size_t n, float scale) {
  for (size_t i = 0; i < n; i++) {
    panel[i] *= scale;
  }
}

/* The product, in exact sums where `exact` is not NULL. Returns false where a part reached the limit. */
static bool multiply(const Operands *o, const Exact *exact) {
  float panel[PANEL_K * PANEL_VECTORS * VECTOR_MAX] __attribute__((aligned(GT_ALIGNMENT)));
  const float scale = (float)((int64_t)1 << EXACT_GRADIENT_BITS); /* a power of two: scaling rounds nothing */
  const Level *level = chosen;
  const size_t w = level->vector, group = exact == NULL ? o->K : exact->group;
  bool beyond = false;
  for (size_t m = 0, rows; m < o->M; m += rows) {
    rows = block_rows(o->M, m);
    for (size_t k = 0, terms; k < o->K; k += terms) {
      terms = panel_terms(o->K, k, group);
      for (size_t n = 0, columns; n < o->N; n += columns) {
        columns = panel_columns(o->N, n, w);
        Operands block = operands_from(*o, m, n, k);
        block.M = rows, block.N = columns, block.K = terms;
        if (exact != NULL || !is_panel(&block, o->M, w)) {
          size_t step = exact != NULL && exact->limit > 0.0f ? PANEL_VECTORS * w : (columns + w - 1) / w * w;
          (o->b_transposed ? level->pack_transposed : level->pack)(panel, step, &block);
          block.B = panel, block.ldb = step;
        }
        if (exact == NULL) {
          level->multiply(&block);
        } else {
          size_t part = part_terms(group);
          scale_panel(panel, terms * block.ldb, scale);
          beyond |= level->exact(&block, part < terms ? part : terms, exact->limit * scale);
        }
      }
    }
  }
  return !beyond;
}

/* C before any term is added: zero, the bias, or what it was. */
static void initialise(const Operands *o) {
  for (size_t m = 0; m < o->M && !o->accumulate; m++) {
    for (size_t n = 0; n < o->N; n++) {
      o->C[m * o->ldc + n] = o->bias != NULL ? o->bias[n] : 0.0f;
    }
  }
}

void gemm(float *C, const float *A, const float *B, GemmTranspose transpose, size_t M, size_t N, size_t K,
          GemmStart start) {
  Operands o = {
      .M = M, .N = N, .K = K, .C = C, .ldc = N, .A = A, .B = B, .accumulate = start == GEMM_ACCUMULATE};
  o.a = transpose == GEMM_TN ? (Places){.row_stride = 1, .term_stride = M}
                             : (Places){.row_stride = K, .term_stride = 1};
  o.b_transposed = transpose == GEMM_NT;
  o.ldb = transpose == GEMM_NT ? K : N;
  if (K == 0) {
    initialise(&o);
  }
  multiply(&o, NULL);
}

void gemm_bias(float *C, const float *A, const float *B, const float *bias, size_t M, size_t N, size_t K) {
  Operands o = {.M = M, .N = N, .K = K, .C = C, .ldc = N, .A = A, .B = B, .ldb = N, .bias = bias};
  o.a = (Places){.row_stride = K, .term_stride = 1};
  if (K == 0) {
    initialise(&o);
  }
  multiply(&o, NULL);
}

void gemm_rows(float *C, const uint32_t *c_at, const float *A, const uint32_t *a_at, const float *B,
               GemmTranspose transpose, size_t M, size_t N, size_t K) {
  Operands o = {.M = M, .N = N, .K = K, .C = C, .c_at = c_at, .A = A, .B = B, .accumulate = true};
  o.a = (Places){.row_at = a_at, .term_stride = 1};
  o.b_transposed = transpose == GEMM_NT;
  o.ldb = transpose == GEMM_NT ? K : N;
  multiply(&o, NULL);
}

void gemm_terms(float *C, const float *A, const uint32_t *a_at, const float *B, const uint32_t *b_at,
                size_t M, size_t N, size_t K) {
  Operands o = {.M = M, .N = N, .K = K, .C = C, .ldc = N, .A = A, .B = B, .b_at = b_at, .accumulate = true};
  o.a = (Places){.row_stride = 1, .term_at = a_at};
  multiply(&o, NULL);
}

/* The larger of `largest` and the magnitudes in x[n], as integers, which have the order of the floats;
 * infinity and then NaN come last. */
GT_CLONES static int32_t largest_bits(int32_t largest, const float *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    int32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    bits &= 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

/* The largest magnitude in `terms` rows of n, dense or at the offsets `at`; infinity and NaN are larger
 * than all numbers. */
static float largest(const float *x, const uint32_t *at, size_t terms, size_t n) {
  int32_t bits = at == NULL ? largest_bits(0, x, terms * n) : 0;
  for (size_t k = 0; k < terms && at != NULL; k++) {
    bits = largest_bits(bits, x + at[k], n);
  }
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Comparing parts with the limit costs a fifth of the product, so it is done only where factors of these
 * magnitudes could reach it. */
static bool multiply_exact(const Operands *o, Exact exact) {
  double a = (double)largest(o->A, o->a.term_at, o->K, o->M), b = (double)largest(o->B, o->b_at, o->K, o->N);
  if (2.0 * (double)part_terms(exact.group) * a * b < (double)exact.limit) {
    exact.limit = 0.0f;
  }
  return multiply(o, &exact);
}

bool gemm_exact(int64_t *C, const float *A, const float *B, size_t M, size_t N, size_t K, size_t group,
                float limit) {
  Operands o = {.M = M, .N = N, .K = K, .exact_C = C, .ldc = N, .A = A, .B = B, .ldb = N};
  o.a = (Places){.row_stride = 1, .term_stride = M};
  return multiply_exact(&o, (Exact){.group = group, .limit = limit});
}

bool gemm_terms_exact(int64_t *C, const float *A, const uint32_t *a_at, const float *B, const uint32_t *b_at,
                      size_t M, size_t N, size_t K, float limit) {
  GT_CHECK(K <= GEMM_TERMS_MAX, "%zu terms in one part", K);
  Operands o = {.M = M, .N = N, .K = K, .exact_C = C, .ldc = N, .A = A, .B = B, .b_at = b_at};
  o.a = (Places){.row_stride = 1, .term_at = a_at};
  return multiply_exact(&o, (Exact){.group = K, .limit = limit});
}
