/* Exact sums: the promises of gantrain/math/exact.h against long double, at every kernel level, and that the
 * kernels under them give an element the same bits wherever it stands. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/math/exact.h"
#include "gantrain/math/gemm.h"
#include "gantrain/math/kernels.h"
#include "gantrain/nn/loss.h"
#include "ref.h"

/* Always the same draws, evenly over (0, 1). */
static uint32_t draws;

static double draw(void) {
  return (ref_word((RngKey){7, 4, 0}, 0, draws++) + 0.5) / 4294967296.0;
}

/* --- single sums --- */

static void add_part(int64_t *sum, double value, int bits) {
  exact_add(sum, &value, 1, bits);
}

/* A part is cut toward zero to a multiple of 2^-bits. */
static void test_parts_are_cut(void **state) {
  (void)state;
  const struct {
    double value;
    int64_t units;
  } cases[] = {
      {0.0, 0},         {-0.0, 0},      {1.0, 1 << 10},     {-1.0, -(1 << 10)}, {0x1p-10, 1},
      {-0x1p-10, -1},   {0x1.8p-10, 1}, {-0x1.8p-10, -1},   {0x1p-11, 0},       {-0x1p-11, 0},
      {0x1.fffp-11, 0}, {DBL_MIN, 0},   {-DBL_TRUE_MIN, 0}, {3.75, 3840},       {0x1.8p51, (int64_t)3 << 60}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t sum = 0;
    add_part(&sum, cases[i].value, 10);
    assert_true(sum == cases[i].units);
    assert_true(exact_value(sum, 10) == (double)cases[i].units / 1024.0);
    assert_false(exact_overflowed());
  }
}

/* A part that does not fit is left out, and the thread's overflow is recorded once. */
static void test_what_does_not_fit_is_noted(void **state) {
  (void)state;
  const double misfits[] = {NAN, -NAN, INFINITY, -INFINITY, DBL_MAX, -DBL_MAX, 0x1p52, -0x1p52, 0x1p62};
  for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++) {
    int64_t sum = 17;
    add_part(&sum, misfits[i], 10);
    assert_true(sum == 17);
    assert_true(exact_overflowed());
    assert_false(exact_overflowed());
  }
  int64_t sum = 0;
  add_part(&sum, nextafter(0x1p52, 0.0), 10);
  add_part(&sum, -nextafter(0x1p52, 0.0), 10);
  assert_true(sum == 0 && !exact_overflowed());
  exact_record_overflow();
  assert_true(exact_overflowed() && !exact_overflowed());
}

/* Two parts that fit, but whose sum does not. */
static void test_sums_that_overflow_are_noted(void **state) {
  (void)state;
  for (int sign = -1; sign <= 1; sign += 2) {
    int64_t sum = 0;
    add_part(&sum, sign * 0x1.8p51, 10);
    assert_false(exact_overflowed());
    add_part(&sum, sign * 0x1.8p51, 10);
    assert_true(exact_overflowed());
  }
}

/* The sum of the greatest number of parts, each as large as the limit allows, fits into int64. */
static void test_the_limit_keeps_sums_whole(void **state) {
  (void)state;
  const size_t parts[] = {0, 1, 2, 3, 7, 16, 1000, 4097, 100000};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    double limit = (double)exact_limit(parts[i]), count = parts[i] == 0 ? 1.0 : (double)parts[i];
    assert_true(limit > 0.0 && limit * 0x1p44 * count <= 0x1p62 * (1.0 + 0x1p-23));
    int64_t sum = 0;
    double largest[1] = {(double)nextafterf((float)limit, 0.0F)};
    for (size_t p = 0; p < parts[i]; p++) {
      gradient_add_values(&(GradientSum){.exact = &sum, .limit = (float)limit}, 0, largest, 1);
    }
    assert_false(exact_overflowed());
    assert_true(parts[i] == 0 || sum > (int64_t)0x1.fp61); /* and no part was left out */
    gradient_add_values(&(GradientSum){.exact = &sum, .limit = (float)limit}, 0, &limit, 1);
    assert_true(exact_overflowed());
  }
}

