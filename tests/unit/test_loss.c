/* The losses: values and slopes against their formulas and differences, sums, and that nothing overflows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/nn/loss.h"
#include "gantrain/options/option_table.h"
#include "ref.h"

static double softplus(double s) {
  return log(1.0 + exp(s));
}

/* The formulas as papers have them, one row a loss: D on real images, on fakes, G; NULL where there is none.
 */
static double ce_real(double s) {
  return softplus(-s);
}
static double ce_fake(double s) {
  return softplus(s);
}
static double minimax(double s) {
  return log(1.0 - 1.0 / (1.0 + exp(-s)));
}
static double ls_real(double s) {
  return pow(s - 1.0, 2.0);
}
static double ls_fake(double s) {
  return pow(s, 2.0);
}
static double ls_generator(double s) {
  return pow(s - 1.0, 2.0) / 2.0;
}
static double hinge_real(double s) {
  return fmax(0.0, 1.0 - s);
}
static double hinge_fake(double s) {
  return fmax(0.0, 1.0 + s);
}
static double negative(double s) {
  return -s;
}
static double itself(double s) {
  return s;
}

static const struct {
  const char *name;
  double (*real)(double), (*fake)(double), (*generator)(double);
} formulas[] = {
    {"cross-entropy", ce_real, ce_fake, ce_real},      {"minimax", ce_real, ce_fake, minimax},
    {"least-squares", ls_real, ls_fake, ls_generator}, {"hinge", hinge_real, hinge_fake, negative},
    {"wasserstein", negative, itself, negative},       {"rpgan", ce_real, NULL, ce_real},
};

/* Value against formula, slope against the central difference of the value in double precision; the scores
 * are no places where a hinge bends. */
static void check_function(const char *name, LossFunction function, double (*formula)(double)) {
  assert_true((function == NULL) == (formula == NULL));
  const double step = 0x1p-12;
  for (int i = -40; i <= 40 && function != NULL; i++) {
    double s = 0.25 * i + 0.1, slope, unused;
    Score here = score_of(s), above = score_of(s + step), below = score_of(s - step);
    double value = function(&here, &slope);
    double difference = (function(&above, &unused) - function(&below, &unused)) / (2.0 * step);
    if (fabs(value - formula(s)) > 1e-9 || fabs(slope - difference) > 1e-7) {
      print_error("%s at %g: %.12g, expected %.12g; slope %.12g, difference %.12g\n", name, s, value,
                  formula(s), slope, difference);
      fail();
    }
  }
}

static void test_formulas(void **state) {
  (void)state;
  size_t count = sizeof formulas / sizeof *formulas;
  for (size_t i = 0; i < count; i++) {
    const Loss *loss = loss_find(formulas[i].name);
    assert_non_null(loss);
    check_function(loss->name, loss->real, formulas[i].real);
    check_function(loss->name, loss->fake, formulas[i].fake);
    check_function(loss->name, loss->generator, formulas[i].generator);
    assert_true(loss->paired == (loss->fake == NULL));
  }
  assert_null(loss_at(count)); /* every row of the table is tested */
  assert_null(loss_find("hinges"));
}

/* Against the labels 1 and 0 a loss is that on a real image and on a fake. */
static void test_labels(void **state) {
  (void)state;
  const float scores[] = {-30.0F, -1.5F, 0.0F, 0.25F, 7.0F},
              labels[] = {1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F};
  for (size_t i = 0; loss_at(i) != NULL; i++) {
    const Loss *loss = loss_at(i);
    for (int side = 0; side < 2 && loss->against != NULL; side++) {
      float slopes[5], expected[5];
      double sum, expected_sum;
      const LossLabels against = {loss->against, labels + 5 * side};
      double value = loss_sum_labelled(slopes, scores, 5, against, 0.5F, &sum);
      double other = loss_sum(expected, scores, 5, side == 0 ? loss->real : loss->fake, 0.5F, &expected_sum);
      assert_true(value == other && sum == expected_sum);
      assert_memory_equal(slopes, expected, sizeof slopes);
    }
  }
}

