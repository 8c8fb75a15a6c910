/* Kernel distance: squared maximum mean discrepancy with a cubic kernel, over random subsets. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "gantrain/base/memory.h"
#include "gantrain/base/rng.h"
#include "gantrain/math/blas.h"
#include "gantrain/quality/distances.h"
#include "spread.h"

enum { SUBSETS = 100, SUBSET_MAX = 1000 };

void kernel_subset(uint32_t *rows, uint32_t *scratch, uint64_t seed, int set, size_t subset, size_t count,
                   size_t n) {
  RngKey key = {.seed = seed, .stream = RNG_SUBSETS, .step = (uint32_t)set};
  rng_permutation(scratch, key, (uint32_t)subset, n);
  memcpy(rows, scratch, count * sizeof *rows);
}

/* Scratch memory of one rank. */
typedef struct Subsets {
  double *x, *y, *products; /* [m,F], [m,F], [m,m] */
  uint32_t *rows, *order;
  size_t m, F;
} Subsets;

/* The sum of the kernel over all pairs of rows of a[m,F] and b[m,F], without the pairs (i, i) where
 * `distinct`. */
static double kernel_sum(const Subsets *s, const double *a, const double *b, int distinct) {
  double sum = 0.0;
  blas_products(s->products, a, b, s->m, s->m, s->F);
  for (size_t i = 0; i < s->m; i++) {
    for (size_t j = 0; j < s->m; j++) {
      double k = s->products[i * s->m + j] / (double)s->F + 1.0;
      sum += distinct && i == j ? 0.0 : k * k * k;
    }
  }
  return sum;
}

static void gather(double *out, const Subsets *s, const Features *f) {
  for (size_t i = 0; i < s->m; i++) {
    memcpy(out + i * s->F, f->values + s->rows[i] * s->F, s->F * sizeof *out);
  }
}

static double discrepancy(const Subsets *s, const Features *a, const Features *b, uint64_t seed,
                          size_t subset) {
  double m = (double)s->m;
  kernel_subset(s->rows, s->order, seed, 0, subset, s->m, a->rows);
  gather(s->x, s, a);
  kernel_subset(s->rows, s->order, seed, 1, subset, s->m, b->rows);
  gather(s->y, s, b);
  return (kernel_sum(s, s->x, s->x, 1) + kernel_sum(s, s->y, s->y, 1)) / (m * (m - 1.0)) -
         2.0 * kernel_sum(s, s->x, s->y, 0) / (m * m);
}

static void summarise(KernelDistance *distance, const double *values) {
  double variance = 0.0;
  distance->mean = 0.0;
  for (size_t i = 0; i < SUBSETS; i++) {
    distance->mean += values[i] / SUBSETS;
  }
  for (size_t i = 0; i < SUBSETS; i++) {
    double difference = values[i] - distance->mean;
    variance += difference * difference / SUBSETS;
  }
  distance->spread = sqrt(variance);
}

Status kernel_distance(const World *world, KernelDistance *distance, const Features *a, const Features *b,
                       uint64_t seed) {
  double values[SUBSETS] = {0};
  size_t smaller = a->rows < b->rows ? a->rows : b->rows, larger = a->rows + b->rows - smaller;
  size_t m = smaller / 2 < SUBSET_MAX ? smaller / 2 : SUBSET_MAX, F = a->count;
  Subsets s = {.m = m, .F = F};
  s.x = memory_alloc(m * F, sizeof *s.x);
  s.y = memory_alloc(m * F, sizeof *s.y);
  s.products = memory_alloc(m * m, sizeof *s.products);
  s.rows = memory_alloc(m, sizeof *s.rows);
  s.order = memory_alloc(larger, sizeof *s.order);
  bool fine = s.x != NULL && s.y != NULL && s.products != NULL && s.rows != NULL && s.order != NULL;
  Status outcome = comm_agree(fine ? GT_OK : GT_FAILED);
  Range own = spread_of(world, SUBSETS);
  for (size_t i = own.first; outcome == GT_OK && i < own.first + own.count; i++) {
    values[i] = discrepancy(&s, a, b, seed, i);
  }
  if (outcome == GT_OK) {
    spread_collect(values, SUBSETS);
    *distance = (KernelDistance){.subsets = SUBSETS, .subset_rows = m};
    summarise(distance, values);
  }
  memory_free(s.x);
  memory_free(s.y);
  memory_free(s.products);
  memory_free(s.rows);
  memory_free(s.order);
  return outcome;
}
