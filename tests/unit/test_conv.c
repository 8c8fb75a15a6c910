/* Convolution, pooling and up-sampling against their references, at any geometry.
 *
 * Values are small whole numbers wherever a kernel only multiplies and adds: then every sum is exact in float
 * and in any order, and results must be equal, not close. Inputs, outputs and scratch memory lie between
 * guards of NaN, so that reading past an end spoils the result and writing past it spoils the guard. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/math/conv.h"
#include "gantrain/nn/network.h"
#include "ref.h"

enum { GUARD = 64 };

/* values[n] between two guards, all of it NaN. */
static float *guarded(size_t n) {
  float *block = ref_floats(n + 2 * GUARD);
  for (size_t i = 0; i < n + 2 * GUARD; i++) {
    block[i] = NAN;
  }
  return block + GUARD;
}

static void free_guarded(float *values, size_t n) {
  for (size_t i = 0; i < GUARD; i++) {
    assert_true(isnan(values[i - GUARD]) && isnan(values[n + i]));
  }
  free(values - GUARD);
}

/* Whole numbers from -4 to 4. */
static void fill_whole(float *values, size_t n, uint32_t salt) {
  ref_fill(values, n, 4.5, salt);
  for (size_t i = 0; i < n; i++) {
    values[i] = roundf(values[i]);
  }
}

/* --- sizes and padding --- */

/* Keras' 'same' as its documentation tells it: the pad is what the last stride lacks. */
static int pad_same(int size, int window, int stride) {
  int rest = size % stride;
  int pad = rest == 0 ? window - stride : window - rest;
  return pad > 0 ? pad : 0;
}

static void test_sizes_are_those_of_keras(void **state) {
  (void)state;
  for (int size = 1; size <= 40; size++) {
    for (int window = 1; window <= 9; window++) {
      for (int stride = 1; stride <= 6; stride++) {
        int same = conv_windows(size, window, stride, true),
            valid = conv_windows(size, window, stride, false);
        assert_int_equal(same, (int)ceil((double)size / stride));
        assert_int_equal(valid, fmax(0.0, ceil((size - window + 1.0) / stride)));
        assert_int_equal(conv_padding(size, window, stride, same, true), pad_same(size, window, stride) / 2);
        assert_int_equal(conv_padding(size, window, stride, valid, false), 0);
        /* A transposed convolution's default size: Keras' deconv_output_length. */
        int large = conv_transposed_pixels(size, window, stride, true);
        assert_int_equal(large, size * stride);
        assert_int_equal(conv_windows(large, window, stride, true), size);
        large = conv_transposed_pixels(size, window, stride, false);
        assert_int_equal(large, size * stride + (window > stride ? window - stride : 0));
        assert_int_equal(conv_windows(large, window, stride, false), size);
      }
    }
  }
}

static void test_sizes_by_hand(void **state) {
  (void)state;
  const struct {
    int size, window, stride, windows, before, after;
  } same[] = {
      {28, 5, 2, 14, 1, 2}, {14, 5, 2, 7, 1, 2}, {7, 5, 2, 4, 2, 2}, {28, 4, 2, 14, 1, 1},
      {7, 4, 2, 4, 1, 2},   {7, 5, 1, 7, 2, 2},  {7, 4, 1, 7, 1, 2}, {1, 5, 2, 1, 2, 2},
      {2, 5, 2, 1, 1, 2},   {15, 5, 2, 8, 2, 2}, {6, 1, 3, 2, 0, 0}, {5, 2, 4, 2, 0, 1},
  };
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    int windows = conv_windows(same[i].size, same[i].window, same[i].stride, true);
    int before = conv_padding(same[i].size, same[i].window, same[i].stride, windows, true);
    assert_int_equal(windows, same[i].windows);
    assert_int_equal(before, same[i].before);
    int covered = (windows - 1) * same[i].stride + same[i].window;
    assert_int_equal(fmax(covered - same[i].size - before, 0), same[i].after);
  }
  assert_int_equal(conv_windows(4, 5, 1, false), 0);
  assert_int_equal(conv_windows(1, 5, 3, false), 0);
  assert_int_equal(conv_windows(5, 5, 3, false), 1);
  assert_int_equal(conv_transposed_pixels(7, 5, 2, true), 14);
  assert_int_equal(conv_transposed_pixels(7, 5, 2, false), 17);
  assert_int_equal(conv_transposed_pixels(7, 2, 3, false), 21);
}

