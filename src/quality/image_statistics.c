/* Pixel histogram and radial spectrum. */
#include "gantrain/quality/image_statistics.h"

#include <math.h>
#include <string.h>

void pixel_histogram(int64_t *counts, const float *images, size_t pixels) {
  for (size_t i = 0; i < pixels; i++) {
    float place = (images[i] + 1.0F) * (0.5F * HISTOGRAM_BINS);
    int bin = place > 0.0F ? place < HISTOGRAM_BINS ? (int)place : HISTOGRAM_BINS - 1 : 0;
    counts[bin]++;
  }
}

size_t spectrum_bins(Shape image) {
  int smaller = image.h < image.w ? image.h : image.w;
  return smaller > 1 ? (size_t)smaller / 2 : 0;
}

/* Half of the columns are enough, since the image is real. */
static size_t columns(Shape image) {
  return (size_t)image.w / 2 + 1;
}

size_t spectrum_scratch(Shape image) {
  size_t H = (size_t)image.h, W = (size_t)image.w;
  return 2 * H * columns(image) + 2 * W + 2 * H + spectrum_bins(image);
}

static void fill_waves(double *cosine, double *sine, size_t n) {
  for (size_t i = 0; i < n; i++) {
    cosine[i] = cos(6.283185307179586 * (double)i / (double)n);
    sine[i] = sin(6.283185307179586 * (double)i / (double)n);
  }
}

/* real[H,V] and imaginary[H,V] = the transforms of the rows of one channel. */
static void transform_rows(double *real, double *imaginary, const float *image, Shape s,
                           const double *waves) {
  size_t H = (size_t)s.h, W = (size_t)s.w, C = (size_t)s.c, V = columns(s);
  memset(real, 0, H * V * sizeof *real);
  memset(imaginary, 0, H * V * sizeof *imaginary);
  for (size_t y = 0; y < H; y++) {
    for (size_t x = 0; x < W; x++) {
      double value = (double)image[(y * W + x) * C];
      for (size_t v = 0; v < V; v++) {
        real[y * V + v] += value * waves[x * v % W];
        imaginary[y * V + v] -= value * waves[W + x * v % W];
      }
    }
  }
}

/* The power at row frequency u and column v. */
static double power(const double *real, const double *imaginary, Shape s, size_t u, size_t v,
                    const double *waves) {
  size_t H = (size_t)s.h, V = columns(s);
  double a = 0.0, b = 0.0;
  for (size_t y = 0; y < H; y++) {
    double c = waves[y * u % H], d = waves[H + y * u % H], re = real[y * V + v], im = imaginary[y * V + v];
    a += re * c + im * d;
    b += im * c - re * d;
  }
  return (a * a + b * b) / ((double)s.h * (double)s.w);
}

void radial_spectrum(double *spectrum, const float *image, Shape s, double *scratch) {
  size_t H = (size_t)s.h, W = (size_t)s.w, V = columns(s), bins = spectrum_bins(s);
  double *real = scratch, *imaginary = real + H * V, *row_waves = imaginary + H * V,
         *column_waves = row_waves + 2 * W;
  double *weight = column_waves + 2 * H;
  fill_waves(row_waves, row_waves + W, W);
  fill_waves(column_waves, column_waves + H, H);
  memset(spectrum, 0, bins * sizeof *spectrum);
  memset(weight, 0, bins * sizeof *weight);
  for (int c = 0; c < s.c; c++) {
    transform_rows(real, imaginary, image + c, s, row_waves);
    for (size_t u = 0; u < H; u++) {
      double row = (double)(u < H - u ? u : H - u);
      for (size_t v = 0; v < V; v++) {
        size_t k = (size_t)(sqrt(row * row + (double)(v * v)) + 0.5);
        double twice = v > 0 && 2 * v < W ? 2.0 : 1.0; /* the column on the other side is its mirror */
        if (k >= 1 && k <= bins) {
          spectrum[k - 1] += twice * power(real, imaginary, s, u, v, column_waves);
          weight[k - 1] += twice;
        }
      }
    }
  }
  for (size_t k = 0; k < bins; k++) {
    spectrum[k] /= weight[k];
  }
}
