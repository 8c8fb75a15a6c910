/* The average of G: an exponential moving average of its parameters, by a half-life in images. */
#ifndef GANTRAIN_AVERAGE_H
#define GANTRAIN_AVERAGE_H

#include <stddef.h>
#include <stdint.h>

/* After the step-th update (1 is the first): average[n] moves to params[n], so far that what was in it before
 * counts half after `half_life` images, but never longer than a twentieth of all images seen (the ramp of
 * StyleGAN2-ADA: Karras et al., "Training generative adversarial networks with limited data", 2020), so that
 * the start is forgotten. */
void average_step(float *average, const float *params, size_t n, int64_t step, size_t batch,
                  double half_life);

#endif
