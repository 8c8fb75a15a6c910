/* Networks: names and places of layers, chains that do not fit, initial values, architectures, and tapes that
 * cannot be had. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/base/memory.h"
#include "gantrain/gan/gan.h"
#include "ref.h"
#include "rig.h"

static const Shape image = {28, 28, 1};

static Network *build(const char *architecture_name, int player) {
  Architecture architecture;
  Network *network = calloc(1, sizeof *network);
  assert_int_equal(architecture_find(&architecture, architecture_name, image), GT_OK);
  assert_int_equal(player == GAN_G
                       ? network_build(network, "generator", (Shape){1, 1, architecture.latent},
                                       architecture.generator, architecture.generator_count)
                       : network_build(network, "discriminator", image, architecture.discriminator,
                                       architecture.discriminator_count),
                   GT_OK);
  return network;
}

/* The article's two networks, as Keras counts and names them. */
static void test_article_networks(void **state) {
  (void)state;
  const char *names[] = {
      "dense/kernel",   "dense/bias",   "batch_normalization/gamma",   "batch_normalization/beta",
      "dense_1/kernel", "dense_1/bias", "batch_normalization_1/gamma", "batch_normalization_1/beta",
      "dense_2/kernel", "dense_2/bias"};
  Network *g = build("article", GAN_G), *d = build("article", GAN_D);
  assert_int_equal(g->params.tensors_count, 10);
  for (int t = 0; t < 10; t++) {
    assert_string_equal(g->params.tensors[t].name, names[t]);
  }
  assert_int_equal(arena_elements(&g->params),
                   100 * 128 + 128 + 256 + 128 * 128 + 128 + 256 + 128 * 784 + 784);
  assert_int_equal(arena_elements(&g->running), 512);
  assert_string_equal(g->running.tensors[3].name, "batch_normalization_1/moving_variance");
  assert_int_equal(arena_elements(&d->params), 784 * 128 + 128 + 128 + 1);
  assert_int_equal(arena_elements(&d->running), 0);
  assert_int_equal(g->out.h, 28);
  assert_int_equal(g->out.c, 1);
  assert_ptr_equal(g->layers[7].spec.ops, &layer_leaky_relu); /* the article ends so */
  assert_int_equal(shape_count(d->out), 1);
  free(g);
  free(d);
  g = build("mlp", GAN_G);
  assert_ptr_equal(g->layers[7].spec.ops, &layer_tanh);
  free(g);
}

static void test_unknown_architecture(void **state) {
  (void)state;
  Architecture architecture;
  assert_int_equal(architecture_find(&architecture, "mpl", image), GT_USAGE);
  assert_non_null(strstr(status_message(), "mpl"));
  assert_non_null(strstr(status_message(), "article"));
  assert_non_null(strstr(status_message(), "mlp"));
}

