#include "gantrain/rng.h"

#include <Random123/philox.h>
#include <math.h>

#include "gantrain/approx.h"
#include "gantrain/clones.h"

#define CHUNK 256 /* words made at a time */

/* words[4 blocks] = the blocks first .. first + blocks - 1. */
static void fill_blocks(uint32_t *words, RngKey key, uint32_t sample, uint32_t first, size_t blocks) {
  philox4x32_key_t k = {{(uint32_t)key.seed, (uint32_t)(key.seed >> 32)}};
  for (size_t b = 0; b < blocks; b++) {
    philox4x32_ctr_t counter = {{first + (uint32_t)b, sample, key.step, key.stream}};
    philox4x32_ctr_t block = philox4x32(counter, k);
    for (int i = 0; i < 4; i++) {
      words[4 * b + (size_t)i] = block.v[i];
    }
  }
}

void rng_words_from(uint32_t *words, RngKey key, uint32_t sample, uint32_t first, size_t n) {
  fill_blocks(words, key, sample, first / 4, n / 4);
  if (n % 4 != 0) {
    uint32_t last[4];
    fill_blocks(last, key, sample, first / 4 + (uint32_t)(n / 4), 1);
    memcpy(words + n / 4 * 4, last, n % 4 * sizeof *words);
  }
}

void rng_words(uint32_t *words, RngKey key, uint32_t sample, size_t n) {
  rng_words_from(words, key, sample, 0, n);
}

/* Box-Muller on whole groups of 16 pairs: no loop remainder, so an element's bits depend on its place in the
 * row alone. */
GT_CLONES static void words_to_normal(float *restrict out, const uint32_t *restrict words, size_t groups) {
  for (size_t p = 0; p < 16 * groups; p++) {
    float u = (float)(int32_t)((words[2 * p] >> 1) + 1u) *
              0x1p-31f; /* in (0, 1]; the conversion may round up to 2^31 */
    float turn = (float)(int32_t)(words[2 * p + 1] >> 8) * 0x1p-24f;
    u = fabsf(u); /* 2^31 wraps to -2^31 */
    float radius = sqrtf(-2.0f * approx_log(u));
    float sine, cosine;
    approx_sincos_turn(turn, &sine, &cosine);
    out[2 * p] = radius * cosine;
    out[2 * p + 1] = radius * sine;
  }
}

void rng_normal(float *out, RngKey key, uint32_t sample, size_t rows, size_t n) {
  uint32_t words[CHUNK] = {0};
  float numbers[CHUNK];
  for (size_t r = 0; r < rows; r++) {
    for (size_t first = 0; first < n; first += CHUNK) {
      size_t count = n - first < CHUNK ? n - first : CHUNK;
      fill_blocks(words, key, sample + (uint32_t)r, (uint32_t)(first / 4), (count + 3) / 4);
      words_to_normal(numbers, words, (count + 31) / 32);
      memcpy(out + r * n + first, numbers, count * sizeof *out);
    }
  }
}

void rng_uniform(float *out, RngKey key, uint32_t sample, size_t n) {
  uint32_t words[CHUNK];
  for (size_t first = 0; first < n; first += CHUNK) {
    size_t count = n - first < CHUNK ? n - first : CHUNK;
    fill_blocks(words, key, sample, (uint32_t)(first / 4), (count + 3) / 4);
    for (size_t i = 0; i < count; i++) {
      out[first + i] = (float)(words[i] >> 8) * 0x1p-24f;
    }
  }
}

void rng_permutation(uint32_t *out, RngKey key, uint32_t sample, size_t n) {
  uint32_t words[CHUNK];
  for (size_t i = 0; i < n; i++) {
    if (2 * i % CHUNK == 0) {
      fill_blocks(words, key, sample, (uint32_t)(i / 2), CHUNK / 4);
    }
    uint64_t draw = (uint64_t)words[2 * i % CHUNK] << 32 | words[2 * i % CHUNK + 1];
    size_t j = (size_t)(((unsigned __int128)draw * (i + 1)) >> 64); /* in [0, i] */
    out[i] = out[j];                                                /* the "inside-out" form */
    out[j] = (uint32_t)i;
  }
}