/* sum + *rest is the sum without the rounding of long double (Neumaier). */
static void add_wide(long double *sum, long double *rest, long double value) {
  long double next = *sum + value;
  *rest += fabsl(*sum) >= fabsl(value) ? (*sum - next) + value : (value - next) + *sum;
  *sum = next;
}

enum { SUMMED = 5000 };

/* Kinds of data: even, wide magnitudes, pairs that cancel, one giant among dwarfs, all below a unit. */
enum { EVEN, WIDE, CANCELLING, GIANT, DWARFS, KINDS };

static void fill_kind(double *values, size_t n, int kind, int bits) {
  for (size_t i = 0; i < n; i++) {
    double value = 2.0 * draw() - 1.0;
    switch (kind) {
      case WIDE:
        value = ldexp(value, (int)(60.0 * draw()) - 50);
        break;
      case CANCELLING:
        value = i % 2 == 0 ? 1000.0 * value : -values[i - 1] * (1.0 + 0x1p-40);
        break;
      case GIANT:
        value = i == n / 2 ? 4096.0 : ldexp(value, -30);
        break;
      case DWARFS:
        value = ldexp(value, -bits);
        break;
      default:
        break;
    }
    values[i] = value;
  }
}

static void shuffle(double *values, size_t n) {
  for (size_t i = n; i > 1; i--) {
    size_t j = (size_t)(draw() * (double)i);
    double keep = values[i - 1];
    values[i - 1] = values[j];
    values[j] = keep;
  }
}

/* Many sums at once are each the sum of its own parts. */
static void test_many_sums(void **state) {
  (void)state;
  enum { COUNT = 37 };
  double values[COUNT];
  int64_t sums[COUNT] = {0}, singles[COUNT] = {0};
  draws = 0;
  for (int round = 0; round < 20; round++) {
    for (size_t i = 0; i < COUNT; i++) {
      values[i] = 100.0 * draw() - 50.0;
      add_part(&singles[i], values[i], EXACT_LOSS_BITS);
    }
    exact_add(sums, values, COUNT, EXACT_LOSS_BITS);
  }
  assert_memory_equal(sums, singles, sizeof sums);
  values[35] = NAN;
  exact_add(sums, values, 35, EXACT_LOSS_BITS);
  assert_false(exact_overflowed());
  exact_add(sums, values, COUNT, EXACT_LOSS_BITS);
  assert_true(exact_overflowed());
}

static int64_t sum_of(const double *values, size_t n, int bits) {
  int64_t sum = 0;
  for (size_t i = 0; i < n; i++) {
    add_part(&sum, values[i], bits);
  }
  return sum;
}

/* A parts: within A 2^-bits of their sum, in every order the same, also when summed group by group. */
static void test_error_bound_and_order(void **state) {
  (void)state;
  static double values[SUMMED];
  const int scales[] = {EXACT_MOMENT_BITS, EXACT_LOSS_BITS, EXACT_GRADIENT_BITS};
  draws = 0;
  for (int i = 0; i < KINDS * 3; i++) {
    int bits = scales[i / KINDS];
    fill_kind(values, SUMMED, i % KINDS, bits);
    long double sum = 0.0L, rest = 0.0L;
    for (size_t v = 0; v < SUMMED; v++) {
      add_wide(&sum, &rest, (long double)values[v]);
    }
    int64_t exact = sum_of(values, SUMMED, bits);
    long double difference = fabsl(((long double)exact_value(exact, bits) - sum) - rest);
    assert_true(difference <= SUMMED * ldexpl(1.0L, -bits) + fabsl(sum) * 0x1p-53L);
    for (int round = 0; round < 5; round++) {
      int64_t by_groups = 0;
      shuffle(values, SUMMED);
      assert_true(sum_of(values, SUMMED, bits) == exact);
      for (size_t first = 0, count; first < SUMMED; first += count) {
        count = 1 + (size_t)(draw() * 700.0);
        count = count < SUMMED - first ? count : SUMMED - first;
        by_groups += sum_of(values + first, count, bits);
      }
      assert_true(by_groups == exact);
    }
  }
  assert_false(exact_overflowed());
}

