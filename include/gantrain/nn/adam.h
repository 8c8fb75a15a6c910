/* Adam: Kingma and Ba, "Adam: a method for stochastic optimization" (ICLR 2015), Algorithm 1. */
#ifndef GANTRAIN_ADAM_H
#define GANTRAIN_ADAM_H

#include <stddef.h>
#include <stdint.h>

typedef struct AdamSettings {
  double lr, beta1, beta2, epsilon;
} AdamSettings;

/* Step t (1 for the first) over flat blocks of n floats:
 *   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g g;
 *   params -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + epsilon). */
void adam_step(float *params, float *m, float *v, const float *grads, size_t n, int64_t t,
               AdamSettings settings);

#endif
