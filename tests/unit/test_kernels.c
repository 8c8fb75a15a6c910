/* Every kernel against its reference in double, at sizes with and without a loop remainder, in place, and at
 * the edges of the number range. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gantrain/math/kernels.h"
#include "ref.h"

static const size_t sizes[] = {0, 1, 2, 7, 15, 16, 17, 100, 1000, 65537};
#define SIZES (sizeof sizes / sizeof *sizes)

/* Rows and columns of two-dimensional kernels. */
static const size_t shapes[][2] = {{0, 5}, {5, 0}, {1, 1}, {3, 1}, {1, 17}, {64, 128}, {33, 65}, {257, 200}};
#define SHAPES (sizeof shapes / sizeof *shapes)

#define HALF_ULP 0x1p-24 /* relative rounding error of one operation in float */

/* Distance in units in the last place of float at `expected`. */
static double ulps(float actual, double expected) {
  int exponent;
  frexp(fmax(fabs(expected), 0x1p-126), &exponent);
  return fabs((double)actual - expected) / ldexp(1.0, exponent - 24);
}

typedef void (*Forward)(float *y, const float *x, size_t n);
typedef void (*RefForward)(double *y, const double *x, size_t n);
typedef void (*Backward)(float *dx, const float *dy, const float *y, size_t n);
typedef void (*RefBackward)(double *dx, const double *dy, const double *y, size_t n);

static void check_activation(const char *name, Forward forward, RefForward ref_forward, Backward backward,
                             RefBackward ref_backward) {
  for (size_t s = 0; s < SIZES; s++) {
    size_t n = sizes[s];
    float *x = ref_floats(n), *y = ref_floats(n + 1), *dy = ref_floats(n), *dx = ref_floats(n);
    double *X = ref_doubles(n), *Y = ref_doubles(n), *DY = ref_doubles(n), *DX = ref_doubles(n);
    ref_fill(x, n, 6.0, 1);
    ref_fill(dy, n, 2.0, 2);
    y[n] = 123.0F;
    forward(y, x, n);
    assert_true(y[n] == 123.0F);
    ref_widen(X, x, n);
    ref_forward(Y, X, n);
    assert_true(ref_close(name, y, Y, n, 5e-7, 1e-37));
    backward(dx, dy, y, n);
    ref_widen(Y, y, n);
    ref_widen(DY, dy, n);
    ref_backward(DX, DY, Y, n);
    assert_true(ref_close(name, dx, DX, n, 2e-7, 4e-7)); /* 1 - y y cancels near |y| = 1 */
    float *place = ref_floats(n);
    memcpy(place, x, n * sizeof *x);
    forward(place, place, n);
    assert_memory_equal(place, y, n * sizeof *y);
    backward(dy, dy, y, n);
    assert_memory_equal(dy, dx, n * sizeof *dx);
    float *again = ref_floats(n); /* an element's bits do not depend on where it stands in the array */
    if (n > 1) {
      forward(again, x + 1, n - 1);
      assert_memory_equal(again, y + 1, (n - 1) * sizeof *y);
    }
    void *blocks[] = {x, y, dy, dx, X, Y, DY, DX, place, again};
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
      free(blocks[b]);
    }
  }
}

static void test_tanh(void **state) {
  (void)state;
  check_activation("tanh", tanh_forward, ref_tanh_forward, tanh_backward, ref_tanh_backward);
}

static void test_sigmoid(void **state) {
  (void)state;
  check_activation("sigmoid", sigmoid_forward, ref_sigmoid_forward, sigmoid_backward, ref_sigmoid_backward);
}

/* 4 ulp, over every float in steps of 1/1000 of its size from 1e-30 to 1e4, both signs. Sigmoid below -80 may
 * lose relative accuracy (the exponential is clamped); what is left is under 1e-34. */