/* A float of magnitude 2^(23 - bits) or more is a whole number of units. */
static void test_large_floats_are_not_cut(void **state) {
  (void)state;
  draws = 0;
  for (int i = 0; i < 20000; i++) {
    float value = (float)ldexp((1.0 + draw()) * (i % 2 == 0 ? 1.0 : -1.0),
                               23 - EXACT_GRADIENT_BITS + (int)(20.0 * draw()));
    int64_t sum = 0;
    float back;
    add_part(&sum, (double)value, EXACT_GRADIENT_BITS);
    exact_gradients(&back, &sum, 1);
    assert_true(exact_value(sum, EXACT_GRADIENT_BITS) == (double)value && back == value);
  }
}

/* --- gradients --- */

/* C += A^T B with every part formed by gemm alone and cut by hand: the bits that gemm_exact must give. */
static void add_by_parts(int64_t *C, const float *A, const float *B, size_t M, size_t N, size_t K,
                         size_t group) {
  float *product = ref_floats(M * N);
  size_t parts = (group + 159) / 160, part = group == 0 ? 0 : (group + parts - 1) / parts;
  for (size_t first = 0; first < K; first += group) {
    for (size_t k = 0, depth; k < group; k += depth) {
      depth = group - k < part ? group - k : part;
      gemm(product, A + (first + k) * M, B + (first + k) * N, GEMM_TN, M, N, depth, GEMM_OVERWRITE);
      for (size_t i = 0; i < M * N; i++) {
        C[i] += (int64_t)trunc(ldexp((double)product[i], EXACT_GRADIENT_BITS));
      }
    }
  }
  free(product);
}

/* Against sums in long double: cutting K/part parts, and the rounding of each in float. */
static void check_near(const int64_t *C, const float *A, const float *B, size_t M, size_t N, size_t K) {
  for (size_t m = 0; m < M; m++) {
    for (size_t n = 0; n < N; n++) {
      long double sum = 0.0L, size = 0.0L;
      for (size_t k = 0; k < K; k++) {
        long double term = (long double)A[k * M + m] * (long double)B[k * N + n];
        sum += term;
        size += fabsl(term);
      }
      size_t deep = K < 160 ? K : 160;
      long double bound = (long double)K * 0x1p-44L + (long double)(deep + 1) * 0x1p-24L * size;
      assert_true(fabsl((long double)exact_value(C[m * N + n], EXACT_GRADIENT_BITS) - sum) <= bound);
    }
  }
}

