/* A network run in chunks of rows gives what it gives in one piece: outputs, running statistics and input
 * gradients bit for bit, parameter gradients up to the rounding of their sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ref.h"
#include "rig.h"

/* Also one whose windows fill several blocks of conv.c, with images across their borders. */
static const Case large = {"many windows",
                           {9, 7, 3},
                           {FILTERS(conv2d, 4, 3, 3, 1, 1, .no_bias = true), NORM, LEAKY,
                            FILTERS(conv2d_transpose, 3, 5, 4, 1, 2, .valid = false), DROPOUT,
                            POOL(max_pooling2d, 3, 3, 2, 2, .valid = false), FLATTEN, DENSE(3)}};

/* What one forward and one backward pass leave behind. */
typedef struct Outcome {
  float *y, *running, *dx, *grads;
} Outcome;

static float *copy_of(const float *values, size_t n) {
  float *copy = ref_floats(n);
  memcpy(copy, values, n * sizeof *copy);
  return copy;
}

static Outcome run(Rig *rig, bool training) {
  Pass pass = rig_pass(rig, training);
  Outcome outcome;
  outcome.y = copy_of(network_forward(&rig->network, rig->params, rig->running, &rig->tape, rig->x, &pass),
                      rig->rows * rig->out);
  outcome.running = copy_of(rig->running, rig->network.running.count);
  outcome.dx = copy_of(network_backward(&rig->network, rig->params, (GradientSum){.sum = rig->grads},
                                        &rig->tape, rig->x, rig->dy, true, &pass),
                       rig->rows * rig->in);
  outcome.grads = copy_of(rig->grads, rig->network.params.count);
  return outcome;
}

static void free_outcome(Outcome *outcome) {
  free(outcome->y);
  free(outcome->running);
  free(outcome->dx);
  free(outcome->grads);
}

/* Gradients of the parameters alone, or of the input alone, have the same bits as both together. */
static void check_wishes(Rig *rig, bool training, const Outcome *both) {
  Pass pass = rig_pass(rig, training);
  const Network *network = &rig->network;
  assert_memory_equal(
      network_backward(network, rig->params, (GradientSum){0}, &rig->tape, rig->x, rig->dy, true, &pass),
      both->dx, rig->rows * rig->in * sizeof(float));
  memset(rig->grads, 0, network->params.count * sizeof(float));
  assert_null(network_backward(network, rig->params, (GradientSum){.sum = rig->grads}, &rig->tape, rig->x,
                               rig->dy, false, &pass));
  assert_memory_equal(rig->grads, both->grads, network->params.count * sizeof(float));
  assert_null(
      network_backward(network, rig->params, (GradientSum){0}, &rig->tape, rig->x, rig->dy, false, &pass));
  assert_memory_equal(rig->grads, both->grads, network->params.count * sizeof(float));
}

static void check_chunk(const Case *c, size_t rows, size_t chunk, bool training, const Outcome *whole) {
  Rig rig;
  rig_setup_in_chunks(&rig, c, rows, chunk);
  Outcome cut = run(&rig, training);
  double *grads = ref_doubles(rig.network.params.count);
  assert_memory_equal(cut.y, whole->y, rows * rig.out * sizeof(float));
  assert_memory_equal(cut.running, whole->running, rig.network.running.count * sizeof(float));
  assert_memory_equal(cut.dx, whole->dx, rows * rig.in * sizeof(float));
  ref_widen(grads, whole->grads, rig.network.params.count);
  assert_true(ref_close(c->what, cut.grads, grads, rig.network.params.count, 3e-6, 1e-5));
  check_wishes(&rig, training, &cut);
  free(grads);
  free_outcome(&cut);
  rig_teardown(&rig);
}

static void check_case(const Case *c, size_t rows, bool training) {
  const size_t chunks[] = {0, 1, 2, 3, rows - 1, rows};
  Rig rig;
  rig_setup_in_chunks(&rig, c, rows, SIZE_MAX);
  Outcome whole = run(&rig, training);
  for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
    check_chunk(c, rows, chunks[i], training, &whole);
  }
  free_outcome(&whole);
  rig_teardown(&rig);
}

/* The exact sums of a pass over four shards of three rows, in the caller's memory. */
static void exact_pass(const Case *c, size_t chunk, int64_t *sums, size_t n) {
  Rig rig;
  rig_setup_in_chunks(&rig, c, 12, chunk);
  assert_int_equal(rig.network.params.count, n);
  Pass pass = rig_pass(&rig, true);
  pass.share.shard_rows = 3;
  GradientSum grads = {.exact = sums, .limit = exact_limit(4 * network_exact_parts(&rig.network, 3))};
  network_forward(&rig.network, rig.params, rig.running, &rig.tape, rig.x, &pass);
  network_backward(&rig.network, rig.params, grads, &rig.tape, rig.x, rig.dy, false, &pass);
  assert_false(exact_overflowed());
  rig_teardown(&rig);
}

