/* The list of blocks that is a run's state: it has all of the players' numbers, and all functions that walk
 * it see the same blocks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gantrain/gan/gan.h"
#include "gantrain/math/kernels.h"

static Status create(Gan *gan, double average) {
  Architecture architecture;
  assert_int_equal(architecture_find(&architecture, "mlp", (Shape){4, 4, 1}), GT_OK);
  const GanSettings settings = {
      .seed = 1, .adam = {architecture.adam, architecture.adam}, .average = average, .spectral_norm = true};
  return gan_create(gan, &architecture, (Shape){4, 4, 1}, &settings,
                    (Share){.rows = 2, .batch = 2, .shard_rows = 2, .sample = 0});
}

/* Every number that a step changes and the next one reads is in the list: a second Gan that gets the blocks
 * alone goes on like the first. */
static void test_list_is_all(void **state) {
  (void)state;
  Gan first, second;
  int64_t sums[GAN_SUMS];
  assert_int_equal(create(&first, 0.0), GT_OK);
  assert_int_equal(create(&second, 0.0), GT_OK);
  for (int i = 0; i < 3; i++) {
    gan_step(&first, sums);
  }
  gan_finish(&first);
  assert_true(gan_state_hash(&first) != gan_state_hash(&second));
  state_copy(&second.state, &first.state);
  second.step = first.step;
  assert_int_equal(gan_state_hash(&second), gan_state_hash(&first));
  gan_step(&first, sums);
  gan_finish(&first);
  gan_step(&second, sums);
  gan_finish(&second);
  assert_int_equal(gan_state_hash(&second), gan_state_hash(&first));
  gan_free(&first);
  gan_free(&second);
}

/* A block for each row, with a name and a memory of its own; one changed number in any of them is seen. */
static void test_walks(void **state) {
  (void)state;
  Gan gan;
  State copy = {.count = 0};
  size_t bytes = 0;
  assert_int_equal(create(&gan, 30.0), GT_OK);
  assert_int_equal(state_create_like(&copy, &gan.state), GT_OK);
  state_copy(&copy, &gan.state);
  assert_int_equal(state_hash(&copy, 0), gan_state_hash(&gan));
  for (int b = 0; b < gan.state.count; b++) {
    Block *block = &gan.state.blocks[b];
    assert_ptr_equal(state_find(&gan.state, block->group), block->data);
    assert_ptr_not_equal(copy.blocks[b].data, block->data);
    bytes += block->arena->count * sizeof(float);
    if (block->arena->count > 0) {
      block->data[0] += 1.0f;
      assert_true(state_hash(&copy, 0) != gan_state_hash(&gan));
      block->data[0] = copy.blocks[b].data[0];
      assert_int_equal(state_hash(&copy, 0), gan_state_hash(&gan));
    }
  }
  assert_int_equal(state_bytes(&gan.state), bytes);
  assert_ptr_equal(state_find(&gan.state, STATE_D_PARAMETERS), gan.player[GAN_D].params);
  assert_ptr_equal(state_find(&gan.state, STATE_G_RUNNING), gan.player[GAN_G].running);
  state_free(&copy);
  gan_free(&gan);
}

/* Dropout inside of G draws from a stream of its own, not from what its layer's index makes of the latents'.
 */
static void test_dropout_in_generator(void **state) {
  (void)state;
  enum { N = 2, C = 16, LAYER = 1 };
  const Shape image = {4, 4, 1};
  Architecture a;
  Gan gan;
  int64_t sums[GAN_SUMS];
  float mask[N * C];
  assert_int_equal(architecture_find(&a, "mlp", image), GT_OK);
  a.generator_count = 0;
  a.generator[a.generator_count++] = (LayerSpec){.ops = &layer_dense, .units = C};
  a.generator[a.generator_count++] = (LayerSpec){.ops = &layer_dropout, .rate = 0.5f};
  a.generator[a.generator_count++] = (LayerSpec){.ops = &layer_reshape, .target = image};
  const GanSettings settings = {.seed = 1, .adam = {a.adam, a.adam}};
  assert_int_equal(gan_create(&gan, &a, image, &settings, (Share){.rows = N, .batch = N, .shard_rows = N}),
                   GT_OK);
  gan_step(&gan, sums);
  gan_finish(&gan);
  const float *drawn = gan.player[GAN_G].tape.saved[LAYER];
  RngKey key = {.seed = 1, .stream = RNG_DROPOUT_MAKE_G + LAYER, .step = 0};
  dropout_mask(mask, 0.5f, key, 0, N, C);
  assert_memory_equal(drawn, mask, sizeof mask);
  key.stream = RNG_LATENT_G + LAYER;
  dropout_mask(mask, 0.5f, key, 0, N, C);
  assert_memory_not_equal(drawn, mask, sizeof mask);
  gan_free(&gan);
}

/* By its definition, in double; half-lives of a twentieth of the images seen, then of a quarter of one. */
static void test_average(void **state) {
  (void)state;
  Gan gan;
  int64_t sums[GAN_SUMS];
  double expected = 0.0;
  assert_int_equal(create(&gan, 0.0), GT_OK);
  assert_null(gan.player[GAN_G].average);
  int without = gan.state.count;
  gan_free(&gan);
  assert_int_equal(create(&gan, 0.25), GT_OK);
  assert_int_equal(gan.state.count, without + 1);
  const Player *g = &gan.player[GAN_G];
  assert_ptr_equal(state_find(&gan.state, gan_images_by(gan.settings.average)), g->average);
  assert_memory_equal(g->average, g->params, g->network.params.count * sizeof(float));
  expected = (double)g->params[3];
  for (int step = 1; step <= 8; step++) {
    gan_step(&gan, sums);
    gan_finish(&gan);
    double half_life = 0.05 * 2.0 * step < 0.25 ? 0.05 * 2.0 * step : 0.25;
    double kept = pow(0.5, 2.0 / half_life);
    expected = kept * expected + (1.0 - kept) * (double)g->params[3];
    assert_true(fabs((double)g->average[3] - expected) < 1e-6 * fabs(expected));
  }
  assert_true(g->average[3] != g->params[3]);
  gan_free(&gan);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_list_is_all), cmocka_unit_test(test_walks),
                                     cmocka_unit_test(test_dropout_in_generator),
                                     cmocka_unit_test(test_average)};
  return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
