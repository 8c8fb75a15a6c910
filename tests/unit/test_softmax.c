/* Softmax cross-entropy: values by hand, gradients against central differences, logits that would overflow.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gantrain/nn/softmax.h"

enum { N = 3, K = 4 };

static const float logits[N * K] = {0.5F, -1.0F, 2.0F,  0.0F, 1.0F,  1.0F,
                                    1.0F, 1.0F,  -3.0F, 4.0F, 0.25F, -0.5F};
static const uint8_t labels[N] = {2, 3, 0};

static void test_values(void **state) {
  (void)state;
  size_t right;
  double expected = log(exp(0.5) + exp(-1.0) + exp(2.0) + 1.0) - 2.0 + log(4.0) +
                    log(exp(-3.0) + exp(4.0) + exp(0.25) + exp(-0.5)) + 3.0;
  double loss = softmax_cross_entropy(NULL, logits, labels, N, K, 1.0F, &right);
  assert_true(fabs(loss - expected) < 1e-12);
  assert_int_equal(right, 1); /* of equal logits the first counts, and the third row is wrong */
}

static void test_gradients(void **state) {
  (void)state;
  float dlogits[N * K], moved[N * K];
  const float scale = 0.25F, step = 1.0F / 128.0F;
  softmax_cross_entropy(dlogits, logits, labels, N, K, scale, NULL);
  for (int i = 0; i < N * K; i++) {
    double difference = 0.0;
    for (int side = -1; side <= 1; side += 2) {
      for (int j = 0; j < N * K; j++) {
        moved[j] = logits[j] + (i == j ? (float)side * step : 0.0F);
      }
      difference += side * softmax_cross_entropy(NULL, moved, labels, N, K, 1.0F, NULL);
    }
    double slope = (double)scale * difference / (2.0 * (double)step);
    assert_true(fabs((double)dlogits[i] - slope) < 1e-5);
  }
}

static void test_large_logits(void **state) {
  (void)state;
  const float large[] = {1e4F, -1e4F, 0.0F}; /* exp(1e4) is infinite */
  const uint8_t label[] = {1};
  float dlogits[3];
  assert_true(softmax_cross_entropy(dlogits, large, label, 1, 3, 1.0F, NULL) == 2e4);
  assert_true(dlogits[0] == 1.0F && dlogits[1] == -1.0F && dlogits[2] == 0.0F);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_gradients),
                                     cmocka_unit_test(test_large_logits)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
