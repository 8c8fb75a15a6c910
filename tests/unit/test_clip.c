/* Clipping against long double, and its place in a step: before Adam, by the norm over a whole player. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/gan/gan.h"
#include "gantrain/nn/clip.h"
#include "ref.h"

static double norm_of(const float *values, size_t n) {
  long double sum = 0.0L;
  for (size_t i = 0; i < n; i++) {
    sum += (long double)values[i] * (long double)values[i];
  }
  return (double)sqrtl(sum);
}

static void test_norms(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 15, 16, 17, 31, 1000, 70001};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    size_t n = sizes[s];
    float *grads = ref_floats(n + 1), *before = ref_floats(n + 1);
    ref_fill(grads, n, 3.0, (uint32_t)n);
    grads[n] = 4.0F;
    memcpy(before, grads, (n + 1) * sizeof *grads);
    double norm = norm_of(grads, n);
    assert_true(fabs(gradients_clip(grads, n, norm * 1.001 + 1.0) - norm) <= 1e-14 * norm);
    assert_memory_equal(grads, before, (n + 1) * sizeof *grads);
    assert_true(fabs(gradients_clip(grads, n, 0.25 * norm) - norm) <= 1e-14 * norm);
    assert_true(fabs(norm_of(grads, n) - 0.25 * norm) <= 1e-6 * norm);
    for (size_t i = 0; i < n; i++) {
      assert_true(fabsf(grads[i] - 0.25F * before[i]) <= 1e-6F * fabsf(before[i]));
    }
    assert_true(grads[n] == 4.0F);
    free(grads);
    free(before);
  }
}

/* Gradients whose squares overflow a float; and NaN and infinity, which stay in the gradients to be found. */
static void test_extremes(void **state) {
  (void)state;
  float large[2] = {3e30F, 4e30F}, spoiled[2] = {1.0F, INFINITY}, unknown[2] = {1.0F, NAN};
  assert_true(fabs(gradients_clip(large, 2, 1.0) / 5e30 - 1.0) < 1e-6);
  assert_true(fabsf(large[0] - 0.6F) < 1e-6F && fabsf(large[1] - 0.8F) < 1e-6F);
  gradients_clip(spoiled, 2, 0.1);
  assert_true(spoiled[0] == 1.0F && isinf(spoiled[1]));
  gradients_clip(unknown, 2, 0.1);
  assert_true(unknown[0] == 1.0F && isnan(unknown[1]));
}

enum { N = 4 };
static const Shape image = {8, 8, 1};

static Gan *stepped(double limit, bool exact) {
  Gan *gan = calloc(1, sizeof *gan);
  Architecture a;
  int64_t sums[GAN_SUMS];
  assert_int_equal(architecture_find(&a, "cnn", image), GT_OK);
  const GanSettings settings = {.seed = 3, .adam = {a.adam, a.adam}, .clip = limit, .exact = exact};
  assert_int_equal(gan_create(gan, &a, image, &settings, (Share){.rows = N, .batch = N, .shard_rows = N}),
                   GT_OK);
  ref_fill(gan->real, N * shape_count(image), 1.0, 5);
  gan_step(gan, sums);
  gan_finish(gan);
  return gan;
}

static void drop(Gan *gan) {
  gan_free(gan);
  free(gan);
}

/* After a step `grads` holds what Adam was given: it has the norm, and the direction of the step without. */
static void test_step(void **state) {
  (void)state;
  for (int exact = 0; exact <= 1; exact++) {
    Gan *free_one = stepped(0.0, exact);
    const Player *d = &free_one->player[GAN_D];
    size_t n = d->network.params.count;
    double norm = norm_of(d->grads, n), limit = 0.5 * norm;
    Gan *clipped = stepped(limit, exact), *wide = stepped(1e6, exact);
    const Player *c = &clipped->player[GAN_D];
    assert_true(fabs(norm_of(c->grads, n) - limit) < 1e-6 * norm);
    for (size_t i = 0; i < n; i++) {
      assert_true(fabsf(c->grads[i] - 0.5F * d->grads[i]) <= 1e-6F * fabsf(d->grads[i]));
      assert_true(fabsf(c->m[i] - c->grads[i]) == 0.0F); /* beta1 is 0 */
    }
    assert_true(c->clipped == 1 && fabs(c->steepest - norm) < 1e-6 * norm);
    assert_true(wide->player[GAN_D].clipped == 0 && wide->player[GAN_G].steepest > 0.0);
    assert_true(gan_state_hash(wide) == gan_state_hash(free_one));
    assert_true(gan_state_hash(clipped) != gan_state_hash(free_one));
    drop(free_one);
    drop(clipped);
    drop(wide);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_norms),
      cmocka_unit_test(test_extremes),
      cmocka_unit_test(test_step),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
