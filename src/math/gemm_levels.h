/* What the blocking loop of gemm.c needs of the micro-kernels. A level is the set for one kind of processor.
 *
 * Letters: M rows of C, N columns of C, K terms of every sum. */
#ifndef GANTRAIN_GEMM_LEVELS_H
#define GANTRAIN_GEMM_LEVELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the elements of A lie: row m and term k of the sums at A[row(m) + term(k)], where row(m) is
 * row_at[m] or, where that is NULL, m row_stride; term(k) likewise. */
typedef struct Places {
  size_t row_stride, term_stride;
  const uint32_t *row_at, *term_at;
} Places;

/* C[M,N] = A[M,K] B[K,N] + start, or a block of it; the start of a sum is C itself where `accumulate`, else
 * bias[N], else zero where that is NULL. */
typedef struct Operands {
  size_t M, N, K;
  float *C;             /* NULL for a product in exact sums */
  int64_t *exact_C;     /* the exact sums, or NULL */
  size_t ldc;           /* row m at C[m ldc] */
  const uint32_t *c_at; /* or at C[c_at[m]] where this is not NULL */
  const float *A;
  Places a;
  const float *B;
  size_t ldb;           /* term k at B[k ldb] */
  const uint32_t *b_at; /* or at B[b_at[k]] where this is not NULL */
  bool b_transposed;    /* B is [N,K] instead: column n at B[n ldb] */
  const float *bias;
  bool accumulate;
} Operands;

/* The rest of a product from row m, column n and term k on. The caller sets M, N and K. */
__attribute__((always_inline)) static inline Operands operands_from(Operands o, size_t m, size_t n,
                                                                    size_t k) {
  size_t c = n + (o.c_at != NULL ? 0 : m * o.ldc);
  o.C = o.C != NULL ? o.C + c : NULL;
  o.exact_C = o.exact_C != NULL ? o.exact_C + c : NULL;
  o.c_at = o.c_at != NULL ? o.c_at + m : NULL;
  o.A += m * o.a.row_stride + k * o.a.term_stride;
  o.a.row_at = o.a.row_at != NULL ? o.a.row_at + m : NULL;
  o.a.term_at = o.a.term_at != NULL ? o.a.term_at + k : NULL;
  o.B += o.b_transposed ? n * o.ldb + k : o.b_at != NULL ? n : k * o.ldb + n;
  o.b_at = o.b_at != NULL ? o.b_at + k : NULL;
  o.bias = o.bias != NULL ? o.bias + n : NULL;
  o.accumulate = o.accumulate || k > 0;
  return o;
}

#define PANEL_VECTORS 3 /* width of a panel in vectors, at most */

typedef struct Level {
  const char *label;
  size_t vector; /* floats in a vector */
  /* panel[K, step] = B, zero beyond N; step is a multiple of `vector`. */
  void (*pack)(float *panel, size_t step, const Operands *o);
  void (*pack_transposed)(float *panel, size_t step, const Operands *o);
  /* The product. B is a panel, or can be read like one: whole vectors at each of its terms. */
  void (*multiply)(const Operands *o);
  /* exact_C += the sums of every `part` terms of A transposed, each cut to an integer. B is a panel,
   * scaled by a power of two. With a limit above zero, scaled alike, B is PANEL_VECTORS wide whatever N
   * is, and the result says whether a part reached the limit or was not finite. */
  bool (*exact)(const Operands *o, size_t part, float limit);
} Level;

/* This processor's best level. */
const Level *level_best(void);
/* The level of that label; NULL where this processor lacks it. */
const Level *level_find(const char *label);

#endif
