/* Layers and chains of them: forward against the reference in double; gradients with respect to the input and
 * every parameter against central differences of that reference.
 *
 * The differences are taken in double with a step of 1e-6: truncation and rounding leave about 1e-9, so the
 * tolerance is what float arithmetic needs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/nn/network.h"
#include "ref.h"
#include "rig.h"

#define STEP 1e-6
#define TOLERANCE 2e-5 /* relative and absolute; the values are of order 1 */

/* The sum of dy y over the reference's output: its gradient is what a backward pass with this dy returns. */
static double functional(Rig *rig, bool training) {
  double *running = ref_doubles(rig->network.running.count);
  memcpy(running, rig->Running, rig->network.running.count * sizeof *running);
  ref_network_forward(&rig->network, rig->Y, rig->Params, running, rig->X, rig->rows, training, RIG_SAMPLE,
                      rig_pass(rig, training).key);
  double sum = 0.0;
  for (size_t i = 0; i < rig->rows * rig->out; i++) {
    sum += (double)rig->dy[i] * rig->Y[i];
  }
  free(running);
  return sum;
}

static double difference(Rig *rig, double *place, bool training) {
  double before = *place;
  *place = before + STEP;
  double above = functional(rig, training);
  *place = before - STEP;
  double below = functional(rig, training);
  *place = before;
  return (above - below) / (2.0 * STEP);
}

static void check_forward(Rig *rig, const Case *c, bool training) {
  Pass pass = rig_pass(rig, training);
  const float *y = network_forward(&rig->network, rig->params, rig->running, &rig->tape, rig->x, &pass);
  double *running = ref_doubles(rig->network.running.count);
  memcpy(running, rig->Running, rig->network.running.count * sizeof *running);
  ref_network_forward(&rig->network, rig->Y, rig->Params, running, rig->X, rig->rows, training, RIG_SAMPLE,
                      rig_pass(rig, training).key);
  assert_true(ref_close(c->what, y, rig->Y, rig->rows * rig->out, TOLERANCE, TOLERANCE));
  assert_true(ref_close("running", rig->running, running, rig->network.running.count, 1e-6, 1e-6));
  ref_widen(rig->Running, rig->running, rig->network.running.count);
  free(running);
}

/* The backward pass adds to the gradients: they start at 1 here. Gaps between tensors stay as they were. */
static void check_backward(Rig *rig, const Case *c, bool training) {
  const Arena *arena = &rig->network.params;
  Pass pass = rig_pass(rig, training);
  double *expected = ref_doubles(arena->count), *dX = ref_doubles(rig->rows * rig->in);
  for (size_t i = 0; i < arena->count; i++) {
    rig->grads[i] = 1.0F;
    expected[i] = 1.0;
  }
  const float *dx = network_backward(&rig->network, rig->params, (GradientSum){.sum = rig->grads}, &rig->tape,
                                     rig->x, rig->dy, true, &pass);
  assert_non_null(dx);
  for (int t = 0; t < arena->tensors_count; t++) {
    for (size_t i = 0; i < arena->tensors[t].count; i++) {
      size_t place = arena->tensors[t].first + i;
      expected[place] += difference(rig, &rig->Params[place], training);
    }
  }
  for (size_t i = 0; i < rig->rows * rig->in; i++) {
    dX[i] = difference(rig, &rig->X[i], training);
  }
  assert_true(ref_close(c->what, dx, dX, rig->rows * rig->in, TOLERANCE, TOLERANCE));
  assert_true(ref_close(c->what, rig->grads, expected, arena->count, TOLERANCE, TOLERANCE));
  free(expected);
  free(dX);
}

/* Without gradients, or without dx, the other one has the same bits. */
static void check_backward_in_part(Rig *rig, bool training) {
  size_t dx_bytes = rig->rows * rig->in * sizeof(float),
         grads_bytes = rig->network.params.count * sizeof(float);
  Pass pass = rig_pass(rig, training);
  float *dx = malloc(dx_bytes), *grads = calloc(1, grads_bytes + 1);
  memset(rig->grads, 0, grads_bytes);
  memcpy(dx,
         network_backward(&rig->network, rig->params, (GradientSum){.sum = rig->grads}, &rig->tape, rig->x,
                          rig->dy, true, &pass),
         dx_bytes);
  assert_memory_equal(dx,
                      network_backward(&rig->network, rig->params, (GradientSum){0}, &rig->tape, rig->x,
                                       rig->dy, true, &pass),
                      dx_bytes);
  assert_null(network_backward(&rig->network, rig->params, (GradientSum){.sum = grads}, &rig->tape, rig->x,
                               rig->dy, false, &pass));
  assert_memory_equal(grads, rig->grads, grads_bytes);
  assert_null(network_backward(&rig->network, rig->params, (GradientSum){0}, &rig->tape, rig->x, rig->dy,
                               false, &pass));
  free(dx);
  free(grads);
}

