/* The phases of a step: their order, and their multiply-adds against numbers counted by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/gan/gan.h"

/* Phases that need a setting, which most tests do not have. */
static bool is_common(int phase) {
  return phase != GAN_PHASE_D_BETWEEN;
}
enum { COMMON_PHASES = GAN_PHASES - 1 };

typedef struct Record {
  GanPhase phases[3 * GAN_PHASES];
  int count;
} Record;

static void note_phase(void *context, int begins) {
  Record *record = context;
  assert_true(record->count < 3 * GAN_PHASES);
  record->phases[record->count++] = (GanPhase)begins;
}

static double total(const double work[GAN_PHASES]) {
  double sum = 0.0;
  for (int phase = 0; phase < GAN_PHASES; phase++) {
    sum += work[phase];
  }
  return sum;
}

static void create(Gan *gan, const char *name, Shape image) {
  Architecture architecture;
  assert_int_equal(architecture_find(&architecture, name, image), GT_OK);
  const GanSettings settings = {.seed = 1, .adam = {architecture.adam, architecture.adam}};
  assert_int_equal(gan_create(gan, &architecture, image, &settings,
                              (Share){.rows = 2, .batch = 2, .shard_rows = 2, .sample = 0}),
                   GT_OK);
}

static void count(double work[GAN_PHASES], const char *name, Shape image) {
  Gan gan;
  create(&gan, name, image);
  gan_work(work, &gan);
  gan_free(&gan);
}

/* G 100-128-128-784, D 784-128-1. */
static void test_dense_pair(void **state) {
  (void)state;
  const double g = 100 * 128 + 128 * 128 + 128 * 784, d = 784 * 128 + 128;
  double work[GAN_PHASES];
  count(work, "mlp", (Shape){28, 28, 1});
  assert_true(work[GAN_PHASE_D_REAL] == 2 * d + 128);
  assert_true(work[GAN_PHASE_D_FAKE] == 2 * d + 128);
  assert_true(work[GAN_PHASE_D_FAKES] == g);
  assert_true(work[GAN_PHASE_G_FAKES] == g);
  assert_true(work[GAN_PHASE_G_SCORE] == d);
  assert_true(work[GAN_PHASE_G_THROUGH] == d);
  assert_true(work[GAN_PHASE_G_BACK] == 2 * g - 100 * 128);
  assert_true(work[GAN_PHASE_G_UPDATE] == 0 && work[GAN_PHASE_D_UPDATE] == 0);
  assert_true(total(work) == 1108480);
  count(work, "article", (Shape){28, 28, 1});
  assert_true(total(work) == 1108480);
}

/* The same without G's second set of fakes, and without their phase. */
static void test_reused_fakes(void **state) {
  (void)state;
  Gan gan;
  Architecture architecture;
  Record record = {.count = 0};
  double work[GAN_PHASES];
  int64_t sums[GAN_SUMS];
  assert_int_equal(architecture_find(&architecture, "mlp", (Shape){28, 28, 1}), GT_OK);
  const GanSettings settings = {.reuse_fakes = true};
  const Share share = {.rows = 2, .batch = 2};
  assert_int_equal(gan_create(&gan, &architecture, (Shape){28, 28, 1}, &settings, share), GT_OK);
  gan_work(work, &gan);
  assert_true(work[GAN_PHASE_G_FAKES] == 0.0 && work[GAN_PHASE_D_FAKES] > 0.0);
  assert_true(total(work) == 1108480 - work[GAN_PHASE_D_FAKES]);
  gan.hooks.phase = note_phase;
  gan.hooks.watcher = &record;
  gan_step(&gan, sums);
  gan_finish(&gan);
  assert_int_equal(record.count, COMMON_PHASES - 1);
  for (int i = 0; i < record.count; i++) {
    assert_int_not_equal(record.phases[i], GAN_PHASE_G_FAKES);
  }
  gan_free(&gan);
}

/* D's phases count for each of its updates, and images are those of one batch. */
static void test_several_updates_of_d(void **state) {
  (void)state;
  Gan gan;
  Architecture architecture;
  double once[GAN_PHASES], work[GAN_PHASES];
  assert_int_equal(architecture_find(&architecture, "mlp", (Shape){28, 28, 1}), GT_OK);
  const GanSettings settings = {.d_steps = 3};
  const Share share = {.rows = 2, .batch = 2};
  assert_int_equal(gan_create(&gan, &architecture, (Shape){28, 28, 1}, &settings, share), GT_OK);
  count(once, "mlp", (Shape){28, 28, 1});
  gan_work(work, &gan);
  for (int phase = 0; phase < GAN_PHASES; phase++) {
    bool three = phase == GAN_PHASE_D_REAL || phase == GAN_PHASE_D_FAKES || phase == GAN_PHASE_D_FAKE;
    assert_true(work[phase] == (three ? 3.0 : 1.0) * once[phase]);
  }
  assert_true(gan_sum_images(&gan, GAN_SUM_D_LOSS_REAL) == 6.0 &&
              gan_sum_images(&gan, GAN_SUM_G_LOSS) == 2.0);
  gan_free(&gan);
}

