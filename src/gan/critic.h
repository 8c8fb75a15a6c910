/* D's part of a step: its look at images, and its gradients from it. */
#ifndef GANTRAIN_CRITIC_H
#define GANTRAIN_CRITIC_H

#include "gantrain/gan/gan.h"

/* What all sides need, after the players; gan->settings.loss and the sides' penalties are set. GT_USAGE for a
 * penalty that D's layers do not allow. */
Status critic_create(Gan *gan);
void critic_free(Gan *gan);

/* The conditions of the next n fakes, whose noise is images first, ... of the key: pairs have that of their
 * real image (Huang et al., "The GAN is dead; long live the GAN! A modern GAN baseline", 2024), and so have
 * fakes between which and the real images there is a penalty; others are drawn as often as the data have
 * them. */
void critic_condition_fakes(Gan *gan, RngKey key, uint32_t first, size_t n);

/* D's scores (packs) of what it sees of that side's images x (rows, image), under their conditions; the pass
 * is over packs. */
const float *critic_score(Gan *gan, int side, Tape *tape, const float *x, const Pass *pass);

/* The slopes of D's outputs, (packs, outputs), from those of the scores of that side (packs). */
const float *critic_slopes(Gan *gan, int side, const float *dscores);

/* D's logits on x (rows, image), which must stay unchanged until critic_learn; with a penalty also its
 * slopes. `weight` scales the penalty, as it does D's loss. *squared = the slopes' squares, summed over this
 * rank's rows exactly; 0 without a penalty. */
void critic_look(Gan *gan, int side, const float *x, const Pass *pass, float weight, int64_t *squared);

/* Adds D's gradients: dlogits (packs) carried down from what it said at its last look, and the penalty's. */
void critic_learn(Gan *gan, int side, const float *dlogits, GradientSum grads);

#endif
