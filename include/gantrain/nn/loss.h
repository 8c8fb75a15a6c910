/* Losses on logits. A loss is a sum over rows here; the mean is over the batch of all ranks. */
#ifndef GANTRAIN_LOSS_H
#define GANTRAIN_LOSS_H

#include <stddef.h>

/* Cross-entropy of sigmoid(logit) against a constant target t in [0, 1], in the form that cannot overflow:
 *   max(l, 0) - l t + log(1 + exp(-|l|)).
 * dlogits[N] = scale (sigmoid(l) - t), overwritten, NULL: not wanted. Returns the sum over N rows;
 * *probability_sum and *positive (NULL allowed) receive the sum of sigmoid(l) and the number of l > 0. */
double loss_cross_entropy(float *dlogits, const float *logits, size_t N, float target, float scale,
                          double *probability_sum, size_t *positive);

#endif
