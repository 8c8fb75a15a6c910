/* The random numbers: known answers, statistics with fixed seeds, and that no number depends on how rows are
 * grouped into calls. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/base/approx.h"
#include "gantrain/base/rng.h"
#include "ref.h"

typedef struct KnownAnswer {
  uint32_t counter[4], key[2], out[4];
} KnownAnswer;

/* From the file kat_vectors of the Random123 distribution, philox4x32 with 10 rounds. */
static const KnownAnswer known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void test_known_answers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const KnownAnswer *k = &known[i];
    uint32_t words[4];
    ref_philox(words, k->counter, k->key);
    assert_memory_equal(words, k->out, sizeof words);
    RngKey key = {(uint64_t)k->key[1] << 32 | k->key[0], k->counter[3], k->counter[2]};
    if (k->counter[0] < 1U << 30) { /* rng_words_from counts words, so it reaches a quarter of the blocks */
      memset(words, 0, sizeof words);
      rng_words_from(words, key, k->counter[1], 4 * k->counter[0], 4);
      assert_memory_equal(words, k->out, sizeof words);
    }
  }
}

#define USE(name, first, numbers) {#name, first, numbers},
static const struct {
  const char *name;
  uint32_t first, numbers;
} uses[] = {RNG_STREAMS(USE)};
#undef USE

/* Every use and, where it has them, every layer has a stream of its own, and with it words of its own: at the
 * same seed, step and sample no two draw the same counter and key. */
static void test_no_two_uses_share_words(void **state) {
  (void)state;
  static uint32_t words[sizeof uses / sizeof *uses * RNG_LAYERS][4];
  static const char *owner[1 << 16];
  size_t count = 0;
  for (size_t u = 0; u < sizeof uses / sizeof *uses; u++) {
    for (uint32_t stream = uses[u].first; stream < uses[u].first + uses[u].numbers; stream++) {
      assert_true(stream < 1 << 16);
      if (owner[stream] != NULL) {
        print_error("stream %u belongs to %s and to %s\n", stream, owner[stream], uses[u].name);
        fail();
      }
      owner[stream] = uses[u].name;
      rng_words(words[count++], (RngKey){.seed = 1, .stream = stream, .step = 2}, 3, 4);
    }
  }
  assert_true(count > 7 * RNG_LAYERS);
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < i; j++) {
      assert_memory_not_equal(words[i], words[j], sizeof words[i]);
    }
  }
}

static void test_words_follow_the_documented_counter(void **state) {
  (void)state;
  RngKey key = {0x0123456789abcdefU, RNG_DROPOUT_FAKE + 3, 4711};
  for (size_t n = 0; n <= 33; n++) {
    uint32_t words[34];
    memset(words, 0xa5, sizeof words);
    rng_words(words, key, 99, n);
    for (size_t i = 0; i < n; i++) {
      assert_int_equal(words[i], ref_word(key, 99, i));
    }
    assert_int_equal(words[n], 0xa5a5a5a5U); /* nothing behind the end */
  }
}

static void test_every_part_of_the_key_matters(void **state) {
  (void)state;
  RngKey key = {5, RNG_LATENT_D, 1};
  RngKey others[] = {
      {6, RNG_LATENT_D, 1}, {5 + (1ULL << 32), RNG_LATENT_D, 1}, {5, RNG_LATENT_G, 1}, {5, RNG_LATENT_D, 2}};
  uint32_t words[64], other[64];
  rng_words(words, key, 0, 64);
  for (size_t k = 0; k <= sizeof others / sizeof *others; k++) {
    if (k < sizeof others / sizeof *others) {
      rng_words(other, others[k], 0, 64);
    } else {
      rng_words(other, key, 1, 64);
    }
    for (int i = 0; i < 64; i++) {
      assert_int_not_equal(words[i], other[i]);
    }
  }
}

