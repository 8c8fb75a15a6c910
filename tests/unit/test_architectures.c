/* The architectures of convolutions: their layers at MNIST's size, and images of any size, down to one pixel,
 * can be trained on. */
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

enum { N = 4, STEPS = 2 };

static Gan *create(const char *name, Shape image) {
  Architecture architecture;
  Gan *gan = calloc(1, sizeof *gan);
  assert_int_equal(architecture_find(&architecture, name, image), GT_OK);
  const GanSettings settings = {.seed = 7, .adam = {architecture.adam, architecture.adam}};
  assert_int_equal(gan_create(gan, &architecture, image, &settings,
                              (Share){.rows = N, .batch = N, .shard_rows = N, .sample = 0}),
                   GT_OK);
  return gan;
}

static void destroy(Gan *gan) {
  gan_free(gan);
  free(gan);
}

static void check_tensors(const Network *network, const char *const *names, const int shapes[][4],
                          int count) {
  assert_int_equal(network->params.tensors_count, count);
  for (int t = 0; t < count; t++) {
    const Tensor *tensor = &network->params.tensors[t];
    assert_string_equal(tensor->name, names[t]);
    for (int d = 0; d < 4; d++) {
      assert_int_equal(d < tensor->dims_count ? tensor->shape[d] : 0, shapes[t][d]);
    }
  }
}

/* As in Keras: a transposed convolution's kernel is (rows, columns, out, in). No bias where a normalisation
 * follows. */
static void test_dcgan_layers(void **state) {
  (void)state;
  const char *g_names[] = {"dense/kernel",
                           "batch_normalization/gamma",
                           "batch_normalization/beta",
                           "conv2d_transpose/kernel",
                           "batch_normalization_1/gamma",
                           "batch_normalization_1/beta",
                           "conv2d_transpose_1/kernel",
                           "batch_normalization_2/gamma",
                           "batch_normalization_2/beta",
                           "conv2d_transpose_2/kernel",
                           "conv2d_transpose_2/bias"};
  const int g_shapes[][4] = {{100, 6272},     {128}, {128}, {5, 5, 128, 128}, {128}, {128},
                             {5, 5, 64, 128}, {64},  {64},  {5, 5, 1, 64},    {1}};
  const char *d_names[] = {"conv2d/kernel", "conv2d/bias",  "conv2d_1/kernel",
                           "conv2d_1/bias", "dense/kernel", "dense/bias"};
  const int d_shapes[][4] = {{5, 5, 1, 64}, {64}, {5, 5, 64, 128}, {128}, {6272, 1}, {1}};
  Gan *gan = create("dcgan", (Shape){28, 28, 1});
  check_tensors(&gan->player[GAN_G].network, g_names, g_shapes, 11);
  check_tensors(&gan->player[GAN_D].network, d_names, d_shapes, 6);
  destroy(gan);
}

/* No normalisation, a bias everywhere; the full size has a convolution of its own from 3 halvings on. */
static void test_cnn_layers(void **state) {
  (void)state;
  const char *names[] = {"dense/kernel",
                         "dense/bias",
                         "dense_1/kernel",
                         "dense_1/bias",
                         "conv2d_transpose/kernel",
                         "conv2d_transpose/bias",
                         "conv2d_transpose_1/kernel",
                         "conv2d_transpose_1/bias",
                         "conv2d_transpose_2/kernel",
                         "conv2d_transpose_2/bias",
                         "conv2d/kernel",
                         "conv2d/bias"};
  const int small[][4] = {{32, 256}, {256}, {256, 3136}, {3136}, {4, 4, 32, 64}, {32}, {4, 4, 1, 32}, {1}};
  const int fine[][4] = {{32, 256},      {256}, {256, 8192},    {8192}, {4, 4, 64, 128}, {64},
                         {4, 4, 32, 64}, {32},  {4, 4, 32, 32}, {32},   {3, 3, 32, 3},   {3}};
  const char *d_names[] = {"conv2d/kernel", "conv2d/bias", "conv2d_1/kernel", "conv2d_1/bias",
                           "dense/kernel",  "dense/bias",  "dense_1/kernel",  "dense_1/bias"};
  const int d_shapes[][4] = {{4, 4, 1, 32}, {32}, {4, 4, 32, 64}, {64}, {3136, 128}, {128}, {128, 1}, {1}};
  Gan *gan = create("cnn", (Shape){28, 28, 1});
  check_tensors(&gan->player[GAN_G].network, names, small, 8);
  check_tensors(&gan->player[GAN_D].network, d_names, d_shapes, 8);
  destroy(gan);
  gan = create("cnn", (Shape){64, 64, 3});
  check_tensors(&gan->player[GAN_G].network, names, fine, 12);
  destroy(gan);
}

/* Glorot and Bengio's limit, with a window's taps counted on both sides. */
static void test_initial_kernels(void **state) {
  (void)state;
  const double fans[] = {25 * (64 + 1), 25 * (64 + 128), 6272 + 1};
  Gan *gan = create("dcgan", (Shape){28, 28, 1});
  const Player *d = &gan->player[GAN_D];
  for (int t = 0; t < 6; t++) {
    const Tensor *tensor = &d->network.params.tensors[t];
    double limit = t % 2 == 0 ? sqrt(6.0 / fans[t / 2]) : 0.0, largest = 0.0;
    for (size_t i = 0; i < tensor->count; i++) {
      largest = fmax(largest, (double)fabsf(d->params[tensor->first + i]));
    }
    assert_true(largest <= limit * (1 + 1e-6) && largest >= 0.99 * limit);
  }
  destroy(gan);
}

