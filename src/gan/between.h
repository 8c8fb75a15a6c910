/* The points between real images and fakes, where D learns from a penalty alone. */
#ifndef GANTRAIN_BETWEEN_H
#define GANTRAIN_BETWEEN_H

#include "gantrain/gan/players.h"

/* Their buffer where a penalty is there, else nothing; after gan->packs. GT_FAILED: memory. */
Status between_create(Gan *gan);
void between_free(Gan *gan);

/* After critic_forward on the real images: D on e r + (1 - e) f, r what it saw of a row of the real batch, f
 * what it will see of that row of `fakes` in the pass `fake`, and e drawn for the row, uniform in [0, 1)
 * (Gulrajani et al., "Improved training of Wasserstein GANs", 2017). With a condition it is that of both.
 * Adds the penalty's gradients; squared as in critic_forward. */
void between_learn(Gan *gan, const float *fakes, const Pass *fake, const Pass *pass, float weight,
                   GradientSum grads, int64_t *squared);

#endif
