/* Distances between sets of features: against a slow reference here, the same bits on all ranks; with a
 * folder as argument they are written there, for tests/unit/check_distances.py to compare with NumPy, SciPy
 * and scikit-learn at several numbers of ranks. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/rng.h"
#include "gantrain/quality/distances.h"

enum { REAL = 701, FAKE = 613, COUNT = 24, CLASSES = 7, SEED = 3 };

/* Correlated features: normal numbers and a share of the neighbour's; the second set is wider and moved. */
static Features make(size_t rows, size_t count, uint32_t sample, double scale, double shift) {
  float *normal = memory_alloc(rows * count, sizeof *normal);
  double *values = memory_alloc(rows * count, sizeof *values);
  GT_CHECK(normal != NULL && values != NULL, "%s", status_message());
  rng_normal(normal, (RngKey){SEED, RNG_LATENT_D, 0}, sample, rows, count);
  for (size_t i = 0; i < rows * count; i++) {
    values[i] = scale * ((double)normal[i] + 0.6 * (double)normal[i > 0 ? i - 1 : 0]) + shift;
  }
  memory_free(normal);
  return (Features){.values = values, .rows = rows, .count = count};
}

static void free_features(Features *f) {
  memory_free((void *)f->values);
}

static double squared(const Features *a, size_t i, const Features *b, size_t j) {
  double sum = 0.0;
  for (size_t c = 0; c < a->count; c++) {
    double difference = a->values[i * a->count + c] - b->values[j * b->count + c];
    sum += difference * difference;
  }
  return sum;
}

/* The k-th smallest distance of row i to the others of its set, by counting those below it. */
static double radius(const Features *f, size_t i, int k) {
  for (size_t j = 0; j < f->rows; j++) {
    int below = 0;
    for (size_t l = 0; l < f->rows && j != i; l++) {
      below += l != i && squared(f, i, f, l) < squared(f, i, f, j);
    }
    if (j != i && below == k - 1) {
      return squared(f, i, f, j);
    }
  }
  return NAN;
}

/* Precision of the first `rows` rows, and coverage of them, by their definitions. */
static void check_neighbours(const World *world) {
  enum { ROWS = 60 };
  Features real = make(ROWS, 3, 0, 1.0, 0.0), fake = make(ROWS + 9, 3, 5000, 1.4, 0.3);
  Neighbours found;
  GT_CHECK(neighbours_measure(world, &found, &real, &fake) == GT_OK, "%s", status_message());
  double precision = 0, recall = 0, density = 0, coverage = 0;
  double hit[ROWS + 9] = {0};
  for (size_t i = 0; i < ROWS; i++) {
    double near = radius(&real, i, 3), wide = radius(&real, i, 5);
    int recalled = 0, covered = 0;
    for (size_t j = 0; j < fake.rows; j++) {
      double d = squared(&real, i, &fake, j);
      hit[j] = d <= near ? 1.0 : hit[j];
      density += d < wide;
      covered |= d < wide;
      recalled |= d <= radius(&fake, j, 3);
    }
    recall += recalled;
    coverage += covered;
  }
  for (size_t j = 0; j < fake.rows; j++) {
    precision += hit[j];
  }
  double n = ROWS, m = (double)fake.rows;
  GT_CHECK(fabs(found.precision - precision / m) < 1e-12 && fabs(found.recall - recall / n) < 1e-12 &&
               fabs(found.density - density / (5.0 * m)) < 1e-12 &&
               fabs(found.coverage - coverage / n) < 1e-12,
           "precision %g, recall %g, density %g, coverage %g; expected %g, %g, %g, %g", found.precision,
           found.recall, found.density, found.coverage, precision / m, recall / n, density / (5.0 * m),
           coverage / n);
  GT_CHECK(found.precision > 0.1 && found.precision < 0.99, "the case is too simple: %g", found.precision);
  free_features(&real);
  free_features(&fake);
}