/* Where a chunk holds a shard or more, chunks are whole shards: exact gradients keep their bits. */
static void check_exact(const Case *c) {
  const size_t chunks[] = {0, 3, 4, 5, 6, 11, 12};
  Network *network = calloc(1, sizeof *network);
  int layers = 0;
  while (layers < CASE_LAYERS && c->specs[layers].ops != NULL) {
    layers++;
  }
  assert_int_equal(network_build(network, "network", c->in, c->specs, layers), GT_OK);
  size_t n = network->params.count;
  int64_t *whole = calloc(n + 1, sizeof *whole), *cut = malloc((n + 1) * sizeof *cut);
  exact_pass(c, SIZE_MAX, whole, n);
  for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
    memset(cut, 0, (n + 1) * sizeof *cut);
    exact_pass(c, chunks[i], cut, n);
    assert_memory_equal(cut, whole, (n + 1) * sizeof *cut);
  }
  free(whole);
  free(cut);
  free(network);
}

static void test_exact_gradients_keep_their_bits(void **state) {
  (void)state;
  for (int i = 0; i < cases_count; i++) {
    check_exact(&cases[i]);
  }
  check_exact(&large);
}

typedef struct Announced {
  const Rig *rig;
  float *grads;  /* as they were when announced */
  size_t border; /* everything from here on has been announced */
} Announced;

static void note_ready(void *context, int network, size_t first, size_t count) {
  Announced *announced = context;
  assert_int_equal(network, 1);
  assert_int_equal(first + count, announced->border);
  memcpy(announced->grads + first, announced->rig->grads + first, count * sizeof(float));
  announced->border = first;
}

/* Gradients are announced once each, from the tail of the arena to its head, after the last chunk is added.
 */
static void test_announced_gradients_are_final(void **state) {
  (void)state;
  for (int i = 0; i < cases_count; i++) {
    Rig rig;
    rig_setup_in_chunks(&rig, &cases[i], 11, 3);
    Announced announced = {&rig, ref_floats(rig.network.params.count), rig.network.params.count};
    Hooks hooks = {.context = &announced, .grads_ready = note_ready};
    Pass pass = rig_pass(&rig, true);
    pass.hooks = &hooks;
    pass.network = 1;
    network_forward(&rig.network, rig.params, rig.running, &rig.tape, rig.x, &pass);
    network_backward(&rig.network, rig.params, (GradientSum){.sum = rig.grads}, &rig.tape, rig.x, rig.dy,
                     false, &pass);
    assert_int_equal(announced.border, 0);
    assert_memory_equal(announced.grads, rig.grads, rig.network.params.count * sizeof(float));
    free(announced.grads);
    rig_teardown(&rig);
  }
}

static void test_chunks_change_nothing(void **state) {
  (void)state;
  for (int i = 0; i < cases_count; i++) {
    check_case(&cases[i], 11, true);
    check_case(&cases[i], 11, false);
  }
  check_case(&large, 27, true);
}

/* A chunk holds a quarter of a million floats at the segment's widest place; batch normalisation is not cut.
 */
static void test_segments(void **state) {
  (void)state;
  Network *network = calloc(1, sizeof *network);
  const LayerSpec specs[] = {
      FILTERS(conv2d, 64, 5, 5, 2, 2, .valid = false), LEAKY, NORM, NORM, LEAKY, FLATTEN, DENSE(1)};
  const struct {
    int first, end;
    size_t least, most; /* rows */
  } expected[] = {{0, 2, 20, 22}, {2, 3, SIZE_MAX, SIZE_MAX}, {3, 4, SIZE_MAX, SIZE_MAX}, {4, 7, 20, 22}};
  assert_int_equal(network_build(network, "network", (Shape){28, 28, 1}, specs, 7), GT_OK);
  assert_int_equal(network->segments_count, 4);
  for (int s = 0; s < 4; s++) {
    assert_int_equal(network->segments[s].first, expected[s].first);
    assert_int_equal(network->segments[s].end, expected[s].end);
    assert_in_range(network->segments[s].chunk, expected[s].least, expected[s].most);
  }
  free(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_chunks_change_nothing), cmocka_unit_test(test_exact_gradients_keep_their_bits),
      cmocka_unit_test(test_announced_gradients_are_final), cmocka_unit_test(test_segments)};
  return cmocka_run_group_tests_name("chunks", tests, NULL, NULL);
}
