/* Distances between two sets of images by their features, and figures of one set by its class probabilities.
 *
 * Letters: n rows (images), F features, K classes. Feature matrices are float64 [n,F], row major, the same
 * on all ranks. Work of order n n is divided among the ranks by fixed runs of rows, and sums have a fixed
 * order, so on one kind of processor the results have the same bits on all ranks and on any number of
 * ranks. */
#ifndef GANTRAIN_DISTANCES_H
#define GANTRAIN_DISTANCES_H

#include <stddef.h>
#include <stdint.h>

#include "gantrain/comm/comm.h"

typedef struct Features {
  const double *values; /* [rows, count] */
  size_t rows, count;
} Features;

/* Frechet distance: |mean a - mean b|^2 + trace(A + B - 2 (A B)^(1/2)) with covariances A and B (divisor n
 * - 1); Heusel et al. 2017. Not collective: every caller computes all of it. Needs two rows in each set.
 * GT_FAILED: memory, or eigenvalues that cannot be computed. */
Status frechet_distance(double *distance, const Features *a, const Features *b);

typedef struct KernelDistance {
  double mean, spread;         /* over the subsets; spread is the standard deviation */
  size_t subsets, subset_rows; /* their number, and the rows in each */
} KernelDistance;

/* Unbiased squared maximum mean discrepancy with the kernel (x y / F + 1)^3: Binkowski et al. 2018. Means
 * over 100 pairs of random subsets of at most 1,000 rows and at most half of the smaller set, chosen by
 * `seed`. Collective. Needs four rows in each set. GT_FAILED: memory. */
Status kernel_distance(const World *world, KernelDistance *distance, const Features *a, const Features *b,
                       uint64_t seed);

/* rows[count] = the rows of subset `subset` of set `set` (0: a, 1: b) of n rows. `scratch` has n elements. */
void kernel_subset(uint32_t *rows, uint32_t *scratch, uint64_t seed, int set, size_t subset, size_t count,
                   size_t n);

typedef struct Neighbours {
  double precision, recall; /* Kynkaanniemi et al. 2019, with each point's 3rd neighbour */
  double density, coverage; /* Naeem et al. 2020, with each real point's 5th neighbour */
} Neighbours;

/* Collective. Needs six rows in each set. GT_FAILED: memory. */
Status neighbours_measure(const World *world, Neighbours *neighbours, const Features *real,
                          const Features *fake);

/* exp of the mean over rows of KL(p(y|x) || p(y)), p(y|x) = softmax of logits [n,K]: Salimans et al. 2016,
 * with our classifier in place of theirs. Not collective. GT_FAILED: memory. */
Status class_score(double *score, const Features *logits);

/* shares[K] = the share of rows whose largest logit is that of the class (the first of equal ones). */
void class_shares(double *shares, const Features *logits);

/* The share of rows whose largest logit is that of the class asked[rows], of those with asked >= 0; right[K]
 * = the same for each class. NaN where there are no such rows. */
double class_agreement(double *right, const Features *logits, const double *asked);

/* counts[K^C] += rows of each mode: row i has the largest logits of its C channels as digits, the first the
 * highest. logits [n,C K], of which `logits` says n rows of K. counts begin at 0. */
void count_modes(size_t *counts, const Features *logits, size_t C);

/* How many of the modes have a row, and KL(shares || all alike) = sum p log(p modes) of n rows. */
size_t modes_seen(const size_t *counts, size_t modes);
double modes_divergence(const size_t *counts, size_t modes, size_t n);

/* Half the sum of absolute differences of two distributions of n values. */
double total_variation(const double *p, const double *q, size_t n);

#endif