static void test_chains_that_do_not_fit(void **state) {
  (void)state;
  const struct {
    Shape in;
    LayerSpec spec;
    const char *says;
  } wrong[] = {
      {{28, 28, 1}, {.ops = &layer_dense, .units = 5}, "flatten"},
      {{1, 1, 9}, {.ops = &layer_dense, .units = 0}, "units"},
      {{1, 1, 9}, {.ops = &layer_reshape, .target = {3, 4, 1}}, "3 x 4 x 1"},
      {{1, 1, 9}, {.ops = &layer_dropout, .rate = 1.0F}, "rate"},
      {{1, 1, 9}, {.ops = &layer_dropout, .rate = -0.1F}, "rate"},
      {{1, 1, 9}, {.ops = &layer_dropout, .rate = NAN}, "rate"},
      {{1, 1, 9}, {.ops = &layer_batch_normalization, .momentum = 1.5F, .epsilon = 1e-3F}, "momentum"},
      {{1, 1, 9}, {.ops = &layer_batch_normalization, .momentum = 0.9F, .epsilon = 0.0F}, "epsilon"},
      {{4, 6, 1}, {.ops = &layer_conv2d, .units = 0, .window_h = 3, .window_w = 3}, "0 filters"},
      {{4, 6, 1}, {.ops = &layer_conv2d, .units = 2, .window_h = 3, .window_w = 0}, "3 x 0"},
      {{4, 6, 1}, {.ops = &layer_conv2d, .units = 2, .window_h = 3, .window_w = 3, .stride_h = -1}, "-1 x 0"},
      {{4, 6, 1}, {.ops = &layer_conv2d, .units = 2, .window_h = 5, .window_w = 5, .valid = true}, "4 x 6"},
      {{4, 6, 1}, {.ops = &layer_conv2d_transpose, .units = -2, .window_h = 3, .window_w = 3}, "-2 filters"},
      {{4, 6, 1},
       {.ops = &layer_conv2d_transpose,
        .units = 2,
        .window_h = 5,
        .window_w = 5,
        .stride_h = 2,
        .stride_w = 2,
        .target = {8, 13, 0}},
       "8 x 13"},
      {{4, 6, 1}, {.ops = &layer_max_pooling2d, .window_h = 2, .window_w = 7, .valid = true}, "2 x 7"},
      {{4, 6, 1}, {.ops = &layer_average_pooling2d, .window_h = -2, .window_w = 2}, "-2 x 2"},
      {{4, 6, 1}, {.ops = &layer_up_sampling2d, .window_h = 2, .window_w = 0}, "2 x 0"},
  };
  Network *network = calloc(1, sizeof *network);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(network_build(network, "network", wrong[i].in, &wrong[i].spec, 1), GT_USAGE);
    assert_non_null(strstr(status_message(), wrong[i].says));
    assert_non_null(strstr(status_message(), wrong[i].spec.ops->keras_name));
  }
  LayerSpec many[GT_LAYERS_MAX + 1];
  for (int i = 0; i <= GT_LAYERS_MAX; i++) {
    many[i] = (LayerSpec){.ops = &layer_relu};
  }
  assert_int_equal(network_build(network, "network", image, many, 0), GT_USAGE);
  assert_int_equal(network_build(network, "network", image, many, GT_LAYERS_MAX + 1), GT_USAGE);
  assert_int_equal(network_build(network, "network", image, many, GT_LAYERS_MAX), GT_OK);
  for (int i = 0; i <= GT_LAYERS_MAX; i++) {
    many[i] = (LayerSpec){.ops = &layer_flatten};
  }
  assert_int_equal(network_build(network, "network", image, many, GT_LAYERS_MAX), GT_OK);
  free(network);
}

/* What a residual block may not be made of. */
static void test_branches_that_do_not_fit(void **state) {
  (void)state;
  const struct {
    LayerSpec specs[6];
    int count;
    const char *says;
  } wrong[] = {
      {{ADD(1)}, 1, "1 layers inside"},
      {{DENSE(3), ADD(0)}, 2, "0 layers inside"},
      {{DENSE(3), DENSE(3), ADD(2)}, 3, "2 layers inside"},
      {{DENSE(3), DENSE(4), ADD(1)}, 3, "another shape than"},
      {{DENSE(3), LEAKY, DENSE(3), ADD(2)}, 4, "dense would be written over"},
      {{DENSE(3), FLATTEN, DENSE(3), ADD(2)}, 4, "dense would be written over"},
      {{DENSE(3), DENSE(3), LEAKY, ADD(2)}, 4, "cannot be added to the end of"},
      {{DENSE(3), DENSE(3), NORM, DENSE(3), ADD(3)}, 5, "couples rows"},
      {{DENSE(3), DENSE(3), DENSE(3), ADD(1), DENSE(3), ADD(3)}, 6, "overlaps"},
  };
  Network *network = calloc(1, sizeof *network);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(network_build(network, "network", (Shape){1, 1, 5}, wrong[i].specs, wrong[i].count),
                     GT_USAGE);
    assert_non_null(strstr(status_message(), "layer add"));
    assert_non_null(strstr(status_message(), wrong[i].says));
  }
  free(network);
}

