#include "gantrain/base/rng.h"

#include <Random123/philox.h>
#include <math.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "gantrain/base/approx.h"
#include "gantrain/base/clones.h"

#define CHUNK 256 /* words computed at a time */

/* words[4 blocks] = the blocks first .. first + blocks - 1. */
static void fill_blocks_plain(uint32_t *words, RngKey key, uint32_t sample, uint32_t first, size_t blocks) {
  philox4x32_key_t k = {{(uint32_t)key.seed, (uint32_t)(key.seed >> 32)}};
  for (size_t b = 0; b < blocks; b++) {
    philox4x32_ctr_t counter = {{first + (uint32_t)b, sample, key.step, key.stream}};
    philox4x32_ctr_t block = philox4x32(counter, k);
    for (int i = 0; i < 4; i++) {
      words[4 * b + (size_t)i] = block.v[i];
    }
  }
}

#if defined(__x86_64__)
/* Random123 has no vector version. This computes the same rounds on 16 blocks at once, in the low halves
 * of 64-bit lanes. */
#define LANES 16
__attribute__((target("avx512f"))) static void fill_lanes(uint32_t *words, RngKey key, uint32_t sample,
                                                          uint32_t first) {
  const __m512i m0 = _mm512_set1_epi64(PHILOX_M4x32_0), m1 = _mm512_set1_epi64(PHILOX_M4x32_1);
  const __m512i lane = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
  __m512i c[2][4];
  uint32_t k0 = (uint32_t)key.seed, k1 = (uint32_t)(key.seed >> 32);
  for (int half = 0; half < 2; half++) {
    c[half][0] = _mm512_add_epi64(lane, _mm512_set1_epi64((int64_t)first + 8 * half));
    c[half][1] = _mm512_set1_epi64(sample);
    c[half][2] = _mm512_set1_epi64(key.step);
    c[half][3] = _mm512_set1_epi64(key.stream);
  }
  for (int round = 0; round < 10; round++) {
    const __m512i x0 = _mm512_set1_epi64(k0), x1 = _mm512_set1_epi64(k1);
    for (int half = 0; half < 2; half++) {
      __m512i p0 = _mm512_mul_epu32(c[half][0], m0), p1 = _mm512_mul_epu32(c[half][2], m1);
      c[half][0] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p1, 32), c[half][1], x0, 0x96); /* a ^ b ^ c */
      c[half][2] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p0, 32), c[half][3], x1, 0x96);
      c[half][1] = p1;
      c[half][3] = p0;
    }
    k0 += PHILOX_W32_0;
    k1 += PHILOX_W32_1;
  }
  const __m512i low = _mm512_set1_epi64(0xffffffff);
  const __m512i front = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0),
                back = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);
  for (int half = 0; half < 2; half++) {
    __m512i w01 = _mm512_or_si512(_mm512_and_si512(c[half][0], low), _mm512_slli_epi64(c[half][1], 32));
    __m512i w23 = _mm512_or_si512(_mm512_and_si512(c[half][2], low), _mm512_slli_epi64(c[half][3], 32));
    _mm512_storeu_si512(words + 32 * half, _mm512_permutex2var_epi64(w01, front, w23));
    _mm512_storeu_si512(words + 32 * half + 16, _mm512_permutex2var_epi64(w01, back, w23));
  }
}

static void fill_blocks(uint32_t *words, RngKey key, uint32_t sample, uint32_t first, size_t blocks) {
  if (!__builtin_cpu_supports("avx512f")) {
    fill_blocks_plain(words, key, sample, first, blocks);
    return;
  }
  for (size_t b = 0; b < blocks; b += LANES) {
    uint32_t last[4 * LANES];
    if (b + LANES <= blocks) {
      fill_lanes(words + 4 * b, key, sample, first + (uint32_t)b);
    } else {
      fill_lanes(last, key, sample, first + (uint32_t)b);
      memcpy(words + 4 * b, last, 4 * (blocks - b) * sizeof *words);
    }
  }
}
#else
#define fill_blocks fill_blocks_plain
#endif

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

/* Box-Muller on whole groups of 16 pairs. Without a loop remainder an element's bits depend on its place
 * in the row alone. */
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
