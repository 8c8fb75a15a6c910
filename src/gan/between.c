#include "between.h"

#include <string.h>

#include "critic.h"
#include "gantrain/base/memory.h"
#include "view.h"

Status between_create(Gan *gan) {
  if (gan->side[GAN_BETWEEN].row == NULL) {
    return GT_OK;
  }
  gan->between = memory_alloc(gan->packs.rows * shape_count(view_shape(gan)), sizeof *gan->between);
  return gan->between == NULL ? GT_FAILED : GT_OK;
}

void between_free(Gan *gan) {
  memory_free(gan->between);
}

/* out[e] = part r[e] + (1 - part) f[e]. */
static void mix(float *out, const float *r, const float *f, float part, size_t E) {
  for (size_t e = 0; e < E; e++) {
    out[e] = f[e] + part * (r[e] - f[e]);
  }
}

void between_learn(Gan *gan, const float *fakes, const Pass *fake, const Pass *pass, float weight,
                   GradientSum grads, int64_t *squared) {
  const size_t rows = pass->share.rows, E = shape_count(view_shape(gan));
  const float *r = gan->side[GAN_REAL].x;
  const float *f = view_forward(gan, GAN_FAKE, fakes, fake);
  RngKey key = pass->key;
  key.stream = RNG_BETWEEN;
  for (size_t row = 0; row < rows; row++) {
    float part;
    rng_uniform(&part, key, pass->share.sample + (uint32_t)row, 1);
    mix(gan->between + row * E, r + row * E, f + row * E, part, E);
  }
  if (gan->condition > 0) {
    memcpy(gan->side[GAN_BETWEEN].conditions, critic_conditions(gan, GAN_REAL),
           rows * gan->condition * sizeof(float));
  }
  critic_forward(gan, GAN_BETWEEN, gan->between, pass, weight, squared);
  memset(gan->dlogits, 0, rows * sizeof *gan->dlogits);
  critic_backward(gan, GAN_BETWEEN, gan->dlogits, grads);
}