/* A copy that is moved by 0.5 in every feature is at a distance of count / 4. */
static void check_moved(void) {
  Features a = make(REAL, COUNT, 0, 1.0, 0.0), b = make(REAL, COUNT, 0, 1.0, 0.5);
  double distance;
  GT_CHECK(frechet_distance(&distance, &a, &b) == GT_OK, "%s", status_message());
  GT_CHECK(fabs(distance - COUNT * 0.25) < 1e-9, "%.12g, expected %g", distance, COUNT * 0.25);
  free_features(&a);
  free_features(&b);
}

enum { FIGURES = 8 };
static const char *const names[FIGURES] = {"frechet", "kernel_mean", "kernel_spread", "precision",
                                           "recall",  "density",     "coverage",      "class_score"};

static void measure(const World *world, double figures[FIGURES], const Features *real, const Features *fake,
                    const Features *logits) {
  KernelDistance kernel;
  Neighbours near;
  GT_CHECK(frechet_distance(&figures[0], real, fake) == GT_OK &&
               kernel_distance(world, &kernel, real, fake, SEED) == GT_OK &&
               neighbours_measure(world, &near, real, fake) == GT_OK &&
               class_score(&figures[7], logits) == GT_OK,
           "%s", status_message());
  figures[1] = kernel.mean;
  figures[2] = kernel.spread;
  figures[3] = near.precision;
  figures[4] = near.recall;
  figures[5] = near.density;
  figures[6] = near.coverage;
  for (int i = 0; i < FIGURES; i++) {
    uint64_t bits;
    memcpy(&bits, &figures[i], sizeof bits);
    GT_CHECK(isfinite(figures[i]) && comm_check_same(bits, names[i]) == GT_OK, "%s: %g, %s", names[i],
             figures[i], status_message());
  }
}

static void write_array(const char *folder, const char *name, const void *data, size_t size, size_t n) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  GT_CHECK(file != NULL && fwrite(data, size, n, file) == n && fclose(file) == 0, "%s", path);
}

static void write_all(const char *folder, const double figures[FIGURES], const Features *real,
                      const Features *fake, const Features *logits) {
  enum { SIZE = FAKE / 2 };
  char path[4096];
  uint32_t *rows = memory_alloc(SIZE, sizeof *rows), *scratch = memory_alloc(REAL, sizeof *scratch);
  uint32_t *all = memory_alloc((size_t)200 * SIZE, sizeof *all);
  GT_CHECK(rows != NULL && scratch != NULL && all != NULL, "%s", status_message());
  for (size_t s = 0; s < 200; s++) {
    kernel_subset(all + s * SIZE, scratch, SEED, (int)(s % 2), s / 2, SIZE, s % 2 == 0 ? REAL : FAKE);
  }
  write_array(folder, "real", real->values, sizeof(double), REAL * COUNT);
  write_array(folder, "fake", fake->values, sizeof(double), FAKE * COUNT);
  write_array(folder, "logits", logits->values, sizeof(double), FAKE * CLASSES);
  write_array(folder, "subsets", all, sizeof *all, (size_t)200 * SIZE);
  snprintf(path, sizeof path, "%s/figures", folder);
  FILE *file = fopen(path, "w");
  GT_CHECK(file != NULL, "%s", path);
  for (int i = 0; i < FIGURES; i++) {
    fprintf(file, "%s %.17g\n", names[i], figures[i]);
  }
  fclose(file);
  memory_free(rows);
  memory_free(scratch);
  memory_free(all);
}

int main(int argc, char **argv) {
  World world;
  double figures[FIGURES];
  if (world_begin(&world) != GT_OK) {
    log_error("%s", status_message());
    return 1;
  }
  check_neighbours(&world);
  check_moved();
  Features real = make(REAL, COUNT, 0, 1.0, 0.0), fake = make(FAKE, COUNT, 9000, 1.1, 0.2),
           logits = make(FAKE, CLASSES, 0, 2.0, 0.0);
  measure(&world, figures, &real, &fake, &logits);
  if (argc > 1 && world.rank == 0) {
    write_all(argv[1], figures, &real, &fake, &logits);
  }
  free_features(&real);
  free_features(&fake);
  free_features(&logits);
  world_end();
  return 0;
}