/* Strides of 0 are 1 for convolutions and the window for pooling; a transposed convolution's size may be
 * given. */
static void test_sizes_of_layers(void **state) {
  (void)state;
  const struct {
    LayerSpec spec;
    Shape out;
    int top, left;
  } layers[] = {
      {{.ops = &layer_conv2d, .units = 2, .window_h = 4, .window_w = 3}, {7, 8, 2}, 1, 1},
      {{.ops = &layer_conv2d, .units = 2, .window_h = 5, .window_w = 5, .stride_h = 2, .stride_w = 3},
       {4, 3, 2},
       2,
       1},
      {{.ops = &layer_conv2d, .units = 2, .window_h = 4, .window_w = 3, .valid = true}, {4, 6, 2}, 0, 0},
      {{.ops = &layer_conv2d_transpose, .units = 2, .window_h = 4, .window_w = 5}, {7, 8, 2}, 1, 2},
      {{.ops = &layer_conv2d_transpose,
        .units = 2,
        .window_h = 5,
        .window_w = 5,
        .stride_h = 2,
        .stride_w = 3},
       {14, 24, 2},
       1,
       1},
      {{.ops = &layer_conv2d_transpose,
        .units = 2,
        .window_h = 5,
        .window_w = 5,
        .stride_h = 2,
        .stride_w = 3,
        .target = {13, 0, 0}},
       {13, 24, 2},
       2,
       1},
      {{.ops = &layer_conv2d_transpose,
        .units = 2,
        .window_h = 5,
        .window_w = 2,
        .stride_h = 2,
        .stride_w = 3,
        .valid = true},
       {17, 24, 2},
       0,
       0},
      {{.ops = &layer_max_pooling2d, .window_h = 2, .window_w = 3}, {4, 3, 3}, 0, 0},
      {{.ops = &layer_max_pooling2d, .window_h = 2, .window_w = 3, .valid = true}, {3, 2, 3}, 0, 0},
      {{.ops = &layer_average_pooling2d, .window_h = 3, .window_w = 4, .stride_h = 1, .stride_w = 2},
       {7, 4, 3},
       1,
       1},
      {{.ops = &layer_up_sampling2d, .window_h = 2, .window_w = 3}, {14, 24, 3}, 0, 0},
  };
  Network *network = calloc(1, sizeof *network);
  for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
    assert_int_equal(network_build(network, "network", (Shape){7, 8, 3}, &layers[i].spec, 1), GT_OK);
    assert_int_equal(network->out.h, layers[i].out.h);
    assert_int_equal(network->out.w, layers[i].out.w);
    assert_int_equal(network->out.c, layers[i].out.c);
    assert_int_equal(network->layers[0].conv.top, layers[i].top);
    assert_int_equal(network->layers[0].conv.left, layers[i].left);
  }
  free(network);
}

static void test_initial_values(void **state) {
  (void)state;
  Network *g = build("mlp", GAN_G);
  float *params = arena_block(&g->params), *running = arena_block(&g->running),
        *other = arena_block(&g->params);
  network_init(g, params, running, 42, RNG_INIT_GENERATOR);
  for (int t = 0; t < g->params.tensors_count; t++) {
    const Tensor *tensor = &g->params.tensors[t];
    const char *part = strchr(tensor->name, '/') + 1;
    const RngKey key = {42, RNG_INIT_GENERATOR, 0};
    for (size_t i = 0; i < tensor->count; i += 13) {
      double expected = strcmp(part, "kernel") == 0  ? 0.05 * ref_normal(key, (uint32_t)t, i)
                        : strcmp(part, "gamma") == 0 ? 1.0
                                                     : 0.0;
      assert_true(fabs((double)params[tensor->first + i] - expected) < 1e-6);
    }
  }
  for (int t = 0; t < g->running.tensors_count; t++) {
    const Tensor *tensor = &g->running.tensors[t];
    float expected = strstr(tensor->name, "variance") != NULL ? 1.0F : 0.0F;
    for (size_t i = 0; i < tensor->count; i++) {
      assert_true(running[tensor->first + i] == expected);
    }
  }
  uint64_t hash = arena_hash(&g->params, params, 0);
  network_init(g, other, running, 42, RNG_INIT_GENERATOR);
  assert_int_equal(arena_hash(&g->params, other, 0), hash);
  assert_memory_equal(params, other, g->params.count * sizeof *params); /* the gaps are zero in both */
  network_init(g, other, running, 43, RNG_INIT_GENERATOR);
  assert_true(arena_hash(&g->params, other, 0) != hash);
  network_init(g, other, running, 42, RNG_INIT_DISCRIMINATOR);
  assert_true(arena_hash(&g->params, other, 0) != hash);
  memory_free(params);
  memory_free(running);
  memory_free(other);
  free(g);
}

