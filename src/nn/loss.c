#include "gantrain/nn/loss.h"

#include <math.h>

double loss_cross_entropy(float *dlogits, const float *logits, size_t N, float target, float scale,
                          double *probability_sum, size_t *positive) {
  double loss = 0.0, probabilities = 0.0;
  size_t above = 0;
  for (size_t n = 0; n < N; n++) {
    double l = (double)logits[n];
    double e = exp(-fabs(l)); /* in (0, 1]: neither branch overflows */
    double probability = (l >= 0.0 ? 1.0 : e) / (1.0 + e);
    loss += (l > 0.0 ? l : 0.0 * l) - l * (double)target + log1p(e);
    probabilities += probability;
    above += l > 0.0;
    if (dlogits != NULL) {
      dlogits[n] = (float)((double)scale * (probability - (double)target));
    }
  }
  if (probability_sum != NULL) {
    *probability_sum = probabilities;
  }
  if (positive != NULL) {
    *positive = above;
  }
  return loss;
}