static void test_accuracy_in_ulp(void **state) {
  (void)state;
  enum { N = 160000 };
  float *x = ref_floats(N), *y = ref_floats(N);
  size_t n = 0;
  for (double size = 1e-30; size < 1e4; size *= 1.001) {
    x[n++] = (float)size;
    x[n++] = (float)-size;
  }
  assert_true(n < N);
  double worst_tanh = 0.0, worst_sigmoid = 0.0;
  tanh_forward(y, x, n);
  for (size_t i = 0; i < n; i++) {
    worst_tanh = fmax(worst_tanh, ulps(y[i], tanh((double)x[i])));
    assert_true(fabsf(y[i]) <= 1.0F);
  }
  sigmoid_forward(y, x, n);
  for (size_t i = 0; i < n; i++) {
    double expected = 1.0 / (1.0 + exp(-(double)x[i]));
    assert_true(y[i] >= 0.0F && y[i] <= 1.0F);
    if (x[i] > -80.0F) {
      worst_sigmoid = fmax(worst_sigmoid, ulps(y[i], expected));
    } else {
      assert_true(fabs((double)y[i] - expected) < 1e-34);
    }
  }
  printf("largest error: tanh %.2f ulp, sigmoid %.2f ulp\n", worst_tanh, worst_sigmoid);
  assert_true(worst_tanh <= 4.0 && worst_sigmoid <= 4.0);
  free(x);
  free(y);
}

static void test_extreme_values(void **state) {
  (void)state;
  float x[7] = {1e4F, -1e4F, 0.0F, 3e38F, -3e38F, INFINITY, -INFINITY};
  float nan[20], y[20];
  tanh_forward(y, x, 7);
  const float tanh_expected[7] = {1, -1, 0, 1, -1, 1, -1};
  assert_memory_equal(y, tanh_expected, sizeof tanh_expected);
  sigmoid_forward(y, x, 7);
  const double sigmoid_expected[7] = {1, 0, 0.5, 1, 0, 1, 0};
  assert_true(ref_close("sigmoid at the edges", y, sigmoid_expected, 7, 1e-7, 1e-37));
  for (int i = 0; i < 20; i++) {
    nan[i] = NAN;
  }
  tanh_forward(y, nan, 20);
  for (int i = 0; i < 20; i++) {
    assert_true(isnan(y[i]));
  }
  sigmoid_forward(y, nan, 20);
  for (int i = 0; i < 20; i++) {
    assert_true(isnan(y[i]));
  }
  leaky_relu_forward(y, nan, 0.2F, 20);
  for (int i = 0; i < 20; i++) {
    assert_true(isnan(y[i]));
  }
}

static void test_leaky_relu(void **state) {
  (void)state;
  const float slopes[] = {0.0F, 0.2F, 1.0F};
  for (size_t s = 0; s < 3 * SIZES; s++) {
    size_t n = sizes[s / 3];
    float slope = slopes[s % 3];
    float *x = ref_floats(n), *y = ref_floats(n), *dy = ref_floats(n), *dx = ref_floats(n);
    double *X = ref_doubles(n), *Y = ref_doubles(n), *DY = ref_doubles(n), *DX = ref_doubles(n);
    ref_fill(x, n, 3.0, 3);
    ref_fill(dy, n, 3.0, 4);
    if (n > 2) {
      x[1] = 0.0F;
      x[2] = -0.0F;
    }
    ref_widen(X, x, n);
    ref_widen(DY, dy, n);
    leaky_relu_forward(y, x, slope, n);
    ref_leaky_relu_forward(Y, X, (double)slope, n);
    assert_true(ref_close("leaky_relu", y, Y, n, HALF_ULP, 0.0));
    leaky_relu_backward(dx, dy, x, slope, n);
    ref_leaky_relu_backward(DX, DY, X, (double)slope, n);
    assert_true(ref_close("leaky_relu backward", dx, DX, n, HALF_ULP, 0.0));
    leaky_relu_backward(dy, dy, x, slope, n);
    assert_memory_equal(dy, dx, n * sizeof *dx);
    leaky_relu_forward(x, x, slope, n);
    assert_memory_equal(x, y, n * sizeof *y);
    void *blocks[] = {x, y, dy, dx, X, Y, DY, DX};
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
      free(blocks[b]);
    }
  }
}

