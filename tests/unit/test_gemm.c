/* Matrix products against three plain loops: every transposition, with and without accumulation, every
 * combination of small, odd and larger sizes, zero included. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/math/blas.h"
#include "gantrain/math/gemm.h"
#include "ref.h"

enum { LARGEST = 100 };

static const size_t lengths[] = {0, 1, 3, 17, 64, LARGEST};
#define LENGTHS (sizeof lengths / sizeof *lengths)

typedef struct Operands {
  float *A, *B, *C, *before;
  double *Ad, *Bd, *Cd;
} Operands;

/* A sum of K products of numbers in (-1, 1): the rounding error grows at most with K. */
static void check_product(Operands *o, GemmTranspose transpose, size_t M, size_t N, size_t K,
                          int accumulate) {
  memcpy(o->C, o->before, (M * N + 1) * sizeof *o->C);
  ref_widen(o->Cd, o->before, M * N);
  gemm(o->C, o->A, o->B, transpose, M, N, K, accumulate);
  ref_gemm(o->Cd, o->Ad, o->Bd, transpose, M, N, K, accumulate);
  assert_true(ref_close("gemm", o->C, o->Cd, M * N, FLT_EPSILON, FLT_EPSILON * (double)(K + 1)));
  assert_true(o->C[M * N] == o->before[M * N]); /* nothing behind the end */
}

/* Rows and terms at places: those of a dense product in another order, with gaps between them. */
enum { GAP = 5 };

static void scatter_rows(float *to, uint32_t *at, const float *from, size_t rows, size_t length,
                         size_t step) {
  for (size_t i = 0; i < rows; i++) {
    at[i] = (uint32_t)((i * step % rows) * (length + GAP));
    memcpy(to + at[i], from + i * length, length * sizeof *to);
  }
}

static void check_places(Operands *o, size_t M, size_t N, size_t K) {
  static float A[LARGEST * (LARGEST + GAP)], B[LARGEST * (LARGEST + GAP)], C[LARGEST * (LARGEST + GAP)];
  uint32_t a_at[LARGEST], b_at[LARGEST], c_at[LARGEST];
  const size_t step = 7; /* prime to all lengths */
  double tolerance = FLT_EPSILON * (double)(K + 1);
  for (int t = 0; t < 2; t++) {
    GemmTranspose transpose = t == 0 ? GEMM_NN : GEMM_NT;
    memset(C, 0, sizeof C);
    scatter_rows(A, a_at, o->A, M, K, step);
    scatter_rows(C, c_at, o->before, M, N, step);
    gemm_rows(C, c_at, A, a_at, o->B, transpose, M, N, K);
    ref_widen(o->Cd, o->before, M * N);
    ref_gemm(o->Cd, o->Ad, o->Bd, transpose, M, N, K, 1);
    for (size_t m = 0; m < M; m++) {
      assert_true(ref_close("gemm_rows", C + c_at[m], o->Cd + m * N, N, FLT_EPSILON, tolerance));
      for (size_t gap = 0; gap < GAP; gap++) {
        assert_true(C[c_at[m] + N + gap] == 0.0F);
      }
    }
  }
  scatter_rows(A, a_at, o->A, K, M, step);
  scatter_rows(B, b_at, o->B, K, N, step);
  memcpy(o->C, o->before, (M * N + 1) * sizeof *o->C);
  gemm_terms(o->C, A, a_at, B, b_at, M, N, K);
  ref_widen(o->Cd, o->before, M * N);
  ref_gemm(o->Cd, o->Ad, o->Bd, GEMM_TN, M, N, K, 1);
  assert_true(ref_close("gemm_terms", o->C, o->Cd, M * N, FLT_EPSILON, tolerance));
  assert_true(o->C[M * N] == o->before[M * N]);
}

/* With a bias: what was in C does not matter. */
static void check_bias(Operands *o, size_t M, size_t N, size_t K) {
  memcpy(o->C, o->before, (M * N + 1) * sizeof *o->C);
  gemm_bias(o->C, o->A, o->B, o->before, M, N, K);
  ref_gemm(o->Cd, o->Ad, o->Bd, GEMM_NN, M, N, K, 0);
  for (size_t i = 0; i < M * N; i++) {
    o->Cd[i] += (double)o->before[i % N];
  }
  assert_true(ref_close("gemm_bias", o->C, o->Cd, M * N, FLT_EPSILON, FLT_EPSILON * (double)(K + 1)));
  assert_true(o->C[M * N] == o->before[M * N]);
}