static void check_product(size_t M, size_t N, size_t group, size_t groups, double size) {
  size_t K = group * groups;
  float *A = ref_floats(K * M), *B = ref_floats(K * N);
  int64_t *C = calloc(M * N + 1, sizeof *C), *expected = calloc(M * N + 1, sizeof *C);
  assert_true(C != NULL && expected != NULL);
  ref_fill(A, K * M, size, (uint32_t)(3 * M + K));
  ref_fill(B, K * N, 1.0, (uint32_t)(5 * N + K));
  C[M * N] = 99; /* nothing behind the end */
  assert_true(gemm_exact(C, A, B, M, N, K, group, exact_limit(K)));
  assert_true(C[M * N] == 99);
  C[M * N] = 0;
  add_by_parts(expected, A, B, M, N, K, group);
  assert_memory_equal(C, expected, (M * N + 1) * sizeof *C);
  check_near(C, A, B, M, N, K);
  /* Group by group from the last, and through the layers' function: the same bits, on top of what is there.
   */
  GradientSum to = {.exact = C, .limit = exact_limit(K)};
  for (size_t g = groups; g-- > 0;) {
    gradient_add_product(&to, 0, A + g * group * M, B + g * group * N, M, N, group, group);
  }
  for (size_t i = 0; i < M * N; i++) {
    assert_true(C[i] == 2 * expected[i]);
  }
  /* And through tables of places, where a group is one part. */
  uint32_t a_at[GEMM_TERMS_MAX], b_at[GEMM_TERMS_MAX];
  for (size_t g = 0; g < groups && group <= GEMM_TERMS_MAX; g++) {
    for (size_t k = 0; k < group; k++) {
      a_at[k] = (uint32_t)((g * group + k) * M);
      b_at[k] = (uint32_t)((g * group + k) * N);
    }
    gradient_add_terms(&to, 0, A, a_at, B, b_at, M, N, group);
  }
  for (size_t i = 0; i < M * N; i++) {
    assert_true(C[i] == (group <= GEMM_TERMS_MAX ? 3 : 2) * expected[i]);
  }
  assert_false(exact_overflowed());
  free(A);
  free(B);
  free(C);
  free(expected);
}

static const char *const levels[] = {"AVX-512", "AVX2", "baseline"};
#define LEVELS (sizeof levels / sizeof *levels)

/* Runs `check` at every level that this processor has. */
static void at_all_levels(void (*check)(void)) {
  const char *best = gemm_description();
  for (size_t i = 0; i < LEVELS; i++) {
    if (gemm_choose(levels[i])) {
      check();
    } else {
      print_message("this processor has no %s\n", levels[i]);
    }
  }
  assert_true(gemm_choose(best));
}

static void check_products(void) {
  const size_t lengths[] = {0, 1, 2, 3, 7, 8, 15, 16, 17, 33, 48, 49, 100};
  const struct {
    size_t group, groups;
  } cuts[] = {{1, 1},   {1, 7},   {3, 5},   {16, 16}, {53, 3},  {80, 2},  {81, 2},  {100, 3},
              {160, 1}, {160, 3}, {161, 1}, {161, 3}, {320, 2}, {321, 2}, {512, 2}, {700, 1}};
  const size_t count = sizeof lengths / sizeof *lengths, cut_count = sizeof cuts / sizeof *cuts;
  for (size_t i = 0; i < count * count; i++) {
    for (size_t c = i % 3; c < cut_count; c += 3) { /* each cut at a third of all shapes */
      check_product(lengths[i % count], lengths[i / count], cuts[c].group, cuts[c].groups, 1.0);
    }
  }
  check_product(100, 128, 16, 16, 1.0); /* shapes of mlp */
  check_product(784, 128, 16, 2, 1e-6); /* mostly below 2^-21: cut */
  check_product(5, 130, 16, 3, 1000.0);
}

static void test_products(void **state) {
  (void)state;
  at_all_levels(check_products);
}

/* A part that is not finite or reaches the limit is recorded, wherever in a tile it is. */
static void check_misfits(void) {
  enum { M = 9, N = 50, GROUP = 4, GROUPS = 3, K = GROUP * GROUPS };
  const float misfits[] = {NAN, INFINITY, -INFINITY, 1e9F, -1e9F, 3e38F};
  static float A[K * M], B[K * N];
  for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++) {
    for (size_t at = i; at < (size_t)K * M; at += 7) {
      int64_t C[M * N] = {0}, expected[M * N] = {0};
      size_t m = at % M; /* the row of C that is spoilt */
      ref_fill(A, (size_t)K * M, 1.0, 1);
      for (size_t b = 0; b < (size_t)K * N; b++) {
        B[b] = 1.0F;
      }
      add_by_parts(expected, A, B, M, N, K, GROUP);
      A[at] = misfits[i];
      assert_false(gemm_exact(C, A, B, M, N, K, GROUP, exact_limit(1000)));
      for (size_t c = 0; c < (size_t)M * N; c++) {
        assert_true(c / N == m || C[c] == expected[c]);
      }
      GradientSum to = {.exact = C, .limit = exact_limit(1000)};
      gradient_add_product(&to, 0, A, B, M, N, K, GROUP);
      assert_true(exact_overflowed());
      uint32_t a_at[K], b_at[K];
      for (uint32_t k = 0; k < K; k++) {
        a_at[k] = k * M;
        b_at[k] = k * N;
      }
      gradient_add_terms(&to, 0, A, a_at, B, b_at, M, N, K);
      assert_true(exact_overflowed());
    }
  }
}

