/* Schedules against their formula, and that a step uses their rates and penalties. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/gan/gan.h"
#include "ref.h"

static Decay read(const char *text) {
  Decay decay;
  assert_int_equal(decay_read(&decay, "--lr-decay", text), GT_OK);
  return decay;
}

static void test_reading(void **state) {
  (void)state;
  Decay decay = read("0.6:0.1");
  assert_true(decay.on && decay.start == 0.6 && decay.floor == 0.1);
  decay = read("0:0");
  assert_true(decay.on && decay.start == 0.0 && decay.floor == 0.0);
  assert_false(read("off").on);
  const char *const bad[] = {"",         "on",      "0.6",      "0.6:",  ":0.1", "1:0.1",
                             "-0.1:0.1", "0.6:1.1", "0.6:0.1:", "nan:0", "0:nan"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(decay_read(&decay, "--lr-decay", bad[i]), GT_USAGE);
    assert_non_null(strstr(status_message(), "--lr-decay"));
    assert_non_null(strstr(status_message(), "0.6:0.1"));
  }
}

static void test_nothing_changes_by_default(void **state) {
  (void)state;
  const Schedule none = {0}, only_total = {.total = 10};
  for (int64_t step = 1; step <= 20; step++) {
    assert_true(schedule_lr(&none, step) == 1.0 && schedule_penalty(&none, step) == 1.0);
    assert_true(schedule_lr(&only_total, step) == 1.0 && schedule_penalty(&only_total, step) == 1.0);
  }
}

static void test_cosine(void **state) {
  (void)state;
  const Schedule schedule = {.total = 100, .lr = read("0.6:0.1"), .penalty = read("0:0")};
  assert_true(schedule_lr(&schedule, 1) == 1.0 && schedule_lr(&schedule, 60) == 1.0);
  assert_true(fabs(schedule_lr(&schedule, 80) - 0.55) < 1e-12);
  assert_true(fabs(schedule_lr(&schedule, 70) - (0.1 + 0.45 * (1.0 + sqrt(0.5)))) < 1e-12);
  assert_true(schedule_lr(&schedule, 100) == 0.1 && schedule_lr(&schedule, 101) == 0.1);
  assert_true(fabs(schedule_penalty(&schedule, 50) - 0.5) < 1e-12 && schedule_penalty(&schedule, 100) == 0.0);
  for (int64_t step = 61; step <= 100; step++) {
    assert_true(schedule_lr(&schedule, step) < schedule_lr(&schedule, step - 1));
  }
}

static void test_warm_up(void **state) {
  (void)state;
  Schedule schedule = {.total = 10, .warm_up = 4};
  for (int64_t step = 1; step <= 10; step++) {
    assert_true(schedule_lr(&schedule, step) == (step < 4 ? (double)step / 4.0 : 1.0));
    assert_true(schedule_penalty(&schedule, step) == 1.0);
  }
  assert_int_equal(schedule_check(&schedule), GT_OK);
  schedule.total = 3;
  assert_int_equal(schedule_check(&schedule), GT_USAGE);
  assert_non_null(strstr(status_message(), "--warm-up 4"));
}

enum { N = 4, STEPS = 6 };
static const Shape image = {8, 8, 1};

static void create(Gan *gan, Schedule schedule) {
  Architecture a;
  assert_int_equal(architecture_find(&a, "cnn", image), GT_OK);
  const GanSettings settings = {
      .seed = 3, .penalty = {[GAN_PENALTY_R1] = 2.0}, .adam = {a.adam, a.adam}, .schedule = schedule};
  const Share share = {.rows = N, .batch = N, .shard_rows = N};
  assert_int_equal(gan_create(gan, &a, image, &settings, share), GT_OK);
  ref_fill(gan->real, N * shape_count(image), 1.0, 5);
}

/* One run by its schedule, one whose rates and gamma are set by hand before each step: the same bits. */
static void test_steps(void **state) {
  (void)state;
  Gan *by_schedule = calloc(1, sizeof *by_schedule), *by_hand = calloc(1, sizeof *by_hand);
  const Schedule schedule = {.total = STEPS, .warm_up = 2, .lr = read("0.5:0.2"), .penalty = read("0.2:0.1")};
  int64_t sums[GAN_SUMS];
  create(by_schedule, schedule);
  create(by_hand, (Schedule){0});
  double lr = by_hand->settings.adam[GAN_G].lr;
  for (int64_t step = 1; step <= STEPS; step++) {
    for (int p = 0; p < 2; p++) {
      by_hand->settings.adam[p].lr = lr * schedule_lr(&schedule, step);
    }
    by_hand->side[GAN_REAL].gamma = 2.0 * schedule_penalty(&schedule, step);
    gan_step(by_schedule, sums);
    gan_finish(by_schedule);
    gan_step(by_hand, sums);
    gan_finish(by_hand);
    assert_true(gan_state_hash(by_schedule) == gan_state_hash(by_hand));
    assert_true(gan_learning_rate(by_schedule, GAN_D, step) == by_hand->settings.adam[GAN_D].lr);
  }
  gan_free(by_schedule);
  gan_free(by_hand);
  free(by_schedule);
  free(by_hand);
}

static void test_no_penalty_to_fall(void **state) {
  (void)state;
  Gan *gan = calloc(1, sizeof *gan);
  Architecture a;
  assert_int_equal(architecture_find(&a, "cnn", image), GT_OK);
  const GanSettings settings = {.adam = {a.adam, a.adam}, .schedule = {.total = 1, .penalty = read("0:0")}};
  assert_int_equal(gan_create(gan, &a, image, &settings, (Share){.rows = N, .batch = N, .shard_rows = N}),
                   GT_USAGE);
  assert_non_null(strstr(status_message(), "--penalty-decay"));
  free(gan);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reading), cmocka_unit_test(test_nothing_changes_by_default),
      cmocka_unit_test(test_cosine),  cmocka_unit_test(test_warm_up),
      cmocka_unit_test(test_steps),   cmocka_unit_test(test_no_penalty_to_fall),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