static void test_bias(void **state) {
  (void)state;
  for (size_t s = 0; s < SHAPES; s++) {
    size_t N = shapes[s][0], C = shapes[s][1], n = N * C;
    float *y = ref_floats(n), *bias = ref_floats(C), *dbias = ref_floats(C);
    double *Y = ref_doubles(n), *BIAS = ref_doubles(C), *DBIAS = ref_doubles(C);
    ref_fill(y, n, 1.0, 5);
    ref_fill(bias, C, 1.0, 6);
    ref_fill(dbias, C, 1.0, 7);
    ref_widen(Y, y, n);
    ref_widen(BIAS, bias, C);
    ref_widen(DBIAS, dbias, C);
    bias_backward(dbias, y, N, C);
    ref_bias_backward(DBIAS, Y, N, C);
    assert_true(ref_close("dbias", dbias, DBIAS, C, 2 * HALF_ULP, 4 * HALF_ULP));
    bias_forward(y, bias, N, C);
    ref_bias_forward(Y, BIAS, N, C);
    assert_true(ref_close("bias", y, Y, n, HALF_ULP, 0.0));
    void *blocks[] = {y, bias, dbias, Y, BIAS, DBIAS};
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
      free(blocks[b]);
    }
  }
}

static void test_dropout_mask(void **state) {
  (void)state;
  const RngKey key = {99, RNG_DROPOUT_REAL + 3, 17};
  const size_t columns[] = {1, 2, 3, 128, 511, 512, 513, 784, 1025};
  for (size_t s = 0; s < sizeof columns / sizeof *columns; s++) {
    size_t N = 9, C = columns[s];
    float *mask = ref_floats(N * C), *parts = ref_floats(N * C);
    double *expected = ref_doubles(N * C);
    dropout_mask(mask, 0.3F, key, 40, N, C);
    ref_dropout_mask(expected, (double)0.3F, key, 40, N, C);
    assert_true(ref_close("mask", mask, expected, N * C, 2 * HALF_ULP, 0.0));
    dropout_mask(parts, 0.3F, key, 40, 4, C); /* the same rows in two calls, as two ranks make them */
    dropout_mask(parts + 4 * C, 0.3F, key, 44, N - 4, C);
    assert_memory_equal(mask, parts, N * C * sizeof *mask);
    free(mask);
    free(parts);
    free(expected);
  }
  dropout_mask(NULL, 0.3F, key, 0, 0, 16);
}

/* The share of dropped elements is the rate within five standard errors; the values are 0 and 1/(1 - rate);
 * neighbours (the two halves of one word) are independent. */
static void test_dropout_rate(void **state) {
  (void)state;
  const float rates[] = {0.0F, 0.1F, 0.3F, 0.5F, 0.9F};
  const size_t N = 1000, C = 1000, n = N * C;
  float *mask = ref_floats(n);
  for (size_t k = 0; k < sizeof rates / sizeof *rates; k++) {
    double rate = (double)rates[k], dropped = 0.0, both = 0.0;
    dropout_mask(mask, rates[k], (RngKey){5, RNG_DROPOUT_FAKE, 0}, 0, N, C);
    for (size_t i = 0; i < n; i++) {
      assert_true(mask[i] == 0.0F || mask[i] == 1.0F / (1.0F - rates[k]));
      dropped += mask[i] == 0.0F;
      both += i % 2 == 1 && mask[i] == 0.0F && mask[i - 1] == 0.0F;
    }
    double p = floor(65536.0 * rate + 0.5) / 65536.0;
    assert_true(fabs(dropped / (double)n - p) <= 5.0 * sqrt(p * (1.0 - p) / (double)n));
    assert_true(fabs(both / (0.5 * (double)n) - p * p) <=
                5.0 * sqrt(p * p * (1.0 - p * p) * 2.0 / (double)n));
  }
  free(mask);
}

static void test_dropout_apply(void **state) {
  (void)state;
  for (size_t s = 0; s < SIZES; s++) {
    size_t n = sizes[s];
    float *x = ref_floats(n), *mask = ref_floats(n), *y = ref_floats(n);
    double *X = ref_doubles(n), *MASK = ref_doubles(n), *Y = ref_doubles(n);
    ref_fill(x, n, 3.0, 8);
    dropout_mask(mask, 0.5F, (RngKey){1, RNG_DROPOUT_G, 0}, 0, 1, n);
    dropout_apply(y, x, mask, n);
    ref_widen(X, x, n);
    ref_widen(MASK, mask, n);
    ref_dropout_apply(Y, X, MASK, n);
    assert_true(ref_close("dropout", y, Y, n, HALF_ULP, 0.0));
    dropout_apply(x, x, mask, n);
    assert_memory_equal(x, y, n * sizeof *y);
    void *blocks[] = {x, mask, y, X, MASK, Y};
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
      free(blocks[b]);
    }
  }
}