static void check_finite(const float *values, size_t n) {
  for (size_t i = 0; i < n; i++) {
    assert_true(isfinite(values[i]));
  }
}

static void check_step(Gan *gan, int step) {
  int64_t sums[GAN_SUMS];
  double values[GAN_SUMS];
  ref_fill(gan->real, N * shape_count(gan->image), 1.0, 20 + (uint32_t)step);
  gan_step(gan, sums);
  for (int i = 0; i < GAN_SUMS; i++) {
    values[i] = exact_value(sums[i], EXACT_LOSS_BITS);
    assert_true(isfinite(values[i]) && values[i] >= 0.0);
  }
}

static void check_sizes(const char *name) {
  const Shape sizes[] = {{28, 28, 1}, {32, 32, 3}, {64, 64, 1}, {30, 45, 2}, {1, 1, 1}, {3, 5, 1},
                         {2, 1, 4},   {1, 9, 1},   {5, 4, 1},   {8, 128, 1}, {8, 8, 1}, {33, 47, 1}};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    Gan *gan = create(name, sizes[s]);
    uint64_t start = gan_fingerprint(gan);
    for (int step = 0; step < STEPS; step++) {
      check_step(gan, step);
    }
    gan_finish(gan);
    assert_true(gan_fingerprint(gan) != start);
    for (int p = 0; p < 2; p++) {
      const Player *player = &gan->player[p];
      check_finite(player->params, player->network.params.count);
      check_finite(player->running, player->network.running.count);
    }
    Player *g = &gan->player[GAN_G];
    const Generator generator = {.network = &g->network, .params = g->params, .running = g->running};
    const float *fakes = gan_draw(&generator, &g->tape, (RngKey){7, RNG_LATENT_SAMPLES, 0}, 0, N);
    for (size_t i = 0; i < N * shape_count(sizes[s]); i++) {
      assert_true(fabsf(fakes[i]) <= 1.0F);
    }
    destroy(gan);
  }
}

static void test_sizes(void **state) {
  (void)state;
  check_sizes("dcgan");
  check_sizes("cnn");
  check_sizes("resnet");
}

/* Both networks can be built for every size from 1 to 130 on both sides, and for images that are long in one
 * direction. No side stays longer than 8, and none of 8 or more becomes shorter than 4. */
static void test_every_size(void **state) {
  (void)state;
  Network *network = calloc(1, sizeof *network);
  const char *const names[] = {"cnn", "resnet"};
  for (int i = 0; i < 2 * 130 * 3; i++) {
    int side = i / 6 + 1;
    const Shape image = {side, i % 3 == 0 ? side : i % 3 == 1 ? (side * 7) % 131 + 1 : 5000, i % 4 + 1};
    Architecture a;
    assert_int_equal(architecture_find(&a, names[i / 3 % 2], image), GT_OK);
    for (int p = 0; p < 2; p++) {
      assert_int_equal(architecture_build(network, &a, p, image), GT_OK);
    }
    int flatten = 0;
    while (network->layers[flatten].spec.ops != &layer_flatten) {
      flatten++;
    }
    Shape base = network->layers[flatten].in;
    assert_true(base.h <= 8 && base.w <= 8);
    assert_true((base.h >= 4 || image.h < 8) && (base.w >= 4 || image.w < 8));
  }
  Architecture huge; /* has as many blocks as there is room for */
  const Shape image = {1 << 20, 3, 1};
  assert_int_equal(architecture_find(&huge, "resnet", image), GT_OK);
  assert_true(huge.generator_count <= GT_LAYERS_MAX && huge.discriminator_count <= GT_LAYERS_MAX);
  free(network);
}

/* The widths and blocks of A4's larger networks, and that a block begins as what goes into it. */
static void test_resnet_layers(void **state) {
  (void)state;
  Gan *gan = create("resnet", (Shape){64, 64, 3}), *plain = create("cnn", (Shape){64, 64, 3});
  const int widths[] = {32, 64, 128};
  for (int p = 0; p < 2; p++) {
    const Network *network = &gan->player[p].network;
    int adds = 0, level = 0;
    for (int i = 0; i < network->layers_count; i++) {
      const Layer *layer = &network->layers[i];
      if (layer->spec.ops == &layer_add) {
        assert_int_equal(layer->in.c, widths[p == GAN_D ? level : 2 - level]);
        level++;
        adds++;
        const Layer *last = layer - 1;
        for (int k = 0; k < last->in.c * last->out.c; k++) {
          assert_true(gan->player[p].params[last->p[0] + (size_t)k] == 0.0F);
        }
        const Layer *middle = layer - 3; /* N(0, 2 / 1.04 / sqrt(3) / (9 C)) */
        size_t count = 9 * (size_t)(middle->in.c * middle->out.c);
        double sum = 0.0, expected = 2.0 / 1.04 / sqrt(3.0) / (9.0 * middle->in.c);
        for (size_t k = 0; k < count; k++) {
          double value = (double)gan->player[p].params[middle->p[0] + k];
          sum += value * value / (double)count;
        }
        assert_true(fabs(sum / expected - 1.0) < 0.1);
      }
    }
    assert_int_equal(adds, 3);
    assert_int_equal(network->layers_count, plain->player[p].network.layers_count + 18);
  }
  destroy(gan);
  destroy(plain);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dcgan_layers),    cmocka_unit_test(test_cnn_layers),
      cmocka_unit_test(test_initial_kernels), cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_every_size),      cmocka_unit_test(test_resnet_layers)};
  return cmocka_run_group_tests_name("architectures", tests, NULL, NULL);
}
