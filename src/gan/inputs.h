/* What G makes images of: rows of noise, each with its condition behind it. Internal to src/gan. */
#ifndef GANTRAIN_INPUTS_H
#define GANTRAIN_INPUTS_H

#include <stddef.h>

#include "gantrain/base/rng.h"

/* Noise for images first, ... of the key into the first `latent` floats of the rows of x (n, latent +
 * length). */
void inputs_noise(float *x, size_t latent, size_t length, RngKey key, uint32_t first, size_t n);

/* conditions (n, length) into the rest. */
void inputs_conditions(float *x, size_t latent, size_t length, const float *conditions, size_t n);

#endif