static void test_misfits_in_products(void **state) {
  (void)state;
  at_all_levels(check_misfits);
}

/* Column sums: exact by groups, and in float as bias_backward has them. */
static void test_columns(void **state) {
  (void)state;
  const size_t shapes[][3] = {{0, 5, 1},   {1, 1, 1},   {12, 3, 4},      {12, 65, 6}, {48, 128, 3},
                              {9, 255, 9}, {8, 256, 2}, {300, 257, 100}, {6, 1000, 2}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    size_t N = shapes[s][0], C = shapes[s][1], group = shapes[s][2];
    float *dy = ref_floats(N * C), *sum = ref_floats(C + 3), *same = ref_floats(C + 3);
    int64_t *exact = calloc(C + 3, sizeof *exact), *expected = calloc(C + 3, sizeof *expected);
    ref_fill(dy, N * C, 3.0, (uint32_t)s);
    ref_fill(sum, C + 3, 1.0, 50);
    memcpy(same, sum, (C + 3) * sizeof *sum);
    gradient_add_columns(&(GradientSum){.sum = sum}, 2, dy, N, C, group);
    bias_backward(same + 2, dy, N, C);
    assert_memory_equal(sum, same, (C + 3) * sizeof *sum);
    gradient_add_columns(&(GradientSum){.exact = exact, .limit = exact_limit(N)}, 2, dy, N, C, group);
    for (size_t c = 0; c < C; c++) {
      long double whole = 0.0L;
      for (size_t n = 0; n < N; n++) {
        whole += (long double)dy[n * C + c];
      }
      for (size_t first = 0; first < N; first += group) {
        double part = 0.0;
        for (size_t n = first; n < first + group; n++) {
          part += (double)dy[n * C + c];
        }
        add_part(&expected[2 + c], part, EXACT_GRADIENT_BITS);
      }
      long double bound = (long double)N * (0x1p-44L + 0x1p-53L * 3.0L * (long double)N) + 0x1p-52L;
      assert_true(fabsl((long double)exact_value(exact[2 + c], EXACT_GRADIENT_BITS) - whole) <= bound);
    }
    assert_memory_equal(exact, expected, (C + 3) * sizeof *exact);
    free(dy);
    free(sum);
    free(same);
    free(exact);
    free(expected);
  }
  assert_false(exact_overflowed());
}

static void test_values(void **state) {
  (void)state;
  const double values[] = {1.5, -0x1p-44, 0x1p-45, 12345.678, -3.25};
  enum { COUNT = sizeof values / sizeof *values };
  float sum[COUNT + 1] = {0.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F};
  int64_t exact[COUNT + 1] = {0, 1, 1, 1, 1, 1};
  gradient_add_values(&(GradientSum){.sum = sum}, 1, values, COUNT);
  gradient_add_values(&(GradientSum){.exact = exact, .limit = exact_limit(4)}, 1, values, COUNT);
  assert_true(sum[0] == 0.0F && exact[0] == 0);
  for (size_t i = 0; i < COUNT; i++) {
    assert_true(sum[i + 1] == 1.0F + (float)values[i]);
    assert_true(exact[i + 1] == 1 + (int64_t)(values[i] * 0x1p44));
  }
  const double misfits[] = {NAN, INFINITY, -INFINITY, 1e30, (double)exact_limit(4)};
  for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++) {
    gradient_add_values(&(GradientSum){.exact = exact, .limit = exact_limit(4)}, 0, &misfits[i], 1);
    assert_true(exact_overflowed() && exact[0] == 0);
  }
}

