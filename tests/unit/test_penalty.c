/* Tangents and gradient penalties of every network that is linear in pieces, against finite differences of
 * the reference network in double, with dropout. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/nn/penalty.h"
#include "ref.h"
#include "rig.h"

#define SMALL 1e-5 /* steps of the differences: no unit of the cases comes so near its kink */
#define STRENGTH 0.3

static bool applies(const Case *c) {
  Rig rig;
  rig_setup(&rig, c, ROWS);
  bool linear = penalty_check(&rig.network, "--r1") == GT_OK;
  rig_teardown(&rig);
  return linear;
}

static void outputs(Rig *rig, double *Y, const double *X) {
  ref_network_forward(&rig->network, Y, rig->Params, rig->Running, X, rig->rows, true, RIG_SAMPLE,
                      rig_pass(rig, true).key);
}

/* Tangent of the whole network, layer by layer; the caller frees it. */
static float *network_tangent(Rig *rig, const float *v, const Pass *pass) {
  const Network *network = &rig->network;
  float *after[CASE_LAYERS]; /* of every layer */
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    size_t count = rig->rows * shape_count(layer->out);
    after[i] = ref_floats(count);
    if (layer->alias) {
      memcpy(after[i], i == 0 ? v : after[i - 1], count * sizeof **after);
    } else {
      LayerArrays arrays = {.y = rig->tape.out[i],
                            .params = rig->params,
                            .saved = rig->tape.saved[i],
                            .scratch = rig->tape.scratch,
                            .skip = layer->source < 0 ? NULL : after[layer->source],
                            .tx = i == 0 ? v : after[i - 1],
                            .ty = after[i]};
      layer->spec.ops->tangent(layer, &arrays, pass);
    }
  }
  for (int i = 0; i < network->layers_count - 1; i++) {
    free(after[i]);
  }
  return after[network->layers_count - 1];
}

/* J v against differences, and <u, J v> = <J^T u, v>. */
static void check_tangent(const Case *c) {
  Rig rig;
  rig_setup(&rig, c, ROWS);
  size_t in = ROWS * rig.in, out = ROWS * rig.out;
  Pass pass = rig_pass(&rig, true);
  float *v = ref_floats(in);
  double *X = ref_doubles(in), *above = ref_doubles(out), *below = ref_doubles(out);
  ref_fill(v, in, 1.0, 9);
  network_forward(&rig.network, rig.params, rig.running, &rig.tape, rig.x, &pass);
  float *tangent = network_tangent(&rig, v, &pass);
  for (int sign = -1; sign <= 1; sign += 2) {
    for (size_t i = 0; i < in; i++) {
      X[i] = rig.X[i] + sign * SMALL * (double)v[i];
    }
    outputs(&rig, sign < 0 ? below : above, X);
  }
  for (size_t i = 0; i < out; i++) {
    above[i] = (above[i] - below[i]) / (2.0 * SMALL);
  }
  assert_true(ref_close(c->what, tangent, above, out, 1e-5, 1e-5));
  const float *dx =
      network_backward(&rig.network, rig.params, (GradientSum){0}, &rig.tape, rig.x, rig.dy, true, &pass);
  double up = 0.0, down = 0.0, size = 0.0;
  for (size_t i = 0; i < out; i++) {
    up += (double)rig.dy[i] * (double)tangent[i];
    size += fabs((double)rig.dy[i] * (double)tangent[i]);
  }
  for (size_t i = 0; i < in; i++) {
    down += (double)dx[i] * (double)v[i];
  }
  assert_true(fabs(up - down) <= 1e-5 * size + 1e-9);
  free(v);
  free(X);
  free(above);
  free(below);
  free(tangent);
  rig_teardown(&rig);
}

static void test_tangents(void **state) {
  (void)state;
  int checked = 0;
  for (int i = 0; i < cases_count; i++) {
    if (applies(&cases[i])) {
      check_tangent(&cases[i]);
      checked++;
    }
  }
  assert_true(checked >= 20);
}

