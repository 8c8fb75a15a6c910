#include <math.h>
#include <string.h>

#include "gantrain/base/check.h"
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

/* The first of the largest. */
static size_t answer_of(const double *logits, size_t K) {
  size_t best = 0;
  for (size_t k = 1; k < K; k++) {
    best = logits[k] > logits[best] ? k : best;
  }
  return best;
}

void class_shares(double *shares, const Features *logits) {
  size_t n = logits->rows, K = logits->count;
  memset(shares, 0, K * sizeof *shares);
  for (size_t i = 0; i < n; i++) {
    shares[answer_of(logits->values + i * K, K)] += 1.0;
  }
  for (size_t k = 0; k < K; k++) {
    shares[k] /= (double)n;
  }
}

double class_agreement(double *right, const Features *logits, const double *asked) {
  size_t K = logits->count, all[256] = {0}, hits[256] = {0}, all_sum = 0, hits_sum = 0;
  GT_CHECK(K <= sizeof all / sizeof *all, "%zu classes", K);
  for (size_t i = 0; i < logits->rows; i++) {
    if (asked[i] >= 0.0 && asked[i] < (double)K) {
      size_t class = (size_t)asked[i];
      all[class]++;
      hits[class] += answer_of(logits->values + i * K, K) == class;
    } else if (asked[i] >= 0.0) {
      all_sum++; /* of a class that the judge does not know */
    }
  }
  for (size_t k = 0; k < K; k++) {
    right[k] = all[k] > 0 ? (double)hits[k] / (double)all[k] : (double)NAN;
    all_sum += all[k];
    hits_sum += hits[k];
  }
  return all_sum > 0 ? (double)hits_sum / (double)all_sum : (double)NAN;
}

void count_modes(size_t *counts, const Features *logits, size_t C) {
  size_t K = logits->count;
  for (size_t i = 0; i < logits->rows; i++) {
    size_t mode = 0;
    for (size_t c = 0; c < C; c++) {
      mode = mode * K + answer_of(logits->values + (i * C + c) * K, K);
    }
    counts[mode]++;
  }
}

size_t modes_seen(const size_t *counts, size_t modes) {
  size_t seen = 0;
  for (size_t m = 0; m < modes; m++) {
    seen += counts[m] > 0;
  }
  return seen;
}

double modes_divergence(const size_t *counts, size_t modes, size_t n) {
  double sum = 0.0;
  for (size_t m = 0; m < modes; m++) {
    double p = (double)counts[m] / (double)n;
    sum += p > 0.0 ? p * log(p * (double)modes) : 0.0;
  }
  return sum;
}

double total_variation(const double *p, const double *q, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += fabs(p[i] - q[i]);
  }
  return 0.5 * sum;
}
