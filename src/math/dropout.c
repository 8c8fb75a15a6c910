#include "gantrain/base/clones.h"
#include "gantrain/math/kernels.h"

#define CHUNK 512 /* elements drawn at a time */

/* The low half of a word comes first in memory: CMakeLists.txt requires a little-endian machine. */
typedef union Draws {
  uint32_t words[CHUNK / 2];
  uint16_t halves[CHUNK];
} Draws;

/* Element e of a row is kept where half-word e (low half first) is at least round(65536 rate). */
GT_CLONES static void draws_to_mask(float *restrict mask, const Draws *restrict draws, uint32_t threshold,
                                    float keep, size_t n) {
  for (size_t e = 0; e < n; e++) {
    mask[e] = draws->halves[e] >= threshold ? keep : 0.0f;
  }
}

void dropout_mask(float *mask, float rate, RngKey key, uint32_t sample, size_t N, size_t C) {
  Draws draws;
  uint32_t threshold = (uint32_t)(65536.0f * rate + 0.5f);
  float keep = 1.0f / (1.0f - rate);
  for (size_t n = 0; n < N; n++) {
    for (size_t first = 0; first < C; first += CHUNK) {
      size_t count = C - first < CHUNK ? C - first : CHUNK;
      rng_words_from(draws.words, key, sample + (uint32_t)n, (uint32_t)(first / 2), (count + 1) / 2);
      draws_to_mask(mask + n * C + first, &draws, threshold, keep, count);
    }
  }
}

GT_CLONES void dropout_apply(float *y, const float *x, const float *mask, size_t n) {
  for (size_t i = 0; i < n; i++) {
    y[i] = x[i] * mask[i];
  }
}