/* out[i] is the float nearest to sums[i] 2^-44. */
static void test_gradients_are_rounded_once(void **state) {
  (void)state;
  enum { COUNT = 1003 };
  static int64_t sums[COUNT];
  static float out[COUNT];
  draws = 0;
  for (size_t i = 0; i < COUNT; i++) {
    sums[i] = (int64_t)ldexp(2.0 * draw() - 1.0, 1 + (int)(51.0 * draw())); /* whole in a double */
  }
  exact_gradients(out, sums, COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    assert_true(out[i] == (float)ldexp((double)sums[i], -EXACT_GRADIENT_BITS));
  }
}

/* --- positions --- */

/* A kernel from up to three arrays of n values to `outputs` arrays, element by element. */
enum { WIDTH = 64, OFFSETS = 18, LENGTHS = 41, INPUTS = 4 };

typedef struct Elementwise {
  const char *name;
  void (*run)(float *out[2], const float *in[INPUTS], size_t n);
  int outputs;
} Elementwise;

static void run_leaky(float *out[2], const float *in[INPUTS], size_t n) {
  leaky_relu_forward(out[0], in[0], 0.2F, n);
  leaky_relu_backward(out[1], in[1], in[0], 0.2F, n);
}

static void run_tanh(float *out[2], const float *in[INPUTS], size_t n) {
  tanh_forward(out[0], in[0], n);
  tanh_backward(out[1], in[1], in[2], n);
}

static void run_sigmoid(float *out[2], const float *in[INPUTS], size_t n) {
  sigmoid_forward(out[0], in[0], n);
  sigmoid_backward(out[1], in[1], in[2], n);
}

static void run_dropout(float *out[2], const float *in[INPUTS], size_t n) {
  dropout_apply(out[0], in[0], in[1], n);
  memcpy(out[1], in[0], n * sizeof **out);
  dropout_apply(out[1], out[1], in[1], n); /* in place */
}

static void run_in_place(float *out[2], const float *in[INPUTS], size_t n) {
  memcpy(out[0], in[1], n * sizeof **out);
  tanh_backward(out[0], out[0], in[2], n);
  memcpy(out[1], in[1], n * sizeof **out);
  sigmoid_backward(out[1], out[1], in[2], n);
}

static void run_bias(float *out[2], const float *in[INPUTS], size_t n) {
  memcpy(out[0], in[0], n * sizeof **out);
  bias_forward(out[0], in[1], 1, n);
  memcpy(out[1], in[1], n * sizeof **out);
}

/* In one row of n channels; then on top of its own input. */
static void run_norm(float *out[2], const float *in[INPUTS], size_t n) {
  norm_forward(out[0], in[0], in[1], in[2], in[3], in[1], 1, n);
  memcpy(out[1], in[0], n * sizeof **out);
  norm_forward(out[1], out[1], in[1], in[2], in[3], in[1], 1, n);
}

static void run_norm_backward(float *out[2], const float *in[INPUTS], size_t n) {
  double sums[2 * WIDTH];
  for (size_t i = 0; i < n; i++) {
    sums[i] = (double)in[2][i] * 3.0;
    sums[n + i] = (double)in[3][i] * 5.0;
  }
  norm_backward(out[0], in[0], in[1], in[2], in[3], in[1], sums, 48.0, 1, n);
  memcpy(out[1], in[0], n * sizeof **out);
  norm_backward(out[1], out[1], in[1], in[2], in[3], in[1], sums, 48.0, 1, n);
}

