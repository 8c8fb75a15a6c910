#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ref.h"

static void *must_alloc(size_t n, size_t size) {
  void *block = calloc(n == 0 ? 1 : n, size);
  if (block == NULL) {
    fprintf(stderr, "out of memory in a test: %zu elements of %zu bytes\n", n, size);
    abort();
  }
  return block;
}

float *ref_floats(size_t n) {
  return must_alloc(n, sizeof(float));
}

double *ref_doubles(size_t n) {
  return must_alloc(n, sizeof(double));
}

void ref_fill(float *values, size_t n, double size, uint32_t salt) {
  for (size_t i = 0; i < n; i++) {
    uint32_t word = ref_word((RngKey){77, salt, 0}, 0, i);
    values[i] = (float)(size * (word / 2147483648.0 - 1.0 + 0x1p-32));
  }
}

void ref_widen(double *out, const float *in, size_t n) {
  for (size_t i = 0; i < n; i++) {
    out[i] = (double)in[i];
  }
}

bool ref_close(const char *what, const float *actual, const double *expected, size_t n, double relative,
               double absolute) {
  double worst = 1.0;
  size_t place = n;
  for (size_t i = 0; i < n; i++) {
    if (isnan(actual[i]) && isnan(expected[i])) {
      continue;
    }
    double error = fabs((double)actual[i] - expected[i]) / (absolute + relative * fabs(expected[i]));
    if (!(error <= worst) && !((double)actual[i] == expected[i])) {
      worst = isnan(error) ? INFINITY : error;
      place = i;
    }
  }
  if (place < n) {
    fprintf(stderr, "%s: element %zu of %zu is %.9g, expected %.9g: %.3g times the allowed error\n", what,
            place, n, (double)actual[place], expected[place], worst);
  }
  return place == n;
}
