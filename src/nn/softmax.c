#include "gantrain/nn/softmax.h"

#include <math.h>

size_t softmax_class(const float *logits, size_t n) {
  size_t best = 0;
  for (size_t k = 1; k < n; k++) {
    best = logits[k] > logits[best] ? k : best;
  }
  return best;
}

double softmax_cross_entropy(float *dlogits, const float *logits, const uint8_t *labels, size_t N, size_t K,
                             float scale, size_t *right) {
  double loss = 0.0;
  size_t hits = 0;
  for (size_t n = 0; n < N; n++) {
    const float *row = logits + n * K;
    size_t best = softmax_class(row, K);
    double largest = (double)row[best], sum = 0.0;
    for (size_t k = 0; k < K; k++) {
      sum += exp((double)row[k] - largest);
    }
    for (size_t k = 0; k < K && dlogits != NULL; k++) {
      double probability = exp((double)row[k] - largest) / sum;
      dlogits[n * K + k] = (float)((double)scale * (probability - (k == labels[n] ? 1.0 : 0.0)));
    }
    loss += log(sum) + largest - (double)row[labels[n]];
    hits += best == labels[n];
  }
  if (right != NULL) {
    *right = hits;
  }
  return loss;
}