static void test_products(void **state) {
  (void)state;
  size_t n = (size_t)LARGEST * LARGEST;
  Operands o = {ref_floats(n),  ref_floats(n),  ref_floats(n + 1), ref_floats(n + 1),
                ref_doubles(n), ref_doubles(n), ref_doubles(n)};
  ref_fill(o.A, n, 1.0, 1);
  ref_fill(o.B, n, 1.0, 2);
  ref_fill(o.before, n + 1, 1.0, 3);
  ref_widen(o.Ad, o.A, n);
  ref_widen(o.Bd, o.B, n);
  for (size_t i = 0; i < LENGTHS * LENGTHS * LENGTHS * 6; i++) {
    size_t sizes = i / 6, M = lengths[sizes % LENGTHS], N = lengths[sizes / LENGTHS % LENGTHS],
           K = lengths[sizes / LENGTHS / LENGTHS];
    check_product(&o, (GemmTranspose)(i % 3), M, N, K, (int)(i / 3 % 2));
    if (i % 6 == 0) {
      check_places(&o, M, N, K);
      check_bias(&o, M, N, K);
    }
  }
  void *blocks[] = {o.A, o.B, o.C, o.before, o.Ad, o.Bd, o.Cd};
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    free(blocks[b]);
  }
}

/* Without accumulation the old contents of C do not matter, even where they are NaN. */
static void test_nan_is_overwritten(void **state) {
  (void)state;
  float A[6] = {1, 2, 3, 4, 5, 6}, B[3] = {1, 10, 100}, C[2] = {NAN, NAN};
  gemm(C, A, B, GEMM_NN, 2, 1, 3, GEMM_OVERWRITE);
  assert_true(C[0] == 321.0F && C[1] == 654.0F);
  C[0] = NAN;
  gemm(C, A, B, GEMM_NN, 2, 1, 0, GEMM_OVERWRITE);
  assert_true(C[0] == 0.0F && C[1] == 0.0F);
}

static void test_nan_in_goes_out(void **state) {
  (void)state;
  float A[4] = {1, NAN, 3, 4}, B[4] = {1, 0, 0, 1}, C[4];
  gemm(C, A, B, GEMM_NN, 2, 2, 2, GEMM_OVERWRITE);
  assert_true(isnan(C[1]) && isnan(C[0]) && C[2] == 3.0F && C[3] == 4.0F);
}

/* A row has the same bits whatever rows are computed with it: --exact and every shard border depend on it.
 */
static void test_rows_are_independent(void **state) {
  (void)state;
  enum { M = 37, N = 100, K = 331 };
  static float A[M * K], B[K * N], whole[M * N], part[M * N];
  RngKey key = {.seed = 5};
  rng_normal(A, key, 0, 1, M * K);
  rng_normal(B, key, 1, 1, K * N);
  for (int t = 0; t < 2; t++) {
    GemmTranspose transpose = t == 0 ? GEMM_NN : GEMM_NT;
    gemm(whole, A, B, transpose, M, N, K, GEMM_OVERWRITE);
    for (size_t rows = 1; rows <= 17; rows++) {
      for (size_t m = 0; m < M; m += rows) {
        size_t count = M - m < rows ? M - m : rows;
        gemm(part + m * N, A + m * K, B, transpose, count, N, K, GEMM_OVERWRITE);
      }
      assert_memory_equal(part, whole, sizeof whole);
    }
  }
}

/* The other levels of this processor, each through every test above. */
static void test_all_levels(void **state) {
  static const char *const labels[] = {"AVX2", "baseline"};
  const char *best = gemm_description();
  for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
    if (gemm_choose(labels[i])) {
      test_products(state);
      test_nan_is_overwritten(state);
      test_nan_in_goes_out(state);
      test_rows_are_independent(state);
    } else {
      print_message("this processor has no %s\n", labels[i]);
    }
  }
  assert_true(gemm_choose(best));
  assert_false(gemm_choose("no such level"));
}

static void test_blas(void **state) {
  (void)state;
  float A[6] = {1, 2, 3, 4, 5, 6}, B[3] = {1, 10, 100}, C[2] = {NAN, NAN};
  blas_sgemm(C, A, B, 2, 1, 3);
  assert_true(C[0] == 321.0F && C[1] == 654.0F);
  assert_non_null(strstr(blas_description(), "OpenBLAS"));
  const char *better = blas_better_core(); /* of this machine; NULL is an answer too */
  if (better != NULL) {
    assert_null(strchr(better, ' '));
    setenv("OPENBLAS_CORETYPE", better, 1);
    assert_null(blas_better_core()); /* the user's choice stands */
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_products),        cmocka_unit_test(test_nan_is_overwritten),
      cmocka_unit_test(test_nan_in_goes_out), cmocka_unit_test(test_rows_are_independent),
      cmocka_unit_test(test_all_levels),      cmocka_unit_test(test_blas),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
