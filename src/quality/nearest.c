/* The nearest training image of every image. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gantrain/base/memory.h"
#include "gantrain/math/gemm.h"
#include "gantrain/quality/image_statistics.h"

enum { BLOCK = 1024, TILE = 256, KEPT = 4 };

/* Candidates of one image: float32 distances (without the image's own norm) ascending. */
typedef struct Candidates {
  float value[KEPT];
  uint32_t row[KEPT];
} Candidates;

typedef struct Search {
  const float *x;                  /* (n, E) */
  Candidates *candidates;          /* [n] */
  float *block, *norms, *products; /* (BLOCK, E), [BLOCK], (TILE, BLOCK) */
  size_t n, E;
} Search;

static void insert(Candidates *candidates, float value, uint32_t row) {
  int place = KEPT - 1;
  for (; place > 0 && value < candidates->value[place - 1]; place--) {
    candidates->value[place] = candidates->value[place - 1];
    candidates->row[place] = candidates->row[place - 1];
  }
  candidates->value[place] = value;
  candidates->row[place] = row;
}

/* Compares all images of this rank with the block's `count` rows, which begin at row `first` of the
 * training part. */
static void compare_block(Search *s, size_t first, size_t count) {
  for (size_t j = 0; j < count; j++) {
    double sum = 0.0;
    for (size_t e = 0; e < s->E; e++) {
      sum += (double)s->block[j * s->E + e] * (double)s->block[j * s->E + e];
    }
    s->norms[j] = (float)sum;
  }
  for (size_t i = 0; i < s->n; i += TILE) {
    size_t rows = s->n - i < TILE ? s->n - i : TILE;
    gemm(s->products, s->x + i * s->E, s->block, GEMM_NT, rows, count, s->E, GEMM_OVERWRITE);
    for (size_t r = 0; r < rows; r++) {
      Candidates *candidates = &s->candidates[i + r];
      for (size_t j = 0; j < count; j++) {
        float value = s->norms[j] - 2.0F * s->products[r * count + j];
        if (value < candidates->value[KEPT - 1]) {
          insert(candidates, value, (uint32_t)(first + j));
        }
      }
    }
  }
}

/* Squared distances in float64 to the candidates that lie in the block; keeps the least and its row. */
static void refine(const Search *s, Nearest *nearest, size_t first, size_t count) {
  for (size_t i = 0; i < s->n; i++) {
    for (int k = 0; k < KEPT; k++) {
      size_t row = s->candidates[i].row[k];
      if (isinf(s->candidates[i].value[k]) || row < first || row >= first + count) {
        continue;
      }
      double sum = 0.0;
      for (size_t e = 0; e < s->E; e++) {
        double difference = (double)s->x[i * s->E + e] - (double)s->block[(row - first) * s->E + e];
        sum += difference * difference;
      }
      if (sum < nearest->distance[i] || (sum == nearest->distance[i] && row < nearest->row[i])) {
        nearest->distance[i] = sum;
        nearest->row[i] = (uint32_t)row;
      }
    }
  }
}

/* Reads the training part twice: first to find candidates, then to decide among them. */
static Status search(Search *s, Nearest *nearest, Images *images) {
  size_t all = images->info.rows[DATASET_TRAIN];
  for (int pass = 0; pass < 2; pass++) {
    for (size_t first = 0; first < all; first += BLOCK) {
      size_t count = all - first < BLOCK ? all - first : BLOCK;
      GT_TRY(images_read(images, s->block, DATASET_TRAIN, (Range){first, count}));
      if (pass == 0) {
        compare_block(s, first, count);
      } else {
        refine(s, nearest, first, count);
      }
    }
  }
  for (size_t i = 0; i < s->n; i++) {
    nearest->distance[i] = sqrt(nearest->distance[i]);
  }
  return GT_OK;
}

Status nearest_find(Nearest *nearest, Images *images, const float *x, size_t n) {
  size_t E = shape_count(images->info.image);
  Search s = {.x = x, .n = n, .E = E};
  *nearest = (Nearest){.n = n};
  nearest->row = memory_alloc(n, sizeof *nearest->row);
  nearest->distance = memory_alloc(n, sizeof *nearest->distance);
  s.candidates = memory_alloc(n, sizeof *s.candidates);
  s.block = memory_alloc(BLOCK * E, sizeof *s.block);
  s.norms = memory_alloc(BLOCK, sizeof *s.norms);
  s.products = memory_alloc((size_t)TILE * BLOCK, sizeof *s.products);
  bool fine = nearest->row != NULL && nearest->distance != NULL && s.candidates != NULL && s.block != NULL &&
              s.norms != NULL && s.products != NULL;
  for (size_t i = 0; fine && i < n; i++) {
    nearest->distance[i] = INFINITY;
    for (int k = 0; k < KEPT; k++) {
      s.candidates[i].value[k] = INFINITY;
    }
  }
  Status outcome = fine ? search(&s, nearest, images) : GT_FAILED;
  memory_free(s.candidates);
  memory_free(s.block);
  memory_free(s.norms);
  memory_free(s.products);
  if (outcome != GT_OK) {
    nearest_free(nearest);
  }
  return outcome;
}

void nearest_free(Nearest *nearest) {
  memory_free(nearest->row);
  memory_free(nearest->distance);
  *nearest = (Nearest){0};
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double memorisation(double *a, size_t n, double *b, size_t m) {
  double halves = 0.0; /* pairs in which a is smaller count 2, equal ones 1: whole numbers, exact */
  size_t below = 0, up_to = 0;
  qsort(a, n, sizeof *a, ascending);
  qsort(b, m, sizeof *b, ascending);
  for (size_t j = 0; j < m; j++) {
    while (below < n && a[below] < b[j]) {
      below++;
    }
    while (up_to < n && a[up_to] <= b[j]) {
      up_to++;
    }
    halves += (double)(below + up_to);
  }
  return halves / (2.0 * (double)n * (double)m);
}
