/* What D sees of images: packs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/gan/gan.h"
#include "gantrain/math/pack.h"
#include "ref.h"

typedef struct Sizes {
  size_t N, M, P, C;
} Sizes;

static const Sizes sizes[] = {{0, 3, 4, 2}, {1, 1, 7, 3}, {2, 2, 1, 1}, {5, 3, 30, 1}, {3, 4, 25, 3}};

static double product(const float *a, const float *b, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += (double)a[i] * (double)b[i];
  }
  return sum;
}

/* Against the twin; <y, T x> = <T^T y, x>; and the way back is the way back. */
static void test_packs(void **state) {
  (void)state;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    const Sizes z = sizes[s];
    size_t n = z.N * z.M * z.P * z.C;
    float *x = ref_floats(n), *y = ref_floats(n), *dy = ref_floats(n), *dx = ref_floats(n);
    double *X = ref_doubles(n), *Y = ref_doubles(n);
    ref_fill(x, n, 1.0, 1);
    ref_fill(dy, n, 1.0, 2);
    ref_widen(X, x, n);
    pack_forward(y, x, z.N, z.M, z.P, z.C);
    ref_pack_forward(Y, X, z.N, z.M, z.P, z.C);
    assert_true(ref_close("pack", y, Y, n, 0.0, 0.0));
    pack_backward(dx, dy, z.N, z.M, z.P, z.C);
    double there = product(dy, y, n), back = product(dx, x, n);
    assert_true(there - back < 1e-9 && back - there < 1e-9);
    pack_backward(dx, y, z.N, z.M, z.P, z.C);
    assert_memory_equal(dx, x, n * sizeof *x);
    float *floats[] = {x, y, dy, dx};
    for (int i = 0; i < 4; i++) {
      free(floats[i]);
    }
    free(X);
    free(Y);
  }
}

static Status create(Gan *gan, size_t pack, const Condition *condition, size_t shard_rows) {
  Architecture architecture;
  const Shape image = {4, 4, 2};
  assert_int_equal(architecture_find(&architecture, "mlp", image), GT_OK);
  if (condition != NULL) {
    assert_int_equal(architecture_add_condition(&architecture, condition->size), GT_OK);
  }
  const GanSettings settings = {.pack = pack, .condition = condition, .adam = {architecture.adam}};
  return gan_create(gan, &architecture, image, &settings,
                    (Share){.rows = 12, .batch = 24, .shard_rows = shard_rows, .sample = 12});
}

/* D is made for the channels of a pack, G for those of an image. */
static void test_shapes_and_shares(void **state) {
  (void)state;
  Gan gan;
  assert_int_equal(create(&gan, 3, NULL, 6), GT_OK);
  assert_int_equal(gan.player[GAN_D].network.in.c, 6);
  assert_int_equal(gan.player[GAN_G].network.out.c, 2);
  const Share *packs = gan_share(&gan, GAN_D);
  assert_true(packs->rows == 4 && packs->batch == 8 && packs->shard_rows == 2 && packs->sample == 4);
  gan_free(&gan);
}

static void test_what_is_refused(void **state) {
  (void)state;
  Gan gan;
  const Condition condition = {.size = 2, .counts = {1, 1}};
  assert_int_equal(create(&gan, 4, NULL, 6), GT_USAGE);
  assert_non_null(strstr(status_message(), "--pack 4: a shard has 6 images"));
  assert_int_equal(create(&gan, 3, &condition, 6), GT_USAGE);
  assert_non_null(strstr(status_message(), "condition"));
}

/* Verdicts count for all images of a pack, and no pack is counted twice. */
static void test_verdicts(void **state) {
  (void)state;
  Gan gan;
  assert_int_equal(create(&gan, 3, NULL, 6), GT_OK);
  ref_fill(gan.real, 12 * 32, 1.0, 1);
  const RngKey key = {1, RNG_LATENT_VALIDATION, 0};
  size_t all = gan_count_right(&gan, 12, key, 5);
  size_t first = gan_count_right(&gan, 6, key, 5);
  memmove(gan.real, gan.real + (size_t)6 * 32, (size_t)6 * 32 * sizeof *gan.real);
  assert_int_equal(first + gan_count_right(&gan, 6, key, 11), all);
  assert_int_equal(all % 3, 0);
  float *bias = gan.player[GAN_D].params + gan.player[GAN_D].network.layers[4].p[1];
  *bias = 1e6F; /* all are called real */
  assert_int_equal(gan_count_right(&gan, 12, key, 5), 12);
  gan_free(&gan);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_packs), cmocka_unit_test(test_shapes_and_shares),
                                     cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_verdicts)};
  return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
