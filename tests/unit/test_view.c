/* What D sees of images: changed at random, in packs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/gan/gan.h"
#include "gantrain/math/augment.h"
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

static const Shape images[] = {{8, 8, 1}, {28, 28, 1}, {9, 17, 3}, {1, 20, 2}, {3, 2, 1}};
enum { ALL = AUGMENT_BRIGHTNESS | AUGMENT_TRANSLATION | AUGMENT_CUTOUT, ROWS = 40 };
static const RngKey augment_key = {7, RNG_AUGMENT_FAKE, 3};

static void check_augmentation(Shape image, unsigned kinds, double probability) {
  const int H = image.h, W = image.w, C = image.c;
  size_t n = ROWS * shape_count(image);
  Augmentation draws[ROWS];
  float *x = ref_floats(n), *y = ref_floats(n), *zero = ref_floats(n), *dy = ref_floats(n),
        *dx = ref_floats(n), *none = ref_floats(n);
  double *X = ref_doubles(n), *Y = ref_doubles(n);
  ref_fill(x, n, 1.0, 1);
  ref_fill(dy, n, 1.0, 2);
  ref_widen(X, x, n);
  augment_draw(draws, kinds, probability, augment_key, 11, ROWS, H, W);
  augment_forward(y, x, draws, ROWS, H, W, C);
  ref_augment_forward(Y, X, draws, ROWS, H, W, C);
  assert_true(ref_close("augmentation", y, Y, n, 1e-7, 1e-7));
  /* <dy, L x> = <L^T dy, x>, where the change is L x plus that of an image of zeros. */
  augment_backward(dx, dy, draws, ROWS, H, W, C);
  memset(none, 0, n * sizeof *none);
  augment_forward(zero, none, draws, ROWS, H, W, C);
  double there = product(dy, y, n) - product(dy, zero, n), back = product(dx, x, n);
  assert_true(fabs(there - back) < 1e-5 * (double)n);
  float *floats[] = {x, y, zero, dy, dx, none};
  for (int i = 0; i < 6; i++) {
    free(floats[i]);
  }
  free(X);
  free(Y);
}

static void test_augmentation(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
    for (unsigned kinds = 0; kinds <= ALL; kinds++) {
      check_augmentation(images[i], kinds, 1.0);
      check_augmentation(images[i], kinds, 0.4);
    }
  }
}

/* Draws against the twin: independent for every image and kind, however many are drawn at a time. */
static void test_draws(void **state) {
  (void)state;
  Augmentation draws[ROWS], expected[ROWS], parts[ROWS];
  for (unsigned kinds = 0; kinds <= ALL; kinds++) {
    augment_draw(draws, kinds, 0.4, augment_key, 11, ROWS, 28, 17);
    ref_augment_draw(expected, kinds, 0.4, augment_key, 11, ROWS, 28, 17);
    augment_draw(parts, kinds, 0.4, augment_key, 11, 3, 28, 17);
    augment_draw(parts + 3, kinds, 0.4, augment_key, 14, ROWS - 3, 28, 17);
    for (int n = 0; n < ROWS; n++) {
      const Augmentation *a = &draws[n], *b = &expected[n];
      assert_true(a->brighter == b->brighter && a->down == b->down && a->right == b->right);
      assert_true(a->cut_top == b->cut_top && a->cut_left == b->cut_left);
      assert_true(a->cut_h == b->cut_h && a->cut_w == b->cut_w);
    }
    assert_memory_equal(parts, draws, sizeof draws);
  }
}

/* All shifts up to an eighth come, and all places of the cut; as often as asked for. */
static void test_draws_are_spread(void **state) {
  (void)state;
  enum { MANY = 20000 };
  Augmentation *draws = calloc(MANY, sizeof *draws);
  int shifts[7] = {0}, tops[28] = {0}, moved = 0, cut = 0, both = 0;
  augment_draw(draws, AUGMENT_TRANSLATION | AUGMENT_CUTOUT, 0.5, augment_key, 0, MANY, 28, 28);
  for (int n = 0; n < MANY; n++) {
    bool moves = draws[n].down != 0 || draws[n].right != 0, cuts = draws[n].cut_h > 0;
    assert_true(draws[n].down >= -3 && draws[n].down <= 3);
    shifts[draws[n].down + 3]++;
    if (cuts) {
      tops[draws[n].cut_top + 7]++;
    }
    moved += moves;
    cut += cuts;
    both += moves && cuts;
  }
  for (int i = 0; i < 7; i++) {
    assert_true(i == 3 || abs(shifts[i] - MANY / 14) < 200); /* five standard errors */
  }
  for (int i = 0; i < 28; i++) {
    assert_true(abs(tops[i] - MANY / 56) < 100);
  }
  assert_true(abs(moved - MANY * 48 / 98) < 360 && abs(cut - MANY / 2) < 360 &&
              abs(both - MANY * 48 / 196) < 310);
  free(draws);
}

static void test_names(void **state) {
  (void)state;
  const Shape image = {28, 28, 1};
  unsigned kinds;
  assert_int_equal(augment_find(&kinds, "none", image, "--augment"), GT_OK);
  assert_int_equal(kinds, 0);
  assert_int_equal(augment_find(&kinds, "cutout,translation", image, "--augment"), GT_OK);
  assert_int_equal(kinds, AUGMENT_TRANSLATION | AUGMENT_CUTOUT);
  static const char *const wrong[] = {"",        "cut",     "cutoutt",           "none,cutout",
                                      "cutout,", ",cutout", "cutout, brightness"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(augment_find(&kinds, wrong[i], image, "--augment"), GT_USAGE);
    assert_non_null(strstr(status_message(), "brightness, translation, cutout"));
  }
  assert_int_equal(augment_find(&kinds, "translation", (Shape){7, 7, 3}, "--augment"), GT_USAGE);
  assert_non_null(strstr(status_message(), "too small for translation"));
  assert_int_equal(augment_find(&kinds, "cutout", (Shape){1, 1, 99}, "--augment"), GT_USAGE);
  assert_int_equal(augment_find(&kinds, "brightness", (Shape){1, 1, 99}, "--augment"), GT_OK);
}

static Status create(Gan *gan, size_t pack, const Condition *condition, size_t shard_rows) {
  Architecture architecture;
  const Shape image = {4, 4, 2};
  assert_int_equal(architecture_find(&architecture, "mlp", image), GT_OK);
  if (condition != NULL) {
    assert_int_equal(architecture_add_condition(&architecture, condition->length), GT_OK);
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
  const Condition condition = {.length = 2, .counts = {1, 1}};
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
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_packs),           cmocka_unit_test(test_augmentation),
      cmocka_unit_test(test_draws),           cmocka_unit_test(test_draws_are_spread),
      cmocka_unit_test(test_names),           cmocka_unit_test(test_shapes_and_shares),
      cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_verdicts)};
  return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