/* --- geometries --- */

/* A generator of small numbers: pick(n) is one of 0 .. n - 1. */
static uint32_t picks;

static int pick(int n) {
  return (int)(ref_word((RngKey){5, 9, 0}, 0, picks++) % (uint32_t)n);
}

static int pick_channels(void) {
  const int channels[] = {1, 1, 2, 3, 5, 8, 16, 17, 33, 80, 159, 160, 161, 200, 321};
  return channels[pick(sizeof channels / sizeof *channels)];
}

/* Mostly Keras' geometries, some with any padding and any number of windows. */
static ConvGeometry pick_geometry(bool pool) {
  ConvGeometry g = {.H = 1 + pick(9),
                    .W = 1 + pick(9),
                    .C = pick_channels(),
                    .R = 1 + pick(6),
                    .S = 1 + pick(6),
                    .stride_h = 1 + pick(3),
                    .stride_w = 1 + pick(3)};
  g.K = pool ? g.C : g.C > 17 ? 1 + pick(6) : pick_channels();
  bool same = g.R > g.H || g.S > g.W || pick(2) == 0;
  g.P = conv_windows(g.H, g.R, g.stride_h, same);
  g.Q = conv_windows(g.W, g.S, g.stride_w, same);
  g.top = conv_padding(g.H, g.R, g.stride_h, g.P, same);
  g.left = conv_padding(g.W, g.S, g.stride_w, g.Q, same);
  if (!pool && pick(4) == 0) {
    g.P = pick(6);
    g.Q = pick(6);
    g.top = pick(12);
    g.left = pick(12);
  }
  return g;
}

static void print_geometry(const ConvGeometry *g, size_t N) {
  fprintf(stderr, "  at H %d W %d C %d, P %d Q %d K %d, R %d S %d, strides %d %d, top %d, left %d, N %zu\n",
          g->H, g->W, g->C, g->P, g->Q, g->K, g->R, g->S, g->stride_h, g->stride_w, g->top, g->left, N);
}

static void check_equal(const char *what, const float *actual, const double *expected, size_t n,
                        const ConvGeometry *g, size_t N) {
  if (!ref_close(what, actual, expected, n, 0.0, 0.0)) {
    print_geometry(g, N);
    fail();
  }
}

/* --- convolution --- */

/* The arrays of one geometry, in float and in double. */
typedef struct Arrays {
  ConvGeometry g;
  size_t N, images, grids, kernels, scratches; /* numbers of values */
  float *image, *grid, *kernel, *scratch;
  double *Image, *Grid, *Kernel;
} Arrays;

static Arrays make_arrays(ConvGeometry g, size_t N) {
  Arrays a = {.g = g,
              .N = N,
              .images = ref_image_count(&g, N),
              .grids = ref_grid_count(&g, N),
              .kernels = ref_kernel_count(&g),
              .scratches = conv_scratch(&g)};
  a.image = guarded(a.images);
  a.grid = guarded(a.grids);
  a.kernel = guarded(a.kernels);
  a.scratch = guarded(a.scratches);
  fill_whole(a.image, a.images, 1);
  fill_whole(a.grid, a.grids, 2);
  fill_whole(a.kernel, a.kernels, 3);
  a.Image = ref_doubles(a.images);
  a.Grid = ref_doubles(a.grids);
  a.Kernel = ref_doubles(a.kernels);
  ref_widen(a.Image, a.image, a.images);
  ref_widen(a.Grid, a.grid, a.grids);
  ref_widen(a.Kernel, a.kernel, a.kernels);
  return a;
}

static void free_arrays(Arrays *a) {
  free_guarded(a->image, a->images);
  free_guarded(a->grid, a->grids);
  free_guarded(a->kernel, a->kernels);
  free_guarded(a->scratch, a->scratches);
  free(a->Image);
  free(a->Grid);
  free(a->Kernel);
}

