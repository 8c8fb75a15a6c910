/* Softmax cross-entropy with one class per row: the loss of a classifier. */
#ifndef GANTRAIN_SOFTMAX_H
#define GANTRAIN_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

/* Returns the sum over N rows of log(sum over k of exp(logits[k])) - logits[label], in the form that cannot
 * overflow; logits is (N, K), labels[N] are below K. dlogits (N, K) = scale (softmax - one-hot label),
 * overwritten, NULL: not wanted. *right (NULL allowed) = the number of rows whose label has the largest logit
 * (the first of equal ones). */
double softmax_cross_entropy(float *dlogits, const float *logits, const uint8_t *labels, size_t N, size_t K,
                             float scale, size_t *right);

/* The index of the largest of n values; the first of equal ones. */
size_t softmax_class(const float *logits, size_t n);

#endif
