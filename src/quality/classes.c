#include <math.h>
#include <string.h>

#include "gantrain/base/memory.h"
#include "gantrain/quality/distances.h"

/* p[K] = softmax of logits[K]. */
static void softmax(double *p, const double *logits, size_t K) {
  double largest = logits[0], sum = 0.0;
  for (size_t k = 1; k < K; k++) {
    largest = logits[k] > largest ? logits[k] : largest;
  }
  for (size_t k = 0; k < K; k++) {
    p[k] = exp(logits[k] - largest);
    sum += p[k];
  }
  for (size_t k = 0; k < K; k++) {
    p[k] /= sum;
  }
}

/* The mean of KL(p || q) is the mean of -H(p) plus H(q), where q is the mean of p. */
Status class_score(double *score, const Features *logits) {
  size_t n = logits->rows, K = logits->count;
  double *p = memory_alloc(2 * K, sizeof *p), divergence = 0.0;
  if (p == NULL) {
    return GT_FAILED;
  }
  double *mean = p + K;
  for (size_t i = 0; i < n; i++) {
    softmax(p, logits->values + i * K, K);
    for (size_t k = 0; k < K; k++) {
      mean[k] += p[k] / (double)n;
      divergence += p[k] > 0.0 ? p[k] * log(p[k]) / (double)n : 0.0;
    }
  }
  for (size_t k = 0; k < K; k++) {
    divergence -= mean[k] > 0.0 ? mean[k] * log(mean[k]) : 0.0;
  }
  *score = exp(divergence);
  memory_free(p);
  return GT_OK;
}

void class_shares(double *shares, const Features *logits) {
  size_t n = logits->rows, K = logits->count;
  memset(shares, 0, K * sizeof *shares);
  for (size_t i = 0; i < n; i++) {
    size_t best = 0;
    for (size_t k = 1; k < K; k++) {
      best = logits->values[i * K + k] > logits->values[i * K + best] ? k : best;
    }
    shares[best] += 1.0;
  }
  for (size_t k = 0; k < K; k++) {
    shares[k] /= (double)n;
  }
}

double total_variation(const double *p, const double *q, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += fabs(p[i] - q[i]);
  }
  return 0.5 * sum;
}
