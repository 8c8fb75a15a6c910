/* Clipping of gradients by their norm: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent
 * neural networks" (ICML 2013). */
#ifndef GANTRAIN_CLIP_H
#define GANTRAIN_CLIP_H

#include <stddef.h>

/* The Euclidean norm of grads[n], summed in double and in one order: the same bits for the same numbers.
 * Where it is above `limit`, the gradients are scaled so that it is that. A norm that is not finite changes
 * nothing.
 */
double gradients_clip(float *grads, size_t n, double limit);

#endif