static void test_normal_is_box_muller(void **state) {
  (void)state;
  RngKey key = {1, RNG_LATENT_D, 7};
  enum { ROWS = 40, N = 301 };
  float *numbers = ref_floats(ROWS * N);
  double *expected = ref_doubles(ROWS * N);
  rng_normal(numbers, key, 1000, ROWS, N);
  for (size_t i = 0; i < ROWS * N; i++) {
    expected[i] = ref_normal(key, 1000 + (uint32_t)(i / N), i % N);
  }
  assert_true(ref_close("normal", numbers, expected, ROWS * N, 1e-6, 1e-6));
  free(numbers);
  free(expected);
}

static void test_rows_do_not_depend_on_grouping(void **state) {
  (void)state;
  RngKey key = {3, RNG_LATENT_G, 12};
  const size_t sizes[] = {1, 2, 3, 31, 100, 256, 257, 600};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    size_t n = sizes[s];
    float *whole = ref_floats(10 * n), *parts = ref_floats(10 * n);
    rng_normal(whole, key, 50, 10, n);
    rng_normal(parts, key, 50, 3, n);
    rng_normal(parts + 3 * n, key, 53, 1, n);
    rng_normal(parts + 4 * n, key, 54, 0, n);
    rng_normal(parts + 4 * n, key, 54, 6, n);
    assert_memory_equal(whole, parts, 10 * n * sizeof *whole);
    float *shorter = ref_floats(n);
    rng_normal(shorter, key, 50, 1, n - 1); /* the head of a row does not depend on its length */
    assert_memory_equal(whole, shorter, (n - 1) * sizeof *whole);
    free(whole);
    free(parts);
    free(shorter);
  }
}