static void test_glorot(void **state) {
  (void)state;
  enum { IN = 300, OUT = 200 };
  float *kernel = ref_floats(IN * OUT);
  double limit = sqrt(6.0 / (IN + OUT)), sum = 0.0, squares = 0.0, largest = 0.0;
  initializer_fill(kernel, INITIALIZER_GLOROT_UNIFORM, IN, OUT, IN * OUT, (RngKey){1, RNG_INIT_GENERATOR, 0},
                   4);
  for (size_t i = 0; i < IN * OUT; i++) {
    double value = (double)kernel[i];
    sum += value;
    squares += value * value;
    largest = fmax(largest, fabs(value));
  }
  assert_true(largest <= limit * (1 + 1e-6) && largest > 0.999 * limit);
  assert_true(fabs(sum / (IN * OUT)) < 5.0 * limit / sqrt(3.0 * IN * OUT));
  assert_true(fabs(squares / (IN * OUT) / (limit * limit / 3.0) - 1.0) < 5.0 * sqrt(0.8 / (IN * OUT)));
  free(kernel);
}

static void test_no_memory_for_a_tape(void **state) {
  (void)state;
  Network *g = build("mlp", GAN_G);
  Tape tape;
  assert_int_equal(tape_create(&tape, g, (size_t)1 << 50, TAPE_TRAINING), GT_FAILED);
  assert_non_null(strstr(status_message(), "memory"));
  tape_free(&tape); /* what could not be had may be freed */
  free(g);
}

/* Whatever fails in gan_create, the message stands and nothing is left behind (the sanitizer build looks). */
static void test_gan_that_cannot_be(void **state) {
  (void)state;
  Architecture architecture;
  Gan *gan = calloc(1, sizeof *gan);
  assert_int_equal(architecture_find(&architecture, "mlp", image), GT_OK);
  const GanSettings settings = {.seed = 1, .adam = {architecture.adam, architecture.adam}};
  assert_int_equal(
      gan_create(gan, &architecture, image, &settings,
                 (Share){.rows = (size_t)1 << 50, .batch = 1, .shard_rows = (size_t)1 << 50, .sample = 0}),
      GT_FAILED);
  assert_non_null(strstr(status_message(), "memory"));
  architecture.discriminator_count--; /* ends in 128 values, not in a logit */
  assert_int_equal(gan_create(gan, &architecture, image, &settings,
                              (Share){.rows = 4, .batch = 4, .shard_rows = 4, .sample = 0}),
                   GT_USAGE);
  assert_non_null(strstr(status_message(), "logit"));
  architecture.generator_count--; /* flat, not an image */
  assert_int_equal(gan_create(gan, &architecture, image, &settings,
                              (Share){.rows = 4, .batch = 4, .shard_rows = 4, .sample = 0}),
                   GT_USAGE);
  free(gan);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_article_networks),
      cmocka_unit_test(test_unknown_architecture),
      cmocka_unit_test(test_chains_that_do_not_fit),
      cmocka_unit_test(test_branches_that_do_not_fit),
      cmocka_unit_test(test_sizes_of_layers),
      cmocka_unit_test(test_initial_values),
      cmocka_unit_test(test_glorot),
      cmocka_unit_test(test_no_memory_for_a_tape),
      cmocka_unit_test(test_gan_that_cannot_be),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
