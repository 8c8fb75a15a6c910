/* Batch normalisation by statistics of shards: nothing is waited for, running statistics are those of the
 * batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/gan/gan.h"
#include "ref.h"

enum { N = 12, LATENT = 3, UNITS = 70 };

static const Shape image = {3, 2, 1};

/* One normalisation, so that what goes into it does not depend on how it normalises. */
static Architecture architecture(void) {
  Architecture a = {.name = "small", .latent = LATENT, .generator_count = 4, .discriminator_count = 2};
  const LayerSpec dense = {.ops = &layer_dense, .units = UNITS, .kernel = INITIALIZER_GLOROT_UNIFORM};
  a.generator[0] = dense;
  a.generator[1] = (LayerSpec){.ops = &layer_batch_normalization, .momentum = 0.7F, .epsilon = 1e-3F};
  a.generator[2] = dense;
  a.generator[2].units = 6;
  a.generator[3] = (LayerSpec){.ops = &layer_reshape, .target = image};
  a.discriminator[0] = (LayerSpec){.ops = &layer_flatten};
  a.discriminator[1] = dense;
  a.discriminator[1].units = 1;
  a.adam = (AdamSettings){.lr = 1e-2, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-8};
  return a;
}

static Status create(Gan *gan, const Architecture *a, size_t shard_rows) {
  const GanSettings settings = {.seed = 3, .adam = {a->adam, a->adam}, .shard_statistics = true};
  return gan_create(gan, a, image, &settings, (Share){.rows = N, .batch = N, .shard_rows = shard_rows});
}

/* G's two passes of the first step over the whole batch, in double. */
static void expected_running(const Gan *gan, double *running) {
  const Player *g = &gan->player[GAN_G];
  const RngStream streams[] = {RNG_LATENT_D, RNG_LATENT_G};
  double *params = ref_doubles(g->network.params.count), z[N * LATENT], y[N * 6];
  ref_widen(params, g->params, g->network.params.count);
  ref_widen(running, g->running, g->network.running.count);
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < (size_t)N * LATENT; i++) {
      z[i] = (double)(float)ref_normal((RngKey){3, streams[pass], 0}, (uint32_t)(i / LATENT), i % LATENT);
    }
    ref_network_forward(&g->network, y, params, running, z, N, true, 0, (RngKey){0});
  }
  free(params);
}

static int begun[2], ended[2];

static void count_begin(void *context, int player) {
  (void)context;
  begun[player]++;
}

static void count_end(void *context, int player) {
  (void)context;
  ended[player]++;
  assert_int_equal(ended[player], begun[player]);
}

static void never(void *context, int64_t *sums, size_t n) {
  (void)context;
  (void)sums;
  (void)n;
  fail_msg("a pass waits for a sum over all ranks");
}

static void test_running_statistics(void **state) {
  (void)state;
  const Architecture a = architecture();
  Gan gan;
  int64_t sums[GAN_SUMS];
  assert_int_equal(create(&gan, &a, 4), GT_OK);
  const Player *g = &gan.player[GAN_G];
  double *running = ref_doubles(g->network.running.count);
  expected_running(&gan, running);
  gan.hooks.sum = never;
  gan.hooks.moments_begin = count_begin;
  gan.hooks.moments_end = count_end;
  ref_fill(gan.real, (size_t)N * 6, 1.0, 3);
  gan_step(&gan, sums);
  assert_int_equal(begun[GAN_G], 2);
  assert_int_equal(ended[GAN_G], 1); /* the last pass's are on their way */
  gan_finish(&gan);
  gan_finish(&gan);
  assert_int_equal(ended[GAN_G], 2);
  assert_int_equal(begun[GAN_D], 0); /* it has none */
  assert_true(ref_close("running statistics", g->running, running, g->network.running.count, 1e-5, 1e-6));
  free(running);
  gan_free(&gan);
}

static void test_what_is_refused(void **state) {
  (void)state;
  Architecture a = architecture();
  Gan gan;
  assert_int_equal(create(&gan, &a, 1), GT_USAGE);
  assert_non_null(strstr(status_message(), "batch_normalization would normalise one value by itself"));
  assert_int_equal(architecture_find(&a, "cnn", image), GT_OK);
  assert_int_equal(create(&gan, &a, 4), GT_USAGE);
  assert_non_null(strstr(status_message(), "architecture cnn has no batch normalisation"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_running_statistics),
                                     cmocka_unit_test(test_what_is_refused)};
  return cmocka_run_group_tests_name("shard_statistics", tests, NULL, NULL);
}