static void test_every_case(void **state) {
  (void)state;
  for (int i = 0; i < 2 * cases_count; i++) {
    const Case *c = &cases[i / 2];
    Rig rig;
    rig_setup(&rig, c, ROWS);
    bool training = i % 2 == 0;
    if (!training) { /* running statistics that are not at their start */
      Pass pass = rig_pass(&rig, true);
      network_forward(&rig.network, rig.params, rig.running, &rig.tape, rig.x, &pass);
      ref_widen(rig.Running, rig.running, rig.network.running.count);
    }
    check_forward(&rig, c, training);
    check_backward(&rig, c, training);
    check_backward_in_part(&rig, training);
    rig_teardown(&rig);
  }
}

static void test_every_kind_has_a_case(void **state) {
  (void)state;
  const char *kinds[] = {"dense",
                         "leaky_relu",
                         "relu",
                         "tanh",
                         "sigmoid",
                         "batch_normalization",
                         "dropout",
                         "flatten",
                         "reshape",
                         "conv2d",
                         "conv2d_transpose",
                         "max_pooling2d",
                         "average_pooling2d",
                         "up_sampling2d",
                         "add"};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    const LayerOps *ops = layer_find(kinds[k]);
    assert_non_null(ops);
    assert_string_equal(ops->kind, kinds[k]);
    bool found = false;
    for (int i = 0; i < cases_count; i++) {
      for (int l = 0; l < CASE_LAYERS; l++) {
        found = found || cases[i].specs[l].ops == ops;
      }
    }
    assert_true(found);
  }
  assert_null(layer_find("convolution"));
}

/* Forward passes need no tape for training, and a batch may have no rows. */
static void test_inference_tape_and_no_rows(void **state) {
  (void)state;
  for (int i = 0; i < cases_count; i++) {
    Rig rig;
    Tape tape;
    rig_setup(&rig, &cases[i], ROWS);
    assert_int_equal(tape_create(&tape, &rig.network, ROWS, TAPE_FORWARD), GT_OK);
    Pass pass = rig_pass(&rig, false);
    const float *y = network_forward(&rig.network, rig.params, rig.running, &rig.tape, rig.x, &pass);
    const float *again = network_forward(&rig.network, rig.params, rig.running, &tape, rig.x, &pass);
    assert_memory_equal(y, again, ROWS * rig.out * sizeof *y);
    pass.share.rows = 0;
    network_forward(&rig.network, rig.params, rig.running, &rig.tape, rig.x, &pass);
    network_backward(&rig.network, rig.params, (GradientSum){.sum = rig.grads}, &rig.tape, rig.x, rig.dy,
                     true, &pass);
    for (size_t g = 0; g < rig.network.params.count; g++) {
      assert_true(rig.grads[g] == 0.0F);
    }
    tape_free(&tape);
    rig_teardown(&rig);
  }
}

static void test_alias_layers_copy_nothing(void **state) {
  (void)state;
  const Case c = {"alias", {2, 3, 2}, {FLATTEN, {.ops = &layer_reshape, .target = {4, 3, 1}}, FLATTEN}};
  Rig rig;
  rig_setup(&rig, &c, ROWS);
  Pass pass = rig_pass(&rig, true);
  assert_ptr_equal(network_forward(&rig.network, rig.params, rig.running, &rig.tape, rig.x, &pass), rig.x);
  const float *dx =
      network_backward(&rig.network, rig.params, (GradientSum){0}, &rig.tape, rig.x, rig.dy, true, &pass);
  assert_memory_equal(dx, rig.dy, ROWS * rig.out * sizeof *dx);
  rig_teardown(&rig);
}

typedef struct Announced {
  size_t border; /* everything from here on is final */
  int calls;
} Announced;

static void note_ready(void *context, int network, size_t first, size_t count) {
  Announced *announced = context;
  assert_int_equal(network, 1);
  assert_int_equal(first + count, announced->border);
  announced->border = first;
  announced->calls++;
}

static int layers_with_parameters(const Network *network) {
  int count = 0;
  for (int i = 0; i < network->layers_count; i++) {
    count += network->layers[i].params_count > 0;
  }
  return count;
}

/* Gradients are announced from the tail of the arena to its head, without holes. */
static void test_gradients_are_announced(void **state) {
  (void)state;
  for (int i = 0; i < cases_count; i++) {
    Rig rig;
    rig_setup(&rig, &cases[i], ROWS);
    Announced announced = {rig.network.params.count, 0};
    Hooks hooks = {.context = &announced, .grads_ready = note_ready};
    Pass pass = rig_pass(&rig, true);
    pass.hooks = &hooks;
    pass.network = 1;
    network_forward(&rig.network, rig.params, rig.running, &rig.tape, rig.x, &pass);
    network_backward(&rig.network, rig.params, (GradientSum){.sum = rig.grads}, &rig.tape, rig.x, rig.dy,
                     false, &pass);
    assert_int_equal(announced.border, 0);
    assert_int_equal(announced.calls, layers_with_parameters(&rig.network));
    network_backward(&rig.network, rig.params, (GradientSum){0}, &rig.tape, rig.x, rig.dy, true, &pass);
    assert_int_equal(announced.calls, layers_with_parameters(&rig.network)); /* nothing to announce */
    rig_teardown(&rig);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_case),
      cmocka_unit_test(test_every_kind_has_a_case),
      cmocka_unit_test(test_inference_tape_and_no_rows),
      cmocka_unit_test(test_alias_layers_copy_nothing),
      cmocka_unit_test(test_gradients_are_announced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