static int compare_floats(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* Largest distance between the empirical distribution of sorted x[n] and cdf, times sqrt(n). */
static double kolmogorov(float *x, size_t n, double (*cdf)(double)) {
  double worst = 0.0;
  qsort(x, n, sizeof *x, compare_floats);
  for (size_t i = 0; i < n; i++) {
    double p = cdf((double)x[i]);
    worst = fmax(worst, fmax(fabs(p - (double)i / (double)n), fabs(p - (double)(i + 1) / (double)n)));
  }
  return worst * sqrt((double)n);
}

static double cdf_normal(double x) {
  return 0.5 * erfc(-x / sqrt(2.0));
}

static double cdf_uniform(double x) {
  return x;
}

/* Bounds: five standard errors of each moment, and 1.95 for Kolmogorov and Smirnov's statistic, which a
 * perfect generator passes with probability 0.999. The seeds are fixed, so the outcome is too. */
static void test_normal_statistics(void **state) {
  (void)state;
  const size_t rows = 10000, n = 100, total = rows * n;
  float *x = ref_floats(total);
  rng_normal(x, (RngKey){2024, RNG_LATENT_D, 0}, 0, rows, n);
  double sum[5] = {0}, neighbours = 0.0, below = 0.0;
  for (size_t i = 0; i < total; i++) {
    double power = 1.0;
    for (int k = 1; k <= 4; k++) {
      power *= (double)x[i];
      sum[k] += power;
    }
    neighbours += i % n != 0 ? (double)x[i] * (double)x[i - 1] : 0.0;
    below += i >= n ? (double)x[i] * (double)x[i - n] : 0.0;
  }
  double error = 5.0 / sqrt((double)total);
  assert_true(fabs(sum[1] / (double)total) < error);
  assert_true(fabs(sum[2] / (double)total - 1.0) < sqrt(2.0) * error);
  assert_true(fabs(sum[3] / (double)total) < sqrt(15.0) * error);
  assert_true(fabs(sum[4] / (double)total - 3.0) < sqrt(96.0) * error);
  assert_true(fabs(neighbours / (double)total) < error);
  assert_true(fabs(below / (double)total) < error);
  assert_true(kolmogorov(x, total, cdf_normal) < 1.95);
  free(x);
}

static void test_normal_is_finite(void **state) {
  (void)state;
  const size_t rows = 1000, n = 1000;
  float *x = ref_floats(rows * n);
  float largest = 0.0F;
  for (uint32_t step = 0; step < 10; step++) {
    rng_normal(x, (RngKey){9, RNG_LATENT_SAMPLES, step}, 0, rows, n);
    for (size_t i = 0; i < rows * n; i++) {
      assert_true(isfinite(x[i]));
      largest = fmaxf(largest, fabsf(x[i]));
    }
  }
  assert_true(largest > 4.8F && largest < 6.7F); /* 10^7 draws: 5.3 is usual, 6.6 the most 31 bits can give */
  free(x);
}

/* Box-Muller takes the root of -log u: it must not see log u > 0, also where u is just below 1. */
static void test_log_is_never_positive(void **state) {
  (void)state;
  for (uint32_t i = 0; i <= 1U << 24; i++) {
    float u = 1.0F - (float)i * 0x1p-24F;
    if (u > 0.0F) {
      float y = approx_log(u);
      assert_true(y <= 0.0F);
      double exact = log((double)u);
      assert_true(fabs((double)y - exact) <= 3e-7 * fmax(fabs(exact), 0x1p-20));
    }
  }
  assert_true(fabsf(approx_log(0x1p-31F) + 21.487562597358305F) < 4e-6F);
}

static void test_uniform(void **state) {
  (void)state;
  const size_t total = 1000003;
  RngKey key = {11, RNG_INIT_GENERATOR, 0};
  float *x = ref_floats(total);
  rng_uniform(x, key, 2, total);
  double sum = 0.0;
  for (size_t i = 0; i < total; i++) {
    assert_true(x[i] >= 0.0F && x[i] < 1.0F);
    sum += (double)x[i];
  }
  for (size_t i = 0; i < 1000; i++) {
    assert_true((double)x[i] == floor(ref_word(key, 2, i) / 256.0) / 16777216.0);
  }
  assert_true(fabs(sum / (double)total - 0.5) < 5.0 / sqrt(12.0 * (double)total));
  assert_true(kolmogorov(x, total, cdf_uniform) < 1.95);
  rng_uniform(x, key, 2, 0);
  free(x);
}

static void test_permutation(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 2, 3, 127, 128, 129, 1000, 60000};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    size_t n = sizes[s];
    uint32_t *order = calloc(n + 1, sizeof *order);
    unsigned char *seen = calloc(n + 1, 1);
    order[n] = 0xdeadbeef;
    rng_permutation(order, (RngKey){1, RNG_ORDER, 3}, 0, n);
    for (size_t i = 0; i < n; i++) {
      assert_true(order[i] < n);
      assert_false(seen[order[i]]);
      seen[order[i]] = 1;
    }
    assert_int_equal(order[n], 0xdeadbeef);
    free(order);
    free(seen);
  }
}

/* All 24 orders of four things come equally often: chi squared with 23 degrees of freedom, 49.7 is the 0.999
 * quantile. */
static void test_permutation_is_uniform(void **state) {
  (void)state;
  const uint32_t draws = 24000;
  int counts[256] = {0};
  for (uint32_t i = 0; i < draws; i++) {
    uint32_t order[4];
    rng_permutation(order, (RngKey){4, RNG_ORDER, i}, i % 7, 4);
    counts[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]]++;
  }
  double chi = 0.0, expected = draws / 24.0;
  int kinds = 0;
  for (int i = 0; i < 256; i++) {
    if (counts[i] > 0) {
      kinds++;
      chi += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
  }
  assert_int_equal(kinds, 24);
  assert_true(chi < 49.7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_answers),
      cmocka_unit_test(test_no_two_uses_share_words),
      cmocka_unit_test(test_words_follow_the_documented_counter),
      cmocka_unit_test(test_every_part_of_the_key_matters),
      cmocka_unit_test(test_normal_is_box_muller),
      cmocka_unit_test(test_rows_do_not_depend_on_grouping),
      cmocka_unit_test(test_normal_statistics),
      cmocka_unit_test(test_normal_is_finite),
      cmocka_unit_test(test_log_is_never_positive),
      cmocka_unit_test(test_uniform),
      cmocka_unit_test(test_permutation),
      cmocka_unit_test(test_permutation_is_uniform),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
