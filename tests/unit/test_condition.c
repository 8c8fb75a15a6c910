/* Conditions: classes drawn as often as the data have them, by index alone; D's score and its slopes are
 * adjoint; attributes and back. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/gan/condition.h"
#include "ref.h"

static const RngKey key = {.seed = 9, .stream = RNG_LATENT_SAMPLES, .step = 3};

static void test_drawn_as_often_as_the_data_have_them(void **state) {
  (void)state;
  enum { DRAWS = 40000 };
  static uint8_t classes[DRAWS];
  const Condition condition = {.length = 5, .counts = {100, 0, 700, 1, 199}};
  size_t found[5] = {0};
  condition_choose(classes, &condition, CONDITION_DRAWN, key, 0, DRAWS);
  for (size_t i = 0; i < DRAWS; i++) {
    found[classes[i]]++;
  }
  for (int k = 0; k < 5; k++) {
    double p = (double)condition.counts[k] / 1000.0;
    assert_true(fabs((double)found[k] - DRAWS * p) <= 5.0 * sqrt(DRAWS * p * (1.0 - p)));
  }
  assert_int_equal(found[1], 0);
}

/* The class of an image depends neither on the rank nor on how many are drawn at once, but on the noise. */
static void test_class_of_an_index(void **state) {
  (void)state;
  const Condition condition = {.length = 3, .counts = {1, 1, 1}};
  uint8_t whole[50], part[50], other[50];
  RngKey noise = key;
  noise.stream = RNG_LATENT_D;
  condition_choose(whole, &condition, CONDITION_DRAWN, key, 10, 50);
  condition_choose(part, &condition, CONDITION_DRAWN, key, 10, 7);
  condition_choose(part + 7, &condition, CONDITION_DRAWN, key, 17, 43);
  condition_choose(other, &condition, CONDITION_DRAWN, noise, 10, 50);
  assert_memory_equal(whole, part, 50);
  assert_memory_not_equal(whole, other, 50);
}

static void test_wanted_classes(void **state) {
  (void)state;
  const Condition condition = {.length = 6, .counts = {0, 2, 0, 0, 9, 1}};
  const uint8_t in_turn[] = {4, 5, 1, 4, 5, 1, 4};
  uint8_t classes[7];
  float vectors[7 * 8];
  assert_int_equal(condition_classes(&condition), 3);
  condition_choose(classes, &condition, CONDITION_IN_TURN, key, 1, 7);
  assert_memory_equal(classes, in_turn, 7);
  condition_choose(classes, &condition, 4, key, 1, 7);
  for (int i = 0; i < 7; i++) {
    assert_int_equal(classes[i], 4);
  }
  for (int i = 0; i < 7 * 8; i++) {
    vectors[i] = 7.0F;
  }
  condition_fill(vectors, 8, &condition, CONDITION_IN_TURN, key, 1, 7);
  for (size_t i = 0; i < 7; i++) {
    for (size_t k = 0; k < 8; k++) {
      float expected = k >= 6 ? 7.0F : k == in_turn[i] ? 1.0F : 0.0F;
      assert_true(vectors[i * 8 + k] == expected);
    }
  }
}

/* <u, s(a)> = <J^T u, a> with vectors that are not one-hot, and the score itself in double. */
static void test_scores_and_slopes_are_adjoint(void **state) {
  (void)state;
  enum { N = 5, K = 3 };
  float outputs[N * (1 + K)], conditions[N * K], scores[N], u[N], doutputs[N * (1 + K)];
  double across = 0.0, back = 0.0;
  ref_fill(outputs, N * (1 + K), 2.0, 1);
  ref_fill(conditions, N * K, 1.5, 2);
  ref_fill(u, N, 1.0, 3);
  assert_ptr_equal(condition_scores(scores, outputs, conditions, N, K), scores);
  assert_ptr_equal(condition_slopes(doutputs, u, conditions, N, K), doutputs);
  for (int n = 0; n < N; n++) {
    double s = (double)outputs[n * (1 + K)];
    for (int k = 0; k < K; k++) {
      s += (double)conditions[n * K + k] * (double)outputs[n * (1 + K) + 1 + k];
    }
    assert_true(fabs(s - (double)scores[n]) < 1e-6);
    across += (double)u[n] * (double)scores[n];
  }
  for (int i = 0; i < N * (1 + K); i++) {
    back += (double)doutputs[i] * (double)outputs[i];
  }
  assert_true(fabs(across - back) < 1e-5);
  condition_slopes(doutputs, NULL, conditions, N, K);
  assert_true(doutputs[0] == 1.0F && doutputs[1 + K] == 1.0F && doutputs[1] == conditions[0]);
}

/* Without a condition nothing is copied: the outputs themselves are the scores. */
static void test_without_a_condition(void **state) {
  (void)state;
  float outputs[2] = {1.0F, 2.0F}, other[2];
  assert_ptr_equal(condition_scores(other, outputs, NULL, 2, 0), outputs);
  assert_ptr_equal(condition_slopes(other, outputs, NULL, 2, 0), outputs);
  assert_null(condition_slopes(other, NULL, NULL, 2, 0));
}

static void check_recorded(size_t size) {
  Condition condition = {.length = size}, read;
  static Attributes attributes;
  attributes.count = 0;
  for (size_t k = 0; k < size; k++) {
    condition.counts[k] = k % 7 == 3 ? 0 : (int64_t)(4294967295 - k);
  }
  attributes_set_text(&attributes, "condition", "labels");
  condition_record(&condition, &attributes);
  assert_int_equal(condition_recorded(&read, &attributes, "a.h5"), GT_OK);
  assert_memory_equal(&read, &condition, sizeof read);
}

static void test_attributes_and_back(void **state) {
  (void)state;
  const size_t sizes[] = {2, 10, 63, 64, 65, 128, 255, 256};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    check_recorded(sizes[i]);
  }
}

static void test_strange_attributes(void **state) {
  (void)state;
  static const char *const texts[] = {"", "1 x", "-3 4", "0 0", "4294967296", "1 2 3,4"};
  static Attributes attributes;
  Condition read;
  assert_int_equal(condition_recorded(&read, &attributes, "a.h5"), GT_OK);
  assert_int_equal(read.length, 0);
  attributes_set_text(&attributes, "condition", "labels");
  assert_int_equal(condition_recorded(&read, &attributes, "a.h5"), GT_FAILED);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    attributes_set_text(&attributes, "class_counts", texts[i]);
    assert_int_equal(condition_recorded(&read, &attributes, "a.h5"), GT_FAILED);
    assert_non_null(strstr(status_message(), "a.h5: the attribute class_counts"));
  }
  attributes_set_int(&attributes, "class_counts", 12);
  assert_int_equal(condition_recorded(&read, &attributes, "a.h5"), GT_FAILED);
  attributes_set_text(&attributes, "condition", "energies");
  assert_int_equal(condition_recorded(&read, &attributes, "a.h5"), GT_FAILED);
  assert_non_null(strstr(status_message(), "does not know"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_drawn_as_often_as_the_data_have_them),
                                     cmocka_unit_test(test_class_of_an_index),
                                     cmocka_unit_test(test_wanted_classes),
                                     cmocka_unit_test(test_scores_and_slopes_are_adjoint),
                                     cmocka_unit_test(test_without_a_condition),
                                     cmocka_unit_test(test_attributes_and_back),
                                     cmocka_unit_test(test_strange_attributes)};
  return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