/* --loss offers the table's rows, in its order, and its default is the first. */
static void test_option(void **state) {
  (void)state;
  char names[256] = "";
  for (size_t i = 0; loss_at(i) != NULL; i++) {
    size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ", loss_at(i)->name);
  }
  assert_string_equal(option_table[OPTION_LOSS].choices, names);
  assert_string_equal(option_table[OPTION_LOSS].fallback, loss_at(0)->name);
}

/* Cross-entropy, summed over rows. */
static void test_against_reference(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 17, 1000};
  const Loss *loss = loss_find("cross-entropy");
  for (size_t s = 0; s < 8; s++) {
    size_t n = sizes[s / 2], unused;
    bool real = s % 2 == 0;
    float *scores = ref_floats(n), *d = ref_floats(n + 1);
    double *L = ref_doubles(n), *D = ref_doubles(n), sum = 99.0, expected_sum;
    ref_fill(scores, n, 20.0, 1);
    ref_widen(L, scores, n);
    d[n] = 3.0F;
    double value = loss_sum(d, scores, n, real ? loss->real : loss->fake, 0.125F, &sum);
    double expected = ref_cross_entropy(D, L, n, real ? 1.0 : 0.0, 0.125, &expected_sum, &unused);
    assert_true(fabs(value - expected) <= 1e-12 * (1.0 + expected));
    assert_true(fabs(sum - expected_sum) <= 1e-12 * (1.0 + expected_sum));
    assert_true(ref_close("slopes", d, D, n, 1e-6, 1e-12));
    assert_true(d[n] == 3.0F);
    assert_true(value == loss_sum(NULL, scores, n, real ? loss->real : loss->fake, 1.0F, &sum));
    free(scores);
    free(d);
    free(L);
    free(D);
  }
}

/* |score| up to 1e30: cross-entropy is |score| on the wrong side and 0 on the right one. */
static void test_extreme_scores(void **state) {
  (void)state;
  const float sizes[] = {100.0F, 1e4F, 1e30F};
  const Loss *loss = loss_find("cross-entropy");
  for (int i = 0; i < 12; i++) {
    float size = sizes[i / 4], sign = i % 2 == 0 ? 1.0F : -1.0F, d;
    bool real = i % 4 < 2, right = (sign > 0.0F) == real;
    float score = sign * size;
    double sum;
    double value = loss_sum(&d, &score, 1, real ? loss->real : loss->fake, 2.0F, &sum);
    assert_true(isfinite(value) && isfinite(d));
    assert_true(fabs(value - (right ? 0.0 : (double)size)) <= 1e-6 * (double)size * !right + 1e-40);
    assert_true(fabs((double)d - (right ? 0.0 : 2.0 * (double)sign)) < 1e-40);
    assert_true(fabs(sum - (sign > 0.0F)) < 1e-40);
  }
}

/* NaN scores make every loss NaN. */
static void test_zero_and_nan(void **state) {
  (void)state;
  float scores[2] = {0.0F, NAN}, d[2];
  double sum;
  double value = loss_sum(d, scores, 1, loss_find("cross-entropy")->real, 1.0F, &sum);
  assert_true(fabs(value - log(2.0)) < 1e-15 && d[0] == -0.5F && sum == 0.5);
  for (size_t i = 0; loss_at(i) != NULL; i++) {
    const LossFunction functions[] = {loss_at(i)->real, loss_at(i)->fake, loss_at(i)->generator};
    for (size_t f = 0; f < 3; f++) {
      assert_true(functions[f] == NULL || isnan(loss_sum(d, scores, 2, functions[f], 1.0F, &sum)));
      assert_true(isnan(sum));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_formulas),       cmocka_unit_test(test_labels),
      cmocka_unit_test(test_option),         cmocka_unit_test(test_against_reference),
      cmocka_unit_test(test_extreme_scores), cmocka_unit_test(test_zero_and_nan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