/* A chain of the five pieces at one shape, each compared with its reference on the same (float) inputs. */
static void check_norm(size_t N, size_t C, double offset) {
  size_t n = N * C;
  float *x = ref_floats(n), *y = ref_floats(n), *dy = ref_floats(n), *dx = ref_floats(n);
  float *c = ref_floats(6 * C); /* mean, inverse_std, running mean and variance, gamma, beta */
  double *moments = ref_doubles(2 * C), *sums = ref_doubles(2 * C);
  double *X = ref_doubles(n), *Y = ref_doubles(n), *DY = ref_doubles(n), *DX = ref_doubles(n);
  double *K = ref_doubles(6 * C), *MOMENTS = ref_doubles(2 * C), *SUMS = ref_doubles(2 * C);
  ref_fill(x, n, 2.0, 9);
  for (size_t i = 0; i < n; i++) {
    x[i] += (float)offset;
  }
  ref_fill(dy, n, 1.0, 10);
  ref_fill(c, 6 * C, 1.0, 11);
  ref_widen(X, x, n);
  ref_widen(DY, dy, n);
  ref_widen(K, c, 6 * C);
  norm_moments(moments, x, N, C);
  ref_norm_moments(MOMENTS, X, N, C);
  for (size_t i = 0; i < 2 * C; i++) {
    assert_true(fabs(moments[i] - MOMENTS[i]) <= 1e-13 * (fabs(MOMENTS[i]) + (double)N));
  }
  norm_statistics(c, c + C, moments, (double)N, 1e-3F, C);
  norm_running(c + 2 * C, c + 3 * C, moments, (double)N, 0.8F, C);
  ref_norm_statistics(K, K + C, K + 2 * C, K + 3 * C, MOMENTS, (double)N, (double)0.8F, (double)1e-3F, C);
  assert_true(ref_close("norm statistics", c, K, 4 * C, 1e-6, 1e-6));
  ref_widen(K, c, 6 * C);
  norm_forward(y, x, c, c + C, c + 4 * C, c + 5 * C, N, C);
  ref_norm_forward(Y, X, K, K + C, K + 4 * C, K + 5 * C, N, C);
  assert_true(ref_close("norm forward", y, Y, n, 1e-6, 1e-6));
  norm_backward_sums(sums, dy, x, c, c + C, N, C);
  ref_norm_backward_sums(SUMS, DY, X, K, K + C, N, C);
  for (size_t i = 0; i < 2 * C; i++) {
    assert_true(fabs(sums[i] - SUMS[i]) <= 2e-6 * (fabs(SUMS[i]) + sqrt((double)N)));
  }
  norm_backward(dx, dy, x, c, c + C, c + 4 * C, sums, (double)N, N, C);
  ref_norm_backward(DX, DY, X, K, K + C, K + 4 * C, sums, (double)N, N, C);
  assert_true(ref_close("norm backward", dx, DX, n, 2e-6, 2e-6));
  norm_backward(dy, dy, x, c, c + C, c + 4 * C, sums, (double)N, N, C);
  assert_memory_equal(dy, dx, n * sizeof *dx);
  norm_forward(x, x, c, c + C, c + 4 * C, c + 5 * C, N, C);
  assert_memory_equal(x, y, n * sizeof *y);
  void *blocks[] = {x, y, dy, dx, c, moments, sums, X, Y, DY, DX, K, MOMENTS, SUMS};
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    free(blocks[b]);
  }
}

static void test_norm(void **state) {
  (void)state;
  const size_t norm_shapes[][2] = {{2, 0}, {2, 1}, {2, 17}, {64, 128}, {33, 65}, {1000, 200}};
  for (size_t s = 0; s < sizeof norm_shapes / sizeof *norm_shapes; s++) {
    check_norm(norm_shapes[s][0], norm_shapes[s][1], 0.0);
  }
}

