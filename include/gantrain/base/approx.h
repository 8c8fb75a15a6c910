/* Elementary functions without branches or tables, so that compilers vectorise the loops around them. The
 * error is a few units in the last place. Coefficients: S. L. Moshier, "Methods and programs for
 * mathematical functions" (1989; Cephes, single precision). NaN gives NaN. */
#ifndef GANTRAIN_APPROX_H
#define GANTRAIN_APPROX_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define APPROX_INLINE static inline __attribute__((always_inline))

APPROX_INLINE uint32_t approx_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

APPROX_INLINE float approx_float(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* exp(x); x below -87.3 gives about 1e-38, above 88 about 1.6e38. */
APPROX_INLINE float approx_exp(float x) {
  x = x < -87.3f ? -87.3f : x;
  x = x > 88.0f ? 88.0f : x;
  float shifted = x * 1.44269504088896341f + 12582912.0f; /* round to integer: 1.5 2^23 */
  float n = shifted - 12582912.0f;
  float r = x - n * 0.693359375f; /* ln 2 in two parts */
  r = r + n * 2.12194440e-4f;
  float y = 1.9875691500e-4f;
  y = y * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * r * r + r + 1.0f;
  return y * approx_float((approx_bits(shifted) + 127u) << 23);
}

/* Natural logarithm of a positive normal number. */
APPROX_INLINE float approx_log(float x) {
  uint32_t bits = approx_bits(x) - 0x3f3504f3u; /* sqrt(1/2): the mantissa lands in [sqrt(1/2), sqrt(2)) */
  float e = (float)((int32_t)bits >> 23);
  float m = approx_float((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  float y = 7.0376836292e-2f;
  y = y * m - 1.1514610310e-1f;
  y = y * m + 1.1676998740e-1f;
  y = y * m - 1.2420140846e-1f;
  y = y * m + 1.4249322787e-1f;
  y = y * m - 1.6668057665e-1f;
  y = y * m + 2.0000714765e-1f;
  y = y * m - 2.4999993993e-1f;
  y = y * m + 3.3333331174e-1f;
  float z = m * m;
  y = y * m * z - e * 2.12194440e-4f - 0.5f * z;
  return m + y + e * 0.693359375f;
}

/* sin and cos of 2 pi u, u in [0, 1]. */
APPROX_INLINE void approx_sincos_turn(float u, float *sine, float *cosine) {
  float shifted = u * 4.0f + 12582912.0f; /* the nearest quarter turn */
  uint32_t quarter = approx_bits(shifted);
  float x = (u * 4.0f - (shifted - 12582912.0f)) * 1.57079632679489662f; /* |x| <= pi / 4 */
  float z = x * x;
  float s = -1.9515295891e-4f;
  s = s * z + 8.3321608736e-3f;
  s = s * z - 1.6666654611e-1f;
  s = s * z * x + x;
  float c = 2.443315711809948e-5f;
  c = c * z - 1.388731625493765e-3f;
  c = c * z + 4.166664568298827e-2f;
  c = c * z * z - 0.5f * z + 1.0f;
  uint32_t swap = 0u - (quarter & 1u); /* all ones in odd quarters */
  uint32_t sb = approx_bits(s), cb = approx_bits(c);
  uint32_t exchange = (sb ^ cb) & swap;
  *sine = approx_float((sb ^ exchange) ^ ((quarter & 2u) << 30));
  *cosine = approx_float((cb ^ exchange) ^ (((quarter + 1u) & 2u) << 30));
}

APPROX_INLINE float approx_sigmoid(float x) {
  return 1.0f / (1.0f + approx_exp(-x));
}

APPROX_INLINE float approx_tanh(float x) {
  float magnitude = fabsf(x);
  float z = x * x;
  float y = -5.70498872745e-3f;
  y = y * z + 2.06390887954e-2f;
  y = y * z - 5.37397155531e-2f;
  y = y * z + 1.33314422036e-1f;
  y = y * z - 3.33332819422e-1f;
  float small = y * z * x + x;
  float large = copysignf(1.0f - 2.0f / (approx_exp(2.0f * magnitude) + 1.0f), x);
  return magnitude < 0.625f ? small : large; /* a NaN gives `large`, which is then NaN */
}

#endif