/* |g|^2 of every row; rows are independent, so all of them are moved at once. */
static void ref_squared(Rig *rig, double *squared) {
  size_t out = rig->rows * rig->out;
  double *above = ref_doubles(out), *below = ref_doubles(out);
  memset(squared, 0, rig->rows * sizeof *squared);
  for (size_t e = 0; e < rig->in; e++) {
    for (int sign = -1; sign <= 1; sign += 2) {
      for (size_t n = 0; n < rig->rows; n++) {
        rig->X[n * rig->in + e] += sign * SMALL;
      }
      outputs(rig, sign < 0 ? below : above, rig->X);
      for (size_t n = 0; n < rig->rows; n++) {
        rig->X[n * rig->in + e] = (double)rig->x[n * rig->in + e];
      }
    }
    for (size_t n = 0; n < rig->rows; n++) {
      double slope = 0.0;
      for (size_t k = n * rig->out; k < (n + 1) * rig->out; k++) {
        slope += (above[k] - below[k]) / (2.0 * SMALL);
      }
      squared[n] += slope * slope;
    }
  }
  free(above);
  free(below);
}

/* The sum over rows of w s + strength p, with the penalties as their papers write them. */
static double functional(Rig *rig, PenaltyFunction penalty, const float *w) {
  double *squared = ref_doubles(rig->rows), sum = 0.0;
  outputs(rig, rig->Y, rig->X);
  ref_squared(rig, squared);
  for (size_t n = 0; n < rig->rows; n++) {
    double off = sqrt(squared[n]) - 1.0;
    sum += STRENGTH * (penalty == penalty_squared   ? squared[n] / 2.0
                       : penalty == penalty_centred ? off * off
                                                    : (off > 0.0 ? off * off : 0.0));
    for (size_t k = 0; k < rig->out; k++) {
      sum += (double)w[n] * rig->Y[n * rig->out + k];
    }
  }
  free(squared);
  return sum;
}

static void compute(Rig *rig, GradientSum grads, PenaltyFunction penalty, const float *w, PenaltyTape *tape,
                    const Pass *pass) {
  network_forward(&rig->network, rig->params, rig->running, &rig->tape, rig->x, pass);
  penalty_tangent(&rig->network, rig->params, &rig->tape, tape, penalty, STRENGTH, pass);
  penalty_backward(&rig->network, rig->params, grads, &rig->tape, tape, rig->x, w, pass);
}

static void check_gradients(const Case *c, PenaltyFunction penalty) {
  Rig rig;
  PenaltyTape tape;
  float w[ROWS];
  rig_setup(&rig, c, ROWS);
  const Arena *arena = &rig.network.params;
  double *expected = ref_doubles(arena->count), squared[ROWS];
  Pass pass = rig_pass(&rig, true);
  assert_int_equal(penalty_tape_create(&tape, &rig.network, ROWS), GT_OK);
  ref_fill(w, ROWS, 1.0, 8);
  for (size_t i = 0; i < arena->count; i++) { /* they add */
    rig.grads[i] = 1.0F;
    expected[i] = 1.0;
  }
  compute(&rig, (GradientSum){.sum = rig.grads}, penalty, w, &tape, &pass);
  ref_squared(&rig, squared);
  for (size_t n = 0; n < ROWS; n++) {
    double slope;
    assert_true(fabs(tape.squared[n] - squared[n]) <= 1e-5 * squared[n] + 1e-9);
    assert_true(tape.values[n] == penalty(tape.squared[n], &slope));
  }
  for (int t = 0; t < arena->tensors_count; t++) {
    for (size_t i = arena->tensors[t].first; i < arena->tensors[t].first + arena->tensors[t].count; i++) {
      double before = rig.Params[i];
      rig.Params[i] = before + SMALL;
      double above = functional(&rig, penalty, w);
      rig.Params[i] = before - SMALL;
      double below = functional(&rig, penalty, w);
      rig.Params[i] = before;
      expected[i] += (above - below) / (2.0 * SMALL);
    }
  }
  assert_true(ref_close(c->what, rig.grads, expected, arena->count, 2e-5, 2e-5));
  free(expected);
  penalty_tape_free(&tape);
  rig_teardown(&rig);
}

static void test_gradients(void **state) {
  (void)state;
  for (int i = 0; i < cases_count; i++) {
    if (applies(&cases[i])) {
      check_gradients(&cases[i], penalty_squared);
    }
    if (applies(&cases[i]) && shape_count(cases[i].in) <= 20) { /* the slower ones show nothing more */
      check_gradients(&cases[i], penalty_centred);
      check_gradients(&cases[i], penalty_cap);
    }
  }
}