/* No rows: sums are zero. Equal rows: the variance may round below zero, and must come out as zero. */
static void test_norm_edges(void **state) {
  (void)state;
  double moments[4] = {9, 9, 9, 9};
  norm_moments(moments, NULL, 0, 2);
  assert_true(moments[0] == 0 && moments[1] == 0 && moments[2] == 0 && moments[3] == 0);
  float x[] = {1234.567F, 1234.567F, 1234.567F}, mean, inverse_std, running[2] = {0, 1};
  norm_moments(moments, x, 3, 1);
  norm_statistics(&mean, &inverse_std, moments, 3, 1e-3F, 1);
  norm_running(&running[0], &running[1], moments, 3, 0.0F, 1);
  assert_true(mean == 1234.567F && running[1] >= 0.0F && running[1] < 1e-6F);
  assert_true(fabs((double)inverse_std - 1.0 / sqrt(1e-3)) < 1e-2);
  x[1] = NAN;
  norm_moments(moments, x, 3, 1);
  norm_statistics(&mean, &inverse_std, moments, 3, 1e-3F, 1);
  norm_running(&running[0], &running[1], moments, 3, 0.0F, 1);
  assert_true(isnan(mean) && isnan(inverse_std));
}

static void test_pixels_gather(void **state) {
  (void)state;
  enum { STACK = 50, E = 37 };
  uint8_t pixels[STACK * E];
  float *values = ref_floats(STACK * E), out[6 * E];
  double expected[6 * E];
  for (int i = 0; i < STACK * E; i++) {
    pixels[i] = (uint8_t)(i * 7);
    values[i] = (float)pixels[i];
  }
  const uint32_t rows[6] = {49, 0, 3, 3, 20, 48};
  for (size_t i = 0; i < 6 * E; i++) {
    expected[i] = pixels[rows[i / E] * E + i % E] / 127.5 - 1.0;
  }
  pixels_gather_u8(out, pixels, rows, 2.0F / 255.0F, -1.0F, 6, E);
  assert_true(ref_close("gather u8", out, expected, 6 * E, 2e-7, 2e-7));
  pixels_gather_f32(out, values, rows, 2.0F / 255.0F, -1.0F, 6, E);
  assert_true(ref_close("gather f32", out, expected, 6 * E, 2e-7, 2e-7));
  out[0] = 5.0F;
  pixels_gather_u8(out, pixels, rows, 1.0F, 0.0F, 0, E);
  assert_true(out[0] == 5.0F);
  free(values);
}

static void test_pixels_to_u8(void **state) {
  (void)state;
  for (int k = 0; k < 256; k++) { /* there and back for every value of a byte */
    uint8_t byte = (uint8_t)k, back;
    uint32_t row = 0;
    float x;
    pixels_gather_u8(&x, &byte, &row, 2.0F / 255.0F, -1.0F, 1, 1);
    pixels_to_u8(&back, &x, 1);
    assert_int_equal(back, k);
  }
  float x[40] = {NAN, INFINITY, -INFINITY, 1e30F, -1e30F, 1.0F, -1.0F, 1.01F, -1.01F};
  uint8_t out[41], expected[41] = {0, 255, 0, 255, 0, 255, 0, 255, 0};
  double X[40];
  ref_fill(x + 9, 31, 1.2, 12);
  ref_widen(X, x, 40);
  ref_pixels_to_u8(expected + 9, X + 9, 31);
  out[40] = 77;
  pixels_to_u8(out, x, 40);
  assert_memory_equal(out, expected, 40);
  assert_int_equal(out[40], 77);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tanh),
      cmocka_unit_test(test_sigmoid),
      cmocka_unit_test(test_accuracy_in_ulp),
      cmocka_unit_test(test_extreme_values),
      cmocka_unit_test(test_leaky_relu),
      cmocka_unit_test(test_bias),
      cmocka_unit_test(test_dropout_mask),
      cmocka_unit_test(test_dropout_rate),
      cmocka_unit_test(test_dropout_apply),
      cmocka_unit_test(test_norm),
      cmocka_unit_test(test_norm_edges),
      cmocka_unit_test(test_pixels_gather),
      cmocka_unit_test(test_pixels_to_u8),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
