/* Cross-entropy on logits: value, gradient, sums, and that nothing overflows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gantrain/nn/loss.h"
#include "ref.h"

static void test_against_reference(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 17, 1000};
  const float targets[] = {0.0F, 1.0F, 0.9F};
  for (size_t s = 0; s < 12; s++) {
    size_t n = sizes[s / 3], positive = 99, expected_positive;
    float target = targets[s % 3], *logits = ref_floats(n), *dlogits = ref_floats(n + 1);
    double *L = ref_doubles(n), *D = ref_doubles(n), sum = 99.0, expected_sum;
    ref_fill(logits, n, 20.0, 1);
    ref_widen(L, logits, n);
    dlogits[n] = 3.0F;
    double loss = loss_cross_entropy(dlogits, logits, n, target, 0.125F, &sum, &positive);
    double expected = ref_cross_entropy(D, L, n, (double)target, 0.125, &expected_sum, &expected_positive);
    assert_true(fabs(loss - expected) <= 1e-12 * (1.0 + expected));
    assert_true(fabs(sum - expected_sum) <= 1e-12 * (1.0 + expected_sum));
    assert_int_equal(positive, expected_positive);
    assert_true(ref_close("dlogits", dlogits, D, n, 1e-6, 1e-12));
    assert_true(dlogits[n] == 3.0F);
    assert_true(loss == loss_cross_entropy(NULL, logits, n, target, 1.0F, NULL, NULL));
    free(logits);
    free(dlogits);
    free(L);
    free(D);
  }
}

/* Central differences of the returned loss itself, over logits that are exact in float together with the
 * step: the truncation error is step^2 / 6 times a third derivative below 0.13. */
static void test_finite_differences(void **state) {
  (void)state;
  const double step = 0x1p-10;
  for (int i = -96; i <= 96; i++) {
    float logit = (float)i / 8.0F, above = logit + (float)step, below = logit - (float)step, d;
    for (int t = 0; t <= 4; t++) {
      float target = (float)t / 4.0F;
      double difference = (loss_cross_entropy(NULL, &above, 1, target, 1.0F, NULL, NULL) -
                           loss_cross_entropy(NULL, &below, 1, target, 1.0F, NULL, NULL)) /
                          (2.0 * step);
      loss_cross_entropy(&d, &logit, 1, target, 1.0F, NULL, NULL);
      assert_true(fabs((double)d - difference) < 1e-6);
    }
  }
}

/* |logit| up to 1e30: the loss is |logit| on the wrong side and 0 on the right one. */
static void test_extreme_logits(void **state) {
  (void)state;
  const float sizes[] = {100.0F, 1e4F, 1e30F};
  for (int i = 0; i < 12; i++) {
    float size = sizes[i / 4], sign = i % 2 == 0 ? 1.0F : -1.0F, target = i % 4 < 2 ? 1.0F : 0.0F, d;
    float logit = sign * size;
    bool right = (sign > 0.0F) == (target > 0.5F);
    double sum;
    size_t positive;
    double loss = loss_cross_entropy(&d, &logit, 1, target, 2.0F, &sum, &positive);
    assert_true(isfinite(loss) && isfinite(d));
    assert_true(fabs(loss - (right ? 0.0 : (double)size)) <= 1e-6 * (double)size * !right + 1e-40);
    assert_true(fabs((double)d - (right ? 0.0 : 2.0 * (double)sign)) < 1e-40);
    assert_true(fabs(sum - (sign > 0.0F)) < 1e-40);
    assert_int_equal(positive, sign > 0.0F);
  }
}

static void test_zero_and_nan(void **state) {
  (void)state;
  float logits[2] = {0.0F, NAN}, d[2];
  double sum;
  size_t positive;
  double loss = loss_cross_entropy(d, logits, 1, 1.0F, 1.0F, &sum, &positive);
  assert_true(fabs(loss - log(2.0)) < 1e-15 && d[0] == -0.5F && sum == 0.5);
  assert_int_equal(positive, 0);
  assert_true(isnan(loss_cross_entropy(d, logits, 2, 1.0F, 1.0F, &sum, &positive)));
  assert_true(isnan(d[1]) && isnan(sum));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_reference),
      cmocka_unit_test(test_finite_differences),
      cmocka_unit_test(test_extreme_logits),
      cmocka_unit_test(test_zero_and_nan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