static void run_pixels(float *out[2], const float *in[INPUTS], size_t n) {
  const uint32_t row = 0;
  uint8_t pixels[WIDTH];
  pixels_gather_f32(out[0], in[0], &row, 0.37F, -0.9F, 1, n);
  pixels_to_u8(pixels, in[0], n);
  pixels_gather_u8(out[1], pixels, &row, 1.0F / 127.5F, -1.0F, 1, n);
}

static void run_adam(float *out[2], const float *in[INPUTS], size_t n) {
  float v[WIDTH];
  memcpy(out[0], in[0], n * sizeof **out);
  memcpy(out[1], in[1], n * sizeof **out);
  for (size_t i = 0; i < n; i++) {
    v[i] = fabsf(in[2][i]);
  }
  adam_step(out[0], out[1], v, in[3], n, 7, (AdamSettings){2e-4, 0.5, 0.999, 1e-7});
}

static void run_loss(float *out[2], const float *in[INPUTS], size_t n) {
  double sum;
  loss_sum(out[0], in[0], n, loss_at(0)->real, 0.5F / 48.0F, &sum);
  loss_sum(out[1], in[1], n, loss_at(0)->fake, 1.0F / 48.0F, &sum);
}

static void run_gradients(float *out[2], const float *in[INPUTS], size_t n) {
  int64_t sums[WIDTH];
  for (size_t i = 0; i < n; i++) {
    sums[i] = (int64_t)((double)in[0][i] * 0x1p50);
  }
  exact_gradients(out[0], sums, n);
  memcpy(out[1], in[1], n * sizeof **out);
}

static const Elementwise elementwise[] = {
    {"leaky_relu", run_leaky, 2},
    {"tanh", run_tanh, 2},
    {"sigmoid", run_sigmoid, 2},
    {"dropout_apply", run_dropout, 2},
    {"backward in place", run_in_place, 2},
    {"bias_forward", run_bias, 2},
    {"norm_forward", run_norm, 2},
    {"norm_backward", run_norm_backward, 2},
    {"pixels", run_pixels, 2},
    {"adam", run_adam, 2},
    {"loss_sum", run_loss, 2},
    {"exact_gradients", run_gradients, 2},
};

/* The bits of an element depend on its inputs alone: not on where the array begins or ends. */
static void check_positions(const Elementwise *kernel) {
  float values[INPUTS][WIDTH], whole[2][WIDTH], part[2][WIDTH + OFFSETS];
  const float *in[INPUTS];
  for (size_t i = 0; i < INPUTS; i++) {
    ref_fill(values[i], WIDTH, i == 2 ? 0.99 : 3.0, (uint32_t)(11 + i));
  }
  for (size_t e = 0; e < WIDTH; e++) { /* one element at a time: the plainest code */
    for (size_t i = 0; i < INPUTS; i++) {
      in[i] = values[i] + e;
    }
    kernel->run((float *[2]){&whole[0][e], &whole[1][e]}, in, 1);
  }
  for (size_t i = 0; i < (size_t)OFFSETS * LENGTHS * 3; i++) {
    size_t offset = i % OFFSETS, length = i / OFFSETS % LENGTHS, shift = i / OFFSETS / LENGTHS * 5;
    length = length < WIDTH - offset ? length : WIDTH - offset;
    for (size_t k = 0; k < INPUTS; k++) {
      in[k] = values[k] + offset;
    }
    memset(part, 0, sizeof part);
    kernel->run((float *[2]){part[0] + shift, part[1] + shift}, in, length);
    for (int o = 0; o < kernel->outputs; o++) {
      if (memcmp(part[o] + shift, whole[o] + offset, length * sizeof(float)) != 0) {
        fail_msg("%s, output %d: %zu elements from %zu on have other bits than alone", kernel->name, o,
                 length, offset);
      }
    }
  }
}

static void test_positions(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof elementwise / sizeof *elementwise; i++) {
    check_positions(&elementwise[i]);
  }
}