/* D 784-128-1 with a penalty on fakes: forward, down to the image, up again but for the last kernel, and
 * kernels. In pairs D learns from the real images too when it has seen both, and thinks of them once more for
 * G. */
static void test_penalties_and_pairs(void **state) {
  (void)state;
  const double first = 784 * 128, d = first + 128;
  const Shape image = {28, 28, 1};
  double work[GAN_PHASES];
  const struct {
    const char *loss;
    double real, fake, score;
  } expected[] = {{"cross-entropy", 3 * d - first, 4 * d - 128, d},
                  {"rpgan", d, 4 * d - 128 + 2 * d - first, 2 * d}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    Gan gan;
    Architecture architecture;
    assert_int_equal(architecture_find(&architecture, "mlp", image), GT_OK);
    const GanSettings settings = {.loss = loss_find(expected[i].loss), .penalty = {[GAN_PENALTY_R2] = 1.0}};
    assert_int_equal(gan_create(&gan, &architecture, image, &settings, (Share){.rows = 2, .batch = 2}),
                     GT_OK);
    gan_work(work, &gan);
    gan_free(&gan);
    assert_true(work[GAN_PHASE_D_REAL] == expected[i].real);
    assert_true(work[GAN_PHASE_D_FAKE] == expected[i].fake);
    assert_true(work[GAN_PHASE_G_SCORE] == expected[i].score);
    assert_true(work[GAN_PHASE_G_THROUGH] == d);
  }
}

/* D 784-128-1 between real images and fakes: forward, down to the image, up again but for the last kernel,
 * and kernels. */
static void test_between(void **state) {
  (void)state;
  const double d = 784 * 128 + 128;
  Gan gan;
  Architecture architecture;
  double work[GAN_PHASES];
  assert_int_equal(architecture_find(&architecture, "mlp", (Shape){28, 28, 1}), GT_OK);
  const GanSettings settings = {.penalty = {[GAN_PENALTY_CAP] = 1.0}};
  const Share share = {.rows = 2, .batch = 2};
  assert_int_equal(gan_create(&gan, &architecture, (Shape){28, 28, 1}, &settings, share), GT_OK);
  gan_work(work, &gan);
  gan_free(&gan);
  assert_true(work[GAN_PHASE_D_BETWEEN] == 4 * d - 128);
  assert_true(total(work) == 1108480 + 4 * d - 128);
}

/* G 100 - 7 x 7 x 128, transposed to 7 x 7 x 128, 14 x 14 x 64 and 28 x 28 x 1; D to 14 x 14 x 64, 7 x 7 x
 * 128, 1; all kernels 5 x 5. */
static void test_convolutions(void **state) {
  (void)state;
  const double g = 100 * 6272 + 49 * 25 * 128 * 128 + 49 * 25 * 128 * 64 + 196 * 25 * 64;
  const double d_first = 196 * 25 * 64, d = d_first + 49 * 25 * 64 * 128 + 6272;
  double work[GAN_PHASES];
  count(work, "dcgan", (Shape){28, 28, 1});
  assert_true(work[GAN_PHASE_D_REAL] == 3 * d - d_first);
  assert_true(work[GAN_PHASE_G_SCORE] == d);
  assert_true(work[GAN_PHASE_G_BACK] == 2 * g - 100 * 6272);
  assert_true(total(work) == 205771776);
}

/* Every phase once a step and in order; the first step has no gradients of G before it, the last leaves some.
 */
static void test_phases(void **state) {
  (void)state;
  Gan gan;
  int64_t sums[GAN_SUMS];
  Record record = {.count = 0};
  create(&gan, "mlp", (Shape){4, 4, 1});
  gan.hooks.phase = note_phase;
  gan.hooks.watcher = &record;
  gan_step(&gan, sums);
  assert_int_equal(record.count, COMMON_PHASES - 1);
  gan_step(&gan, sums);
  assert_int_equal(record.count, 2 * COMMON_PHASES - 1);
  for (int i = 0, next = COMMON_PHASES - 1; i < GAN_PHASES; i++) {
    if (is_common(i)) {
      assert_int_equal(record.phases[next++], i);
    }
  }
  gan_finish(&gan);
  assert_int_equal(record.count, 2 * COMMON_PHASES);
  assert_int_equal(record.phases[2 * COMMON_PHASES - 1], GAN_PHASE_G_UPDATE);
  gan_free(&gan);
}

/* Every phase has a row, and no two the same key or words. */
static void test_rows(void **state) {
  (void)state;
  for (int i = 0; i < GAN_PHASES; i++) {
    assert_non_null(gan_phases[i].key);
    assert_non_null(gan_phases[i].on);
    for (int j = 0; j < i; j++) {
      assert_string_not_equal(gan_phases[i].key, gan_phases[j].key);
      assert_string_not_equal(gan_phases[i].words, gan_phases[j].words);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_dense_pair),
                                     cmocka_unit_test(test_reused_fakes),
                                     cmocka_unit_test(test_several_updates_of_d),
                                     cmocka_unit_test(test_between),
                                     cmocka_unit_test(test_convolutions),
                                     cmocka_unit_test(test_penalties_and_pairs),
                                     cmocka_unit_test(test_phases),
                                     cmocka_unit_test(test_rows)};
  return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
