/* Precision and recall, density and coverage: which points lie within the neighbourhoods of the other set. */
#include <math.h>
#include <string.h>

#include "gantrain/base/memory.h"
#include "gantrain/math/blas.h"
#include "gantrain/quality/distances.h"
#include "spread.h"

enum { TILE = 256, NEAR = 3, WIDE = 5 };

/* One set: its features, and what is computed for each row. */
typedef struct Set {
  const Features *features;
  double *norms; /* [n] squared lengths */
  double *near;  /* [n] squared distance to its NEAR-th neighbour in the set */
  double *wide;  /* [n] the same to its WIDE-th */
  double *hit;   /* [n] 1 where the row lies in a neighbourhood (NEAR) of the other set */
  double *count; /* [n] in how many neighbourhoods (WIDE) of the other set it lies */
  double *least; /* [n] squared distance to the other set */
} Set;

static Status set_create(Set *set, const Features *features) {
  size_t n = features->rows, F = features->count;
  set->features = features;
  set->norms = memory_alloc(6 * n, sizeof *set->norms);
  if (set->norms == NULL) {
    return GT_FAILED;
  }
  double **parts[] = {&set->near, &set->wide, &set->hit, &set->count, &set->least};
  for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
    *parts[p] = set->norms + (p + 1) * n;
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t c = 0; c < F; c++) {
      set->norms[i] += features->values[i * F + c] * features->values[i * F + c];
    }
    set->least[i] = INFINITY;
  }
  return GT_OK;
}

static size_t tile_rows(const Set *set, size_t first) {
  return set->features->rows - first < TILE ? set->features->rows - first : TILE;
}

/* out[M,N] = squared distances between the tiles of a and b that begin at rows i and j. */
static void distances(double *out, const Set *a, size_t i, const Set *b, size_t j) {
  size_t F = a->features->count, M = tile_rows(a, i), N = tile_rows(b, j);
  blas_products(out, a->features->values + i * F, b->features->values + j * F, M, N, F);
  for (size_t r = 0; r < M; r++) {
    for (size_t c = 0; c < N; c++) {
      double square = a->norms[i + r] + b->norms[j + c] - 2.0 * out[r * N + c];
      out[r * N + c] = square > 0.0 ? square : 0.0;
    }
  }
}

/* Keep the WIDE smallest values, ascending. */
static void keep_smallest(double smallest[WIDE], double value) {
  int place = WIDE;
  for (; place > 0 && value < smallest[place - 1]; place--) {
    if (place < WIDE) {
      smallest[place] = smallest[place - 1];
    }
  }
  if (place < WIDE) {
    smallest[place] = value;
  }
}

/* Distances of the rows of one tile to their neighbours in their own set. */
static void measure_own_tile(Set *set, size_t i, double *tile) {
  double smallest[TILE][WIDE];
  size_t M = tile_rows(set, i);
  for (size_t r = 0; r < M; r++) {
    for (int k = 0; k < WIDE; k++) {
      smallest[r][k] = INFINITY;
    }
  }
  for (size_t j = 0; j < set->features->rows; j += TILE) {
    size_t N = tile_rows(set, j);
    distances(tile, set, i, set, j);
    for (size_t r = 0; r < M; r++) {
      for (size_t c = 0; c < N; c++) {
        if (i + r != j + c) {
          keep_smallest(smallest[r], tile[r * N + c]);
        }
      }
    }
  }
  for (size_t r = 0; r < M; r++) {
    set->near[i + r] = smallest[r][NEAR - 1];
    set->wide[i + r] = smallest[r][WIDE - 1];
  }
}

static void measure_own_distances(const World *world, Set *set, double *tile) {
  Range own = spread_of(world, spread_chunks(set->features->rows, TILE));
  for (size_t t = own.first; t < own.first + own.count; t++) {
    measure_own_tile(set, t * TILE, tile);
  }
  spread_collect(set->near, set->features->rows);
  spread_collect(set->wide, set->features->rows);
}

/* Compares the rows of one tile of fakes with all real ones. */
static void compare_tile(Set *fake, size_t i, Set *real, double *tile) {
  size_t M = tile_rows(fake, i);
  for (size_t j = 0; j < real->features->rows; j += TILE) {
    size_t N = tile_rows(real, j);
    distances(tile, fake, i, real, j);
    for (size_t r = 0; r < M; r++) {
      for (size_t c = 0; c < N; c++) {
        double square = tile[r * N + c];
        fake->hit[i + r] = square <= real->near[j + c] ? 1.0 : fake->hit[i + r];
        fake->count[i + r] += square < real->wide[j + c] ? 1.0 : 0.0;
        real->hit[j + c] = square <= fake->near[i + r] ? 1.0 : real->hit[j + c];
        real->least[j + c] = square < real->least[j + c] ? square : real->least[j + c];
      }
    }
  }
}

static void compare_sets(const World *world, Set *fake, Set *real, double *tile) {
  size_t F = fake->features->rows, R = real->features->rows;
  Range own = spread_of(world, spread_chunks(F, TILE));
  for (size_t t = own.first; t < own.first + own.count; t++) {
    compare_tile(fake, t * TILE, real, tile);
  }
  spread_collect(fake->hit, F);
  spread_collect(fake->count, F);
  comm_max(real->hit, R);
  comm_min(real->least, R);
}

static void summarise(Neighbours *out, const Set *real, const Set *fake) {
  double R = (double)real->features->rows, F = (double)fake->features->rows;
  *out = (Neighbours){0};
  for (size_t i = 0; i < fake->features->rows; i++) {
    out->precision += fake->hit[i];
    out->density += fake->count[i];
  }
  for (size_t i = 0; i < real->features->rows; i++) {
    out->recall += real->hit[i];
    out->coverage += real->least[i] < real->wide[i] ? 1.0 : 0.0;
  }
  out->precision /= F;
  out->density /= F * WIDE;
  out->recall /= R;
  out->coverage /= R;
}

Status neighbours_measure(const World *world, Neighbours *neighbours, const Features *real_features,
                          const Features *fake_features) {
  Set real = {0}, fake = {0};
  double *tile = memory_alloc((size_t)TILE * TILE, sizeof *tile);
  Status outcome = tile == NULL ? GT_FAILED : set_create(&real, real_features);
  outcome = comm_agree(outcome == GT_OK ? set_create(&fake, fake_features) : outcome);
  if (outcome == GT_OK) {
    measure_own_distances(world, &real, tile);
    measure_own_distances(world, &fake, tile);
    compare_sets(world, &fake, &real, tile);
    summarise(neighbours, &real, &fake);
  }
  memory_free(real.norms);
  memory_free(fake.norms);
  memory_free(tile);
  return outcome;
}