/* Rows of N have the bits of each row alone, whatever the channels. */
static void test_rows(void **state) {
  (void)state;
  enum { N = 19, C_MAX = 70 };
  static float x[N * C_MAX], dy[N * C_MAX], y[N * C_MAX], dx[N * C_MAX], row[C_MAX], drow[C_MAX];
  float channel[4][C_MAX];
  double sums[2 * C_MAX];
  ref_fill(x, (size_t)N * C_MAX, 3.0, 1);
  ref_fill(dy, (size_t)N * C_MAX, 1.0, 2);
  for (uint32_t i = 0; i < 4; i++) {
    ref_fill(channel[i], C_MAX, 2.0, 3 + i);
  }
  for (size_t C = 1; C <= C_MAX; C++) {
    norm_backward_sums(sums, dy, x, channel[0], channel[1], N, C);
    norm_forward(y, x, channel[0], channel[1], channel[2], channel[3], N, C);
    norm_backward(dx, dy, x, channel[0], channel[1], channel[2], sums, N, N, C);
    bias_forward(y, channel[3], N, C);
    for (size_t n = 0; n < N; n++) {
      memcpy(row, x + n * C, C * sizeof *row); /* in place, elsewhere in memory */
      memcpy(drow, dy + n * C, C * sizeof *drow);
      norm_backward(drow, drow, row, channel[0], channel[1], channel[2], sums, N, 1, C);
      norm_forward(row, row, channel[0], channel[1], channel[2], channel[3], 1, C);
      bias_forward(row, channel[3], 1, C);
      assert_memory_equal(row, y + n * C, C * sizeof *row);
      assert_memory_equal(drow, dx + n * C, C * sizeof *drow);
    }
  }
}

/* A shard's sums over its rows have the same bits wherever the shard lies. */
static void test_sums_of_rows(void **state) {
  (void)state;
  enum { N = 7, C_MAX = 130, ROOM = 16 };
  static float x[ROOM + N * C_MAX], dy[ROOM + N * C_MAX], moved[ROOM + N * C_MAX], dmoved[ROOM + N * C_MAX];
  double first[6 * C_MAX], other[6 * C_MAX];
  float mean[C_MAX], inverse_std[C_MAX];
  ref_fill(mean, C_MAX, 1.0, 1);
  ref_fill(inverse_std, C_MAX, 1.0, 2);
  ref_fill(x, (size_t)N * C_MAX, 3.0, 3);
  ref_fill(dy, (size_t)N * C_MAX, 3.0, 4);
  for (size_t C = 1; C <= C_MAX; C += C < 20 ? 1 : 11) {
    norm_moments(first, x, N, C);
    norm_backward_sums(first + 2 * C, dy, x, mean, inverse_std, N, C);
    column_sums(first + 4 * C, dy, C, N, C);
    for (size_t shift = 1; shift < ROOM; shift++) {
      memcpy(moved + shift, x, N * C * sizeof *x);
      memcpy(dmoved + shift, dy, N * C * sizeof *dy);
      norm_moments(other, moved + shift, N, C);
      norm_backward_sums(other + 2 * C, dmoved + shift, moved + shift, mean, inverse_std, N, C);
      column_sums(other + 4 * C, dmoved + shift, C, N, C);
      assert_memory_equal(first, other, 5 * C * sizeof *first);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parts_are_cut),
      cmocka_unit_test(test_what_does_not_fit_is_noted),
      cmocka_unit_test(test_sums_that_overflow_are_noted),
      cmocka_unit_test(test_the_limit_keeps_sums_whole),
      cmocka_unit_test(test_many_sums),
      cmocka_unit_test(test_error_bound_and_order),
      cmocka_unit_test(test_large_floats_are_not_cut),
      cmocka_unit_test(test_products),
      cmocka_unit_test(test_misfits_in_products),
      cmocka_unit_test(test_columns),
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_gradients_are_rounded_once),
      cmocka_unit_test(test_positions),
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_sums_of_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