/* As exact sums, shard by shard: whole numbers are not cut, so shards of any size give the reference. */
static void check_exact_gradient(const Arrays *a, const double *Kernel, size_t group) {
  int64_t *sums = calloc(a->kernels + 1, sizeof *sums);
  float *kernel = guarded(a->kernels);
  GradientSum to = {.exact = sums, .limit = exact_limit(8)};
  conv_kernel_gradient(&to, 0, a->image, a->grid, &a->g, a->N, group, a->scratch);
  exact_gradients(kernel, sums, a->kernels);
  assert_false(exact_overflowed());
  assert_int_equal(sums[a->kernels], 0);
  check_equal("exact conv_kernel_gradient", kernel, Kernel, a->kernels, &a->g, a->N);
  free_guarded(kernel, a->kernels);
  free(sums);
}

static void check_conv(ConvGeometry g, size_t N) {
  Arrays a = make_arrays(g, N);
  float *grid = guarded(a.grids), *image = guarded(a.images), *kernel = guarded(a.kernels);
  double *Grid = ref_doubles(a.grids), *Image = ref_doubles(a.images), *Kernel = ref_doubles(a.kernels);
  conv_gather(grid, a.image, a.kernel, &g, N, a.scratch);
  ref_conv_gather(Grid, a.Image, a.Kernel, &g, N);
  check_equal("conv_gather", grid, Grid, a.grids, &g, N);
  conv_scatter(image, a.grid, a.kernel, &g, N, a.scratch);
  ref_conv_scatter(Image, a.Grid, a.Kernel, &g, N);
  check_equal("conv_scatter", image, Image, a.images, &g, N);
  fill_whole(kernel, a.kernels, 4); /* what is there stays in the sum */
  ref_widen(Kernel, kernel, a.kernels);
  conv_kernel_gradient(&(GradientSum){.sum = kernel}, 0, a.image, a.grid, &g, N, N, a.scratch);
  ref_conv_kernel_gradient(Kernel, a.Image, a.Grid, &g, N);
  check_equal("conv_kernel_gradient", kernel, Kernel, a.kernels, &g, N);
  memset(Kernel, 0, a.kernels * sizeof *Kernel);
  ref_conv_kernel_gradient(Kernel, a.Image, a.Grid, &g, N);
  check_exact_gradient(&a, Kernel, 1);
  check_exact_gradient(&a, Kernel, N);
  free_guarded(grid, a.grids);
  free_guarded(image, a.images);
  free_guarded(kernel, a.kernels);
  free(Grid);
  free(Image);
  free(Kernel);
  free_arrays(&a);
}

static void test_conv_at_random_geometries(void **state) {
  (void)state;
  picks = 0;
  for (int i = 0; i < 1500; i++) {
    check_conv(pick_geometry(false), (size_t)pick(4));
  }
}

/* Cases that random geometries hardly meet: many blocks of windows, images of more windows than a block, one
 * value, and the layers of dcgan. */
