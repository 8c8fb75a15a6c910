#include <float.h>
#include <math.h>

#include "gantrain/base/clones.h"
#include "gantrain/math/kernels.h"

GT_CLONES static void scale_u8(float *restrict out, const uint8_t *restrict pixels, float scale, float shift,
                               size_t E) {
  for (size_t e = 0; e < E; e++) {
    out[e] = (float)pixels[e] * scale + shift;
  }
}

GT_CLONES static void scale_f32(float *restrict out, const float *restrict pixels, float scale, float shift,
                                size_t E) {
  for (size_t e = 0; e < E; e++) {
    out[e] = pixels[e] * scale + shift;
  }
}

/* Rows lie scattered in memory, and a cache miss takes longer than scaling a row: prefetch the row after
 * the next. */
#define AHEAD 2
static void prefetch(const void *row, size_t bytes) {
  for (size_t b = 0; b < bytes; b += 64) {
    __builtin_prefetch((const char *)row + b);
  }
}

void pixels_gather_u8(float *out, const uint8_t *pixels, const uint32_t *rows, float scale, float shift,
                      size_t N, size_t E) {
  for (size_t n = 0; n < N; n++) {
    if (n + AHEAD < N) {
      prefetch(pixels + rows[n + AHEAD] * E, E);
    }
    scale_u8(out + n * E, pixels + rows[n] * E, scale, shift, E);
  }
}

void pixels_gather_f32(float *out, const float *pixels, const uint32_t *rows, float scale, float shift,
                       size_t N, size_t E) {
  for (size_t n = 0; n < N; n++) {
    if (n + AHEAD < N) {
      prefetch(pixels + rows[n + AHEAD] * E, E * sizeof *pixels);
    }
    scale_f32(out + n * E, pixels + rows[n] * E, scale, shift, E);
  }
}

GT_CLONES void pixels_to_u8(uint8_t *restrict out, const float *restrict x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float value = x[i] * 127.5f + 127.5f + 0.5f;
    value = value > 0.0f ? value : 0.0f; /* also a NaN */
    value = value < 255.0f ? value : 255.0f;
    out[i] = (uint8_t)value;
  }
}

Extent pixels_extent_f32(const float *x, size_t n) {
  Extent extent = {x[0], x[0]};
  int strange = 0;
  for (size_t i = 0; i < n; i++) {
    extent.low = x[i] < extent.low ? x[i] : extent.low;
    extent.high = x[i] > extent.high ? x[i] : extent.high;
    strange += !(fabsf(x[i]) <= FLT_MAX);
  }
  extent.low = strange > 0 ? NAN : extent.low;
  return extent;
}

Extent pixels_extent_u8(const uint8_t *x, size_t n) {
  uint8_t low = 255, high = 0;
  for (size_t i = 0; i < n; i++) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  return (Extent){(float)low, (float)high};
}
