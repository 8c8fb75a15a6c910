/* Layers state their own work and parts, and networks use these figures whatever the shapes of the tensors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gantrain/gan/gan.h"
#include "rig.h"

enum { WORDS = 1000, VALUES = 8, PARTS = 7 };

/* A made-up kind: every value of a row chooses a row of a table [1000,8], which is no factor of a product. */
static Status lookup_infer(Layer *layer, Arena *params, Arena *running) {
  (void)running;
  layer->out = (Shape){1, 1, layer->in.c * VALUES};
  return arena_add(params, layer->name, "embeddings", 2, (int[]){WORDS, VALUES}, &layer->params[0]);
}

/* The same value twice in a row adds to the same place. */
static size_t lookup_parts(const Layer *layer) {
  return (size_t)layer->in.c;
}

static const LayerOps lookup = {
    .kind = "lookup", .keras_name = "embedding", .infer = lookup_infer, .parts = lookup_parts};

/* The same, and it says that it multiplies. */
static double stated_work(const Layer *layer) {
  (void)layer;
  return 1e8;
}

static const LayerOps busy = {
    .kind = "busy", .keras_name = "busy", .infer = lookup_infer, .parts = lookup_parts, .work = stated_work};

static void test_networks_add_up_what_layers_state(void **state) {
  (void)state;
  Network *network = calloc(1, sizeof *network);
  const LayerSpec alone[] = {{.ops = &lookup}}, stated[] = {{.ops = &busy}},
                  both[] = {{.ops = &lookup}, DENSE(3)};
  assert_int_equal(network_build(network, "network", (Shape){1, 1, PARTS}, alone, 1), GT_OK);
  assert_true(layer_work(&network->layers[0]) == 0.0);
  assert_int_equal(network_exact_parts(network, 5), 5 * PARTS);
  assert_in_range(network->segments[0].chunk, 4600, 4700); /* a quarter of a million floats, 56 a row */

  assert_int_equal(network_build(network, "network", (Shape){1, 1, PARTS}, stated, 1), GT_OK);
  assert_int_equal(network->segments[0].chunk, 4); /* 4e8 multiply-adds, and one row more if need be */

  assert_int_equal(network_build(network, "network", (Shape){1, 1, PARTS}, both, 2), GT_OK);
  assert_true(layer_work(&network->layers[1]) == PARTS * VALUES * 3);
  assert_int_equal(network_exact_parts(network, 5), 5 * PARTS);
  free(network);
}

/* A player of that kind counts in the work of a step with what it states. */
static void test_steps_add_up_what_layers_state(void **state) {
  (void)state;
  Gan *gan = calloc(1, sizeof *gan);
  double work[GAN_PHASES];
  const LayerSpec g[] = {{.ops = &lookup}, DENSE(4)}, d[] = {DENSE(1)};
  gan->settings.loss = loss_at(0);
  assert_int_equal(network_build(&gan->player[GAN_G].network, "generator", (Shape){1, 1, PARTS}, g, 2),
                   GT_OK);
  assert_int_equal(network_build(&gan->player[GAN_D].network, "discriminator", (Shape){1, 1, 4}, d, 1),
                   GT_OK);
  gan_work(work, gan);
  assert_true(work[GAN_PHASE_G_FAKES] == PARTS * VALUES * 4);
  free(gan);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_networks_add_up_what_layers_state),
                                     cmocka_unit_test(test_steps_add_up_what_layers_state)};
  return cmocka_run_group_tests_name("layer_statements", tests, NULL, NULL);
}
