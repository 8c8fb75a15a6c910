/* Convolutions, pooling and up-sampling against PyTorch's values and gradients: tests/golden/layers.txt, made
 * and described by make_golden_layers.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gantrain/base/memory.h"
#include "gantrain/nn/network.h"
#include "ref.h"

enum { N = 2 };

static FILE *open_golden(int *cases) {
  const char *source = getenv("GANTRAIN_SOURCE_DIR");
  char path[4096], line[256];
  int rows = 0;
  snprintf(path, sizeof path, "%s/tests/golden/layers.txt", source == NULL ? "." : source);
  FILE *file = fopen(path, "r");
  if (file == NULL || fgets(line, sizeof line, file) == NULL || /* the first line is a comment */
      fscanf(file, "%d cases of %d rows", cases, &rows) != 2) {
    fail_msg("cannot read %s; set GANTRAIN_SOURCE_DIR to the source folder", path);
  }
  assert_int_equal(rows, N);
  return file;
}

/* The values that make_golden_layers.py fills its tensors with: eighths, exact in float. */
static void fill(float *values, size_t n, size_t salt) {
  for (size_t i = 0; i < n; i++) {
    size_t index = i + salt;
    values[i] = ((float)(index * index * 37 % 101) - 50.0F) / 8.0F;
  }
}

/* The next case of the file as the settings of a layer. */
static LayerSpec read_case(FILE *file, Shape *in) {
  char kind[32];
  int valid, bias;
  LayerSpec spec = {.ops = NULL};
  assert_int_equal(fscanf(file, " case %31s %d %d %d %d %d %d %d %d %d %d %d %d", kind, &in->h, &in->w,
                          &in->c, &spec.units, &spec.window_h, &spec.window_w, &spec.stride_h, &spec.stride_w,
                          &valid, &bias, &spec.target.h, &spec.target.w),
                   13);
  spec.ops = layer_find(kind);
  assert_non_null(spec.ops);
  spec.valid = valid;
  spec.no_bias = !bias;
  return spec;
}

/* The next line of the file holds these values. Only average pooling rounds. */
static void compare(FILE *file, const LayerSpec *spec, const char *name, const float *values, size_t n) {
  char found[32], what[80];
  size_t count;
  double *expected = ref_doubles(n);
  double tolerance = spec->ops == &layer_average_pooling2d ? 5e-7 : 0.0;
  assert_int_equal(fscanf(file, "%31s %zu", found, &count), 2);
  assert_string_equal(found, name);
  assert_int_equal(count, n);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(fscanf(file, "%lf", &expected[i]), 1);
  }
  snprintf(what, sizeof what, "%s of %s", name, spec->ops->kind);
  assert_true(ref_close(what, values, expected, n, tolerance, tolerance));
  free(expected);
}

static void check_case(FILE *file) {
  Shape in;
  LayerSpec spec = read_case(file, &in);
  Network *network = calloc(1, sizeof *network);
  Tape tape;
  assert_int_equal(network_build(network, "network", in, &spec, 1), GT_OK);
  assert_int_equal(tape_create(&tape, network, N, TAPE_TRAINING), GT_OK);
  size_t out = N * shape_count(network->out);
  float *params = arena_block(&network->params), *grads = arena_block(&network->params),
        *dy = ref_floats(out);
  for (int t = 0; t < network->params.tensors_count; t++) {
    fill(params + network->params.tensors[t].first, network->params.tensors[t].count, 2 + (size_t)t);
  }
  fill(tape.x, N * shape_count(in), 1);
  fill(dy, out, 4);
  Pass pass = {.training = true, .share = {.rows = N, .batch = N}};
  compare(file, &spec, "y", network_forward(network, params, NULL, &tape, tape.x, &pass), out);
  const float *dx =
      network_backward(network, params, (GradientSum){.sum = grads}, &tape, tape.x, dy, true, &pass);
  compare(file, &spec, "dx", dx, N * shape_count(in));
  const char *names[] = {"dkernel", "dbias"};
  for (int t = 0; t < network->params.tensors_count; t++) {
    compare(file, &spec, names[t], grads + network->params.tensors[t].first,
            network->params.tensors[t].count);
  }
  free(dy);
  memory_free(params);
  memory_free(grads);
  tape_free(&tape);
  free(network);
}

static void test_layers_are_those_of_pytorch(void **state) {
  (void)state;
  int cases;
  FILE *file = open_golden(&cases);
  for (int i = 0; i < cases; i++) {
    check_case(file);
  }
  assert_true(cases > 0);
  fclose(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_layers_are_those_of_pytorch)};
  return cmocka_run_group_tests_name("golden_layers", tests, NULL, NULL);
}