static const struct {
  ConvGeometry g;
  size_t N;
} chosen[] = {
    {{.H = 1, .W = 1, .C = 1, .P = 1, .Q = 1, .K = 1, .R = 1, .S = 1, .stride_h = 1, .stride_w = 1}, 1},
    {{.H = 1, .W = 1, .C = 1, .P = 1, .Q = 1, .K = 1, .R = 1, .S = 1, .stride_h = 1, .stride_w = 1}, 1500},
    {{.H = 7, .W = 7, .C = 3, .P = 7, .Q = 7, .K = 5, .R = 3, .S = 3, .stride_h = 1, .stride_w = 1, 1, 1},
     25},
    {{.H = 30, .W = 45, .C = 2, .P = 15, .Q = 23, .K = 3, .R = 5, .S = 5, .stride_h = 2, .stride_w = 2, 1, 2},
     4},
    {{.H = 31, .W = 37, .C = 1, .P = 31, .Q = 37, .K = 2, .R = 4, .S = 5, .stride_h = 1, .stride_w = 1, 1, 2},
     2},
    {{.H = 700, .W = 1, .C = 2, .P = 700, .Q = 1, .K = 1, .R = 3, .S = 1, .stride_h = 1, .stride_w = 1, 1, 0},
     2},
    {{.H = 1, .W = 700, .C = 2, .P = 1, .Q = 700, .K = 1, .R = 1, .S = 3, .stride_h = 1, .stride_w = 1, 0, 1},
     2},
    {{.H = 7, .W = 7, .C = 16, .P = 7, .Q = 7, .K = 3, .R = 3, .S = 3, .stride_h = 1, .stride_w = 1, 1, 1},
     45},
    {{.H = 37,
      .W = 41,
      .C = 17,
      .P = 37,
      .Q = 41,
      .K = 2,
      .R = 3,
      .S = 4,
      .stride_h = 1,
      .stride_w = 1,
      1,
      1},
     2},
    {{.H = 2,
      .W = 2300,
      .C = 16,
      .P = 2,
      .Q = 1150,
      .K = 1,
      .R = 3,
      .S = 3,
      .stride_h = 1,
      .stride_w = 2,
      1,
      0},
     2},
    {{.H = 5, .W = 6, .C = 300, .P = 3, .Q = 3, .K = 170, .R = 3, .S = 3, .stride_h = 2, .stride_w = 2, 1, 0},
     2},
    {{.H = 28,
      .W = 28,
      .C = 1,
      .P = 14,
      .Q = 14,
      .K = 64,
      .R = 5,
      .S = 5,
      .stride_h = 2,
      .stride_w = 2,
      1,
      1},
     3},
    {{.H = 14,
      .W = 14,
      .C = 64,
      .P = 7,
      .Q = 7,
      .K = 128,
      .R = 5,
      .S = 5,
      .stride_h = 2,
      .stride_w = 2,
      1,
      1},
     1},
    {{.H = 7, .W = 7, .C = 128, .P = 7, .Q = 7, .K = 128, .R = 5, .S = 5, .stride_h = 1, .stride_w = 1, 2, 2},
     1},
};
#define CHOSEN (sizeof chosen / sizeof *chosen)

static void test_conv_at_chosen_geometries(void **state) {
  (void)state;
  for (size_t i = 0; i < CHOSEN; i++) {
    check_conv(chosen[i].g, chosen[i].N);
    check_conv(chosen[i].g, 0);
  }
}

static void test_exact_parts(void **state) {
  (void)state;
  const LayerSpec specs[] = {
      {.ops = &layer_conv2d, .units = 16, .window_h = 1, .window_w = 1, .kernel = INITIALIZER_ONES}};
  Network *network = calloc(1, sizeof *network);
  /* The pieces of at most 160 windows into which one image is cut, by hand. */
  const struct {
    Shape image;
    size_t parts;
  } expected[] = {{{28, 81, 16}, 28}, {{180, 180, 16}, 360}, {{287, 161, 16}, 574}, {{7, 7, 16}, 1}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    assert_int_equal(network_build(network, "network", expected[i].image, specs, 1), GT_OK);
    assert_in_range(network_exact_parts(network, 1), expected[i].parts, 2 * expected[i].parts);
  }
  free(network);
}

/* Scratch memory does not grow with the number of images, and fits into a second-level cache. */
static void test_scratch_is_small(void **state) {
  (void)state;
  picks = 0;
  for (int i = 0; i < 200; i++) {
    ConvGeometry g = pick_geometry(false);
    assert_true(conv_scratch(&g) * sizeof(float) <= 512 * 1024);
  }
}

static double dot(const float *a, const float *b, size_t n, double *size) {
  double sum = 0.0;
  *size = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += (double)a[i] * (double)b[i];
    *size += fabs((double)a[i] * (double)b[i]);
  }
  return sum;
}