/* Exact sums over four shards of three rows, in chunks of so many rows. */
static void exact_sums(const Case *c, size_t chunk, int64_t *sums) {
  Rig rig;
  PenaltyTape tape;
  float w[12];
  rig_setup_in_chunks(&rig, c, 12, chunk);
  Pass pass = rig_pass(&rig, true);
  pass.share.shard_rows = 3;
  assert_int_equal(penalty_tape_create(&tape, &rig.network, 12), GT_OK);
  ref_fill(w, 12, 1.0, 8);
  GradientSum grads = {.exact = sums, .limit = exact_limit(4 * network_exact_parts(&rig.network, 3))};
  compute(&rig, grads, penalty_squared, w, &tape, &pass);
  assert_false(exact_overflowed());
  penalty_tape_free(&tape);
  rig_teardown(&rig);
}

static void test_chunks_keep_exact_bits(void **state) {
  (void)state;
  for (int i = 0; i < cases_count; i++) {
    Rig rig;
    rig_setup(&rig, &cases[i], 12);
    size_t n = rig.network.params.count + 1;
    rig_teardown(&rig);
    if (applies(&cases[i])) {
      int64_t *whole = calloc(n, sizeof *whole), *cut = calloc(n, sizeof *cut);
      exact_sums(&cases[i], SIZE_MAX, whole);
      exact_sums(&cases[i], 4, cut);
      assert_memory_equal(cut, whole, n * sizeof *cut);
      free(whole);
      free(cut);
    }
  }
}

typedef struct Announced {
  const Rig *rig;
  float *grads;
  size_t border;
} Announced;

static void note_ready(void *context, int network, size_t first, size_t count) {
  Announced *announced = context;
  assert_int_equal(network, 1);
  assert_int_equal(first + count, announced->border);
  memcpy(announced->grads + first, announced->rig->grads + first, count * sizeof(float));
  announced->border = first;
}

/* Gradients leave from the tail of the arena to its head, and are final then. */
static void test_gradients_are_announced(void **state) {
  (void)state;
  for (int i = 0; i < cases_count; i++) {
    Rig rig;
    PenaltyTape tape;
    float w[11];
    if (!applies(&cases[i])) {
      continue;
    }
    rig_setup_in_chunks(&rig, &cases[i], 11, 3);
    Announced announced = {&rig, ref_floats(rig.network.params.count), rig.network.params.count};
    Hooks hooks = {.context = &announced, .grads_ready = note_ready};
    Pass pass = rig_pass(&rig, true);
    pass.hooks = &hooks;
    pass.network = 1;
    assert_int_equal(penalty_tape_create(&tape, &rig.network, 11), GT_OK);
    ref_fill(w, 11, 1.0, 8);
    compute(&rig, (GradientSum){.sum = rig.grads}, penalty_squared, w, &tape, &pass);
    assert_int_equal(announced.border, 0);
    assert_memory_equal(announced.grads, rig.grads, rig.network.params.count * sizeof(float));
    free(announced.grads);
    penalty_tape_free(&tape);
    rig_teardown(&rig);
  }
}

static void test_what_is_refused(void **state) {
  (void)state;
  const LayerSpec bends[] = {NORM, {.ops = &layer_tanh}, {.ops = &layer_sigmoid}};
  const char *names[] = {"batch_normalization", "tanh", "sigmoid"};
  for (size_t i = 0; i < sizeof bends / sizeof *bends; i++) {
    const Case c = {"refused", {1, 1, 4}, {DENSE(3), bends[i], DENSE(1)}};
    Rig rig;
    rig_setup(&rig, &c, ROWS);
    assert_int_equal(penalty_check(&rig.network, "--r1"), GT_USAGE);
    assert_non_null(strstr(status_message(), names[i]));
    assert_non_null(strstr(status_message(), "--r1"));
    rig_teardown(&rig);
  }
}

static void test_no_slope_at_all(void **state) {
  (void)state;
  double slope = 7.0;
  assert_true(penalty_centred(0.0, &slope) == 1.0 && slope == 0.0);
  assert_true(penalty_cap(0.25, &slope) == 0.0 && slope == 0.0);
  assert_true(penalty_cap(4.0, &slope) == 1.0 && slope == 0.5);
  assert_true(penalty_centred(0.25, &slope) == 0.25 && slope == -1.0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tangents),
      cmocka_unit_test(test_gradients),
      cmocka_unit_test(test_chunks_keep_exact_bits),
      cmocka_unit_test(test_gradients_are_announced),
      cmocka_unit_test(test_what_is_refused),
      cmocka_unit_test(test_no_slope_at_all),
  };
  return cmocka_run_group_tests_name("penalty", tests, NULL, NULL);
}
