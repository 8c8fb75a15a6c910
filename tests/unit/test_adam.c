/* Adam against Algorithm 1 of Kingma and Ba in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/nn/adam.h"
#include "ref.h"

static const AdamSettings all_settings[] = {
    {1e-3, 0.9, 0.999, 1e-7}, {2e-4, 0.5, 0.999, 1e-7}, {0.1, 0.0, 0.9, 1e-8}, {0.0, 0.9, 0.999, 1e-7}};

/* Ten steps, gradients from 1 down to 1e-6 in size. The error of the parameters is relative to the
 * distance that they have moved, which is at most lr per step. */
static void check_ten_steps(size_t n, AdamSettings settings) {
  float *params = ref_floats(n + 1), *m = ref_floats(n + 1), *v = ref_floats(n + 1), *grads = ref_floats(n);
  double *P = ref_doubles(n), *M = ref_doubles(n), *V = ref_doubles(n), *G = ref_doubles(n);
  ref_fill(params, n, 0.05, 1);
  ref_widen(P, params, n);
  params[n] = m[n] = v[n] = 4.0F;
  for (int64_t t = 1; t <= 10; t++) {
    ref_fill(grads, n, 1.0, (uint32_t)(100 + t));
    for (size_t i = 0; i < n; i++) {
      grads[i] *= (float)pow(10.0, -(double)(i % 7));
    }
    ref_widen(G, grads, n);
    adam_step(params, m, v, grads, n, t, settings);
    ref_adam_step(P, M, V, G, n, t, settings);
    assert_true(ref_close("m", m, M, n, 1e-5, 1e-7));
    assert_true(ref_close("v", v, V, n, 2e-6, 1e-20));
    assert_true(ref_close("params", params, P, n, 1e-6, 2e-6 * settings.lr * (double)t));
  }
  assert_true(params[n] == 4.0F && m[n] == 4.0F && v[n] == 4.0F);
  void *blocks[] = {params, m, v, grads, P, M, V, G};
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    free(blocks[b]);
  }
}

static void test_ten_steps(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 15, 16, 17, 1000};
  for (size_t i = 0; i < 4 * sizeof sizes / sizeof *sizes; i++) {
    check_ten_steps(sizes[i / 4], all_settings[i % 4]);
  }
}

/* The first step goes lr in the direction of the sign, whatever the size: the bias correction is right. */
static void test_first_step(void **state) {
  (void)state;
  float params[4] = {0}, m[4] = {0}, v[4] = {0}, grads[4] = {3.0F, -1e-3F, 5e5F, 0.0F};
  adam_step(params, m, v, grads, 4, 1, (AdamSettings){0.01, 0.9, 0.999, 1e-7});
  assert_true(fabs((double)params[0] + 0.01) < 1e-8);
  assert_true(fabs((double)params[1] - 0.01) < 2e-6); /* epsilon is 1e-4 of the gradient */
  assert_true(fabs((double)params[2] + 0.01) < 1e-8);
  assert_true(params[3] == 0.0F); /* as in the gaps between tensors */
}

/* After a million steps the corrections are 1: no overflow, no loss of accuracy. */
static void test_late_step(void **state) {
  (void)state;
  float params = 1.0F, m = 0.5F, v = 0.25F, grads = 0.5F;
  double P = 1.0, M = 0.5, V = 0.25, G = 0.5;
  AdamSettings settings = {1e-3, 0.9, 0.999, 1e-7};
  adam_step(&params, &m, &v, &grads, 1, 1000000, settings);
  ref_adam_step(&P, &M, &V, &G, 1, 1000000, settings);
  assert_true(ref_close("late", &params, &P, 1, 1e-7, 0.0));
}

static void test_nan_stays_where_it_is(void **state) {
  (void)state;
  float params[3] = {1, 2, 3}, m[3] = {0}, v[3] = {0}, grads[3] = {0.0F, NAN, 0.0F};
  adam_step(params, m, v, grads, 3, 1, all_settings[0]);
  assert_true(params[0] == 1.0F && isnan(params[1]) && params[2] == 3.0F);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ten_steps),
      cmocka_unit_test(test_first_step),
      cmocka_unit_test(test_late_step),
      cmocka_unit_test(test_nan_stays_where_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