/* <gather(x, k), y> = <x, scatter(y, k)> = <k, gradient(x, y)>, on values that do round. */
static void check_adjoint(ConvGeometry g, size_t N) {
  Arrays a = make_arrays(g, N);
  float *grid = guarded(a.grids), *image = guarded(a.images), *kernel = guarded(a.kernels);
  double size[3], product[3];
  ref_fill(a.image, a.images, 1.0, 5);
  ref_fill(a.grid, a.grids, 1.0, 6);
  ref_fill(a.kernel, a.kernels, 1.0, 7);
  memset(kernel, 0, a.kernels * sizeof *kernel);
  conv_gather(grid, a.image, a.kernel, &g, N, a.scratch);
  conv_scatter(image, a.grid, a.kernel, &g, N, a.scratch);
  conv_kernel_gradient(&(GradientSum){.sum = kernel}, 0, a.image, a.grid, &g, N, N, a.scratch);
  product[0] = dot(grid, a.grid, a.grids, &size[0]);
  product[1] = dot(image, a.image, a.images, &size[1]);
  product[2] = dot(kernel, a.kernel, a.kernels, &size[2]);
  for (int i = 1; i < 3; i++) {
    if (!(fabs(product[i] - product[0]) <= 1e-6 * (size[i] + size[0]))) {
      fprintf(stderr, "adjoint: %.9g, %.9g, %.9g\n", product[0], product[1], product[2]);
      print_geometry(&g, N);
      fail();
    }
  }
  free_guarded(grid, a.grids);
  free_guarded(image, a.images);
  free_guarded(kernel, a.kernels);
  free_arrays(&a);
}

static void test_adjoint_identity(void **state) {
  (void)state;
  picks = 0;
  for (int i = 0; i < 500; i++) {
    check_adjoint(pick_geometry(false), (size_t)pick(4));
  }
  for (size_t i = 0; i < CHOSEN; i++) {
    check_adjoint(chosen[i].g, chosen[i].N);
  }
}

/* An image's results have the same bits whatever images stand before it: a batch may be cut anywhere. */
static void check_images_alone(ConvGeometry g, size_t N) {
  Arrays a = make_arrays(g, N);
  size_t image_values = ref_image_count(&g, 1), grid_values = ref_grid_count(&g, 1);
  float *grid = guarded(a.grids), *image = guarded(a.images);
  float *one_grid = guarded(grid_values), *one_image = guarded(image_values);
  ref_fill(a.image, a.images, 1.0, 5);
  ref_fill(a.grid, a.grids, 1.0, 6);
  ref_fill(a.kernel, a.kernels, 1.0, 7);
  conv_gather(grid, a.image, a.kernel, &g, N, a.scratch);
  conv_scatter(image, a.grid, a.kernel, &g, N, a.scratch);
  for (size_t n = 0; n < N; n++) {
    conv_gather(one_grid, a.image + n * image_values, a.kernel, &g, 1, a.scratch);
    conv_scatter(one_image, a.grid + n * grid_values, a.kernel, &g, 1, a.scratch);
    if (memcmp(one_grid, grid + n * grid_values, grid_values * sizeof *grid) != 0 ||
        memcmp(one_image, image + n * image_values, image_values * sizeof *image) != 0) {
      fprintf(stderr, "image %zu has other bits than alone\n", n);
      print_geometry(&g, N);
      fail();
    }
  }
  free_guarded(grid, a.grids);
  free_guarded(image, a.images);
  free_guarded(one_grid, grid_values);
  free_guarded(one_image, image_values);
  free_arrays(&a);
}

static void test_images_do_not_depend_on_each_other(void **state) {
  (void)state;
  picks = 0;
  for (int i = 0; i < 60; i++) {
    check_images_alone(pick_geometry(false), (size_t)pick(60));
  }
  for (size_t i = 0; i < CHOSEN; i++) {
    check_images_alone(chosen[i].g, chosen[i].N > 100 ? 100 : chosen[i].N + 10);
  }
}

/* --- pooling and up-sampling --- */

