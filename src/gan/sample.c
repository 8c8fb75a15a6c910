#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/gan/gan.h"
#include "inputs.h"

void inputs_noise(float *x, size_t latent, size_t length, RngKey key, uint32_t first, size_t n) {
  if (length == 0) {
    rng_normal(x, key, first, n, latent);
    return;
  }
  for (size_t i = 0; i < n; i++) {
    rng_normal(x + i * (latent + length), key, first + (uint32_t)i, 1, latent);
  }
}

void inputs_conditions(float *x, size_t latent, size_t length, const float *conditions, size_t n) {
  for (size_t i = 0; i < n && length > 0; i++) {
    memcpy(x + i * (latent + length) + latent, conditions + i * length, length * sizeof *x);
  }
}

size_t generator_condition(const Generator *generator) {
  return generator->condition != NULL ? generator->condition->length : 0;
}

size_t generator_latent(const Generator *generator) {
  return shape_count(generator->network->in) - generator_condition(generator);
}

void generator_split(float *latents, float *conditions, const Generator *generator, const float *x,
                     size_t n) {
  size_t length = generator_condition(generator), latent = generator_latent(generator);
  for (size_t i = 0; i < n; i++) {
    memcpy(latents + i * latent, x + i * (latent + length), latent * sizeof *x);
    if (length > 0) {
      memcpy(conditions + i * length, x + i * (latent + length) + latent, length * sizeof *x);
    }
  }
}

const float *gan_draw(const Generator *generator, Tape *tape, RngKey key, uint32_t first, size_t n) {
  GT_CHECK(n <= tape->rows, "%zu images on a tape of %zu", n, tape->rows);
  Pass pass = {.training = false, .share = {.rows = n, .batch = n, .sample = first}};
  size_t length = generator_condition(generator), latent = generator_latent(generator);
  inputs_noise(tape->x, latent, length, key, first, n);
  if (length > 0 && generator->conditions != NULL) {
    inputs_conditions(tape->x, latent, length, generator->conditions, n);
  } else if (length > 0) {
    condition_fill(tape->x + latent, latent + length, generator->condition, generator->wanted, key, first, n);
  }
  return network_forward(generator->network, generator->params, (float *)generator->running, tape, tape->x,
                         &pass); /* inference only reads it */
}
