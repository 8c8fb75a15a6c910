/* D's part of a step: its scores of images, its penalties, and its gradients. */
#ifndef GANTRAIN_CRITIC_H
#define GANTRAIN_CRITIC_H

#include "gantrain/gan/players.h"

/* Allocate what all sides need. The players exist, and gan->settings.loss and the sides' penalties are set.
 * GT_USAGE for a penalty that D's layers do not allow. */
Status critic_create(Gan *gan);
void critic_free(Gan *gan);

/* Choose the conditions of the next n fakes, whose noise is that of images first, ... of the key. Fakes in
 * pairs get the condition of their real image (Huang et al., "The GAN is dead; long live the GAN! A modern
 * GAN baseline", 2024), and so do fakes with a penalty between them and the real images. All others are drawn
 * with the frequencies of the data. */
void critic_condition_fakes(Gan *gan, RngKey key, uint32_t first, size_t n);

/* The conditions (rows, condition) of that side's images, of the real ones in the turn at hand; NULL: none.
 */
const float *critic_conditions(const Gan *gan, int side);

/* D's scores (packs) of that side's images x (rows, image), packed or augmented as D sees them, under their
 * conditions. The pass is over packs. */
const float *critic_score(Gan *gan, int side, Tape *tape, const float *x, const Pass *pass);

/* The gradients of D's outputs, (packs, outputs), from those of the scores of that side (packs). */
const float *critic_slopes(Gan *gan, int side, const float *dscores);

/* Forward pass: D's logits on x (rows, image), which must stay unchanged until critic_backward, and with a
 * penalty the gradients of the logits at the images. `weight` scales the penalty, as it does D's loss.
 * Adds the exact sum over this rank's rows of the squared gradient norms to *squared; nothing without a
 * penalty. */
void critic_forward(Gan *gan, int side, const float *x, const Pass *pass, float weight, int64_t *squared);

/* Backward pass of the side's last critic_forward: adds the gradients of D's parameters from dlogits (packs)
 * and from the penalty. */
void critic_backward(Gan *gan, int side, const float *dlogits, GradientSum grads);

#endif
