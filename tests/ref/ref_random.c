#include <math.h>

#include "ref.h"

static uint32_t high(uint32_t a, uint32_t b) {
  return (uint32_t)(((uint64_t)a * b) >> 32);
}

void ref_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]) {
  const uint32_t multiplier[2] = {0xD2511F53, 0xCD9E8D57};
  const uint32_t weyl[2] = {0x9E3779B9, 0xBB67AE85}; /* the golden ratio, and sqrt(3) - 1 */
  uint32_t x[4] = {counter[0], counter[1], counter[2], counter[3]};
  uint32_t k[2] = {key[0], key[1]};
  for (int round = 0; round < 10; round++) {
    uint32_t y[4] = {high(multiplier[1], x[2]) ^ x[1] ^ k[0], multiplier[1] * x[2],
                     high(multiplier[0], x[0]) ^ x[3] ^ k[1], multiplier[0] * x[0]};
    for (int i = 0; i < 4; i++) {
      x[i] = y[i];
    }
    k[0] += weyl[0];
    k[1] += weyl[1];
  }
  for (int i = 0; i < 4; i++) {
    out[i] = x[i];
  }
}

uint32_t ref_word(RngKey key, uint32_t sample, size_t element) {
  uint32_t counter[4] = {(uint32_t)(element / 4), sample, key.step, key.stream};
  uint32_t seed[2] = {(uint32_t)(key.seed % 4294967296U), (uint32_t)(key.seed / 4294967296U)};
  uint32_t block[4];
  ref_philox(block, counter, seed);
  return block[element % 4];
}

double ref_normal(RngKey key, uint32_t sample, size_t element) {
  const double turn = 6.283185307179586;
  uint32_t first = ref_word(key, sample, element / 2 * 2);
  uint32_t second = ref_word(key, sample, element / 2 * 2 + 1);
  /* 31 bits, in (0, 1]; the nearest float, because near 1 the radius is as coarse as u. */
  double u = (double)(float)(floor(first / 2.0) + 1.0) / 2147483648.0;
  double v = floor(second / 256.0) / 16777216.0; /* 24 bits, in [0, 1) */
  double radius = sqrt(-2.0 * log(u));
  return element % 2 == 0 ? radius * cos(turn * v) : radius * sin(turn * v);
}

void ref_dropout_mask(double *mask, double rate, RngKey key, uint32_t sample, size_t N, size_t C) {
  double threshold = floor(65536.0 * rate + 0.5);
  for (size_t r = 0; r < N; r++) {
    for (size_t c = 0; c < C; c++) {
      uint32_t word = ref_word(key, sample + (uint32_t)r, c / 2);
      uint32_t draw = c % 2 == 0 ? word % 65536U : word / 65536U;
      mask[r * C + c] = draw < threshold ? 0.0 : 1.0 / (1.0 - rate);
    }
  }
}