static void check_pool(ConvGeometry g, size_t N) {
  Arrays a = make_arrays(g, N);
  float *grid = guarded(a.grids), *image = guarded(a.images);
  double *Grid = ref_doubles(a.grids), *Image = ref_doubles(a.images);
  int32_t *where = calloc(a.grids + 1, sizeof *where), *Where = calloc(a.grids + 1, sizeof *Where);
  where[a.grids] = Where[a.grids] = 77;
  max_pool_forward(grid, where, a.image, &g, N); /* whole numbers: many are equal */
  ref_max_pool_forward(Grid, Where, a.Image, &g, N);
  check_equal("max_pool_forward", grid, Grid, a.grids, &g, N);
  assert_memory_equal(where, Where, (a.grids + 1) * sizeof *where);
  max_pool_backward(image, a.grid, where, &g, N);
  ref_max_pool_backward(Image, a.Grid, Where, &g, N);
  check_equal("max_pool_backward", image, Image, a.images, &g, N);
  average_pool_forward(grid, a.image, &g, N);
  ref_average_pool_forward(Grid, a.Image, &g, N);
  assert_true(ref_close("average_pool_forward", grid, Grid, a.grids, 5e-7, 5e-7));
  average_pool_backward(image, a.grid, &g, N);
  ref_average_pool_backward(Image, a.Grid, &g, N);
  assert_true(ref_close("average_pool_backward", image, Image, a.images, 1e-6, 2e-6));
  free_guarded(grid, a.grids);
  free_guarded(image, a.images);
  free(Grid);
  free(Image);
  free(where);
  free(Where);
  free_arrays(&a);
}

static void test_pooling(void **state) {
  (void)state;
  picks = 0;
  for (int i = 0; i < 500; i++) {
    check_pool(pick_geometry(true), (size_t)pick(4));
  }
}

/* The mean of a constant image is the constant, at its edges too. */
static void test_padding_does_not_count(void **state) {
  (void)state;
  ConvGeometry g = {
      .H = 3, .W = 3, .C = 1, .P = 2, .Q = 2, .K = 1, .R = 3, .S = 3, .stride_h = 2, .stride_w = 2};
  g.top = g.left = 1;
  float image[9], grid[4];
  int32_t where[4];
  for (int i = 0; i < 9; i++) {
    image[i] = -8.0F;
  }
  average_pool_forward(grid, image, &g, 1);
  for (int i = 0; i < 4; i++) {
    assert_true(grid[i] == -8.0F);
  }
  max_pool_forward(grid, where, image, &g, 1);
  for (int i = 0; i < 4; i++) {
    assert_true(grid[i] == -8.0F);
  }
  assert_true(where[0] == 0 && where[1] == 1 && where[2] == 3 && where[3] == 4); /* the first of equal ones */
}

static void test_upsampling(void **state) {
  (void)state;
  picks = 0;
  for (int i = 0; i < 300; i++) {
    int H = 1 + pick(5), W = 1 + pick(5), C = 1 + pick(20), fh = 1 + pick(4), fw = 1 + pick(4);
    size_t N = (size_t)pick(4), small = N * (size_t)(H * W * C), large = small * (size_t)(fh * fw);
    float *x = guarded(small), *y = guarded(large), *dy = guarded(large), *dx = guarded(small);
    double *X = ref_doubles(small), *Y = ref_doubles(large), *DY = ref_doubles(large),
           *DX = ref_doubles(small);
    fill_whole(x, small, 1);
    fill_whole(dy, large, 2);
    ref_widen(X, x, small);
    ref_widen(DY, dy, large);
    upsample_forward(y, x, N, H, W, C, fh, fw);
    ref_upsample_forward(Y, X, N, H, W, C, fh, fw);
    assert_true(ref_close("upsample_forward", y, Y, large, 0.0, 0.0));
    upsample_backward(dx, dy, N, H, W, C, fh, fw);
    ref_upsample_backward(DX, DY, N, H, W, C, fh, fw);
    assert_true(ref_close("upsample_backward", dx, DX, small, 0.0, 0.0));
    free_guarded(x, small);
    free_guarded(y, large);
    free_guarded(dy, large);
    free_guarded(dx, small);
    void *blocks[] = {X, Y, DY, DX};
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
      free(blocks[b]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sizes_are_those_of_keras),
      cmocka_unit_test(test_sizes_by_hand),
      cmocka_unit_test(test_conv_at_random_geometries),
      cmocka_unit_test(test_conv_at_chosen_geometries),
      cmocka_unit_test(test_scratch_is_small),
      cmocka_unit_test(test_exact_parts),
      cmocka_unit_test(test_adjoint_identity),
      cmocka_unit_test(test_images_do_not_depend_on_each_other),
      cmocka_unit_test(test_pooling),
      cmocka_unit_test(test_padding_does_not_count),
      cmocka_unit_test(test_upsampling),
  };
  return cmocka_run_group_tests_name("conv", tests, NULL, NULL);
}
