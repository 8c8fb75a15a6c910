/* Convolution by whole windows. A block is up to ROWS windows by a run of the window's R S C values. It is
 * copied out of the image (or added back into it) in cache and multiplied with the run's rows of the
 * kernel, so all K columns share one copy. Letters as in conv.h; a "run" is values [first, first + depth)
 * of a window. */
#include <string.h>

#include "conv_ways.h"
#include "gantrain/base/clones.h"
#include "gantrain/math/gemm.h"

#define ROWS 512  /* windows of a block, at most */
#define DEPTH 160 /* values of a run, at most: one block of the matrix product's depth */

/* Runs are whole taps (C values) where one fits, so that most copies are long. */
static size_t run_depth(const ConvGeometry *g) {
  size_t C = (size_t)g->C, all = (size_t)g->R * (size_t)g->S * C;
  size_t depth = DEPTH / C * C;
  return all < depth ? all : depth;
}

size_t windows_scratch(const ConvGeometry *g) {
  return ROWS * run_depth(g);
}

/* Windows [row, row + rows) of all images by values [first, first + depth) of each; rows = 0 is the end. */
typedef struct Block {
  size_t row, rows, first, depth;
} Block;

static size_t window_values(const ConvGeometry *g) {
  return (size_t)g->R * (size_t)g->S * (size_t)g->C;
}

/* How many windows from `row` on share a block: as many whole images as fit, or a piece of a larger one.
 * The order in which a pixel's sums are added therefore does not depend on the images before it. */
static size_t block_rows(const ConvGeometry *g, size_t N, size_t row) {
  size_t area = (size_t)g->P * (size_t)g->Q, left = N * area - row;
  if (left == 0) {
    return 0;
  }
  return conv_smaller(left, area <= ROWS ? ROWS / area * area : conv_smaller(ROWS, area - row % area));
}

static Block block_at(const ConvGeometry *g, size_t N, size_t row, size_t first) {
  size_t depth = run_depth(g);
  return (Block){.row = row,
                 .rows = block_rows(g, N, row),
                 .first = first,
                 .depth = window_values(g) - first < depth ? window_values(g) - first : depth};
}

static Block first_block(const ConvGeometry *g, size_t N) {
  return block_at(g, N, 0, 0);
}

/* All runs of the same windows, then the next windows. */
static Block next_block(const ConvGeometry *g, size_t N, Block b) {
  return b.first + b.depth < window_values(g) ? block_at(g, N, b.row, b.first + b.depth)
                                              : block_at(g, N, b.row + b.rows, 0);
}

/* One stretch of a run: `count` values of window row r, from value `from` of the S C values in that row. */
typedef struct Stretch {
  int r;
  size_t from, count;
} Stretch;

/* The stretch at value `first` of a window, at most `left` long. */
static Stretch stretch_at(const ConvGeometry *g, size_t first, size_t left) {
  size_t width = (size_t)g->S * (size_t)g->C;
  Stretch stretch = {.r = (int)(first / width), .from = first % width};
  stretch.count = width - stretch.from < left ? width - stretch.from : left;
  return stretch;
}

/* Walks over windows in the order of the grid, images one after the other. */
typedef struct Place {
  size_t n;
  int p, q;
} Place;

static Place place_at(const ConvGeometry *g, size_t window) {
  size_t Q = (size_t)g->Q, area = (size_t)g->P * Q;
  return (Place){.n = window / area, .p = (int)(window % area / Q), .q = (int)(window % Q)};
}

static inline void place_next(Place *place, const ConvGeometry *g) {
  if (++place->q == g->Q) {
    place->q = 0;
    if (++place->p == g->P) {
      place->p = 0;
      place->n++;
    }
  }
}

/* Part [begin, end) of a stretch lies inside the image at this place, the rest is padding. Returns the offset
 * of the stretch's first value in its image, meaningful from `begin` on. */
static inline ptrdiff_t locate(const ConvGeometry *g, const Stretch *stretch, const Place *place,
                               size_t *begin, size_t *end) {
  int h = place->p * g->stride_h - g->top + stretch->r;
  ptrdiff_t width = (ptrdiff_t)g->W * g->C, count = (ptrdiff_t)stretch->count;
  ptrdiff_t x = ((ptrdiff_t)place->q * g->stride_w - g->left) * g->C + (ptrdiff_t)stretch->from;
  bool inside = h >= 0 && h < g->H && x < width && x + count > 0;
  *begin = !inside ? 0 : x < 0 ? (size_t)-x : 0;
  *end = !inside ? 0 : x + count > width ? (size_t)(width - x) : stretch->count;
  return (ptrdiff_t)h * width + x;
}

/* block[b.rows, b.depth] = the block of all N images' windows. */
GT_CLONES static void copy_windows(float *restrict block, const float *restrict image, const ConvGeometry *g,
                                   Block b) {
  size_t pixels = conv_image_values(g);
  for (size_t done = 0; done < b.depth;) {
    Stretch stretch = stretch_at(g, b.first + done, b.depth - done);
    Place place = place_at(g, b.row);
    for (size_t i = 0; i < b.rows; i++) {
      size_t begin, end;
      ptrdiff_t offset = locate(g, &stretch, &place, &begin, &end);
      float *to = block + i * b.depth + done;
      const float *from = image + (ptrdiff_t)(place.n * pixels) + offset;
      for (size_t e = 0; e < begin; e++) {
        to[e] = 0.0f;
      }
      for (size_t e = begin; e < end; e++) {
        to[e] = from[e];
      }
      for (size_t e = end; e < stretch.count; e++) {
        to[e] = 0.0f;
      }
      place_next(&place, g);
    }
    done += stretch.count;
  }
}

/* The adjoint of copy_windows: adds each value to the pixel that it would be copied from. */
GT_CLONES static void add_windows(float *restrict image, const float *restrict block, const ConvGeometry *g,
                                  Block b) {
  size_t pixels = conv_image_values(g);
  for (size_t done = 0; done < b.depth;) {
    Stretch stretch = stretch_at(g, b.first + done, b.depth - done);
    Place place = place_at(g, b.row);
    for (size_t i = 0; i < b.rows; i++) {
      size_t begin, end;
      ptrdiff_t offset = locate(g, &stretch, &place, &begin, &end);
      const float *from = block + i * b.depth + done;
      float *to = image + (ptrdiff_t)(place.n * pixels) + offset;
      for (size_t e = begin; e < end; e++) {
        to[e] += from[e];
      }
      place_next(&place, g);
    }
    done += stretch.count;
  }
}

void windows_gather(float *grid, const float *image, const float *kernel, const ConvGeometry *g, size_t N,
                    float *scratch) {
  size_t K = (size_t)g->K;
  for (Block b = first_block(g, N); b.rows > 0; b = next_block(g, N, b)) {
    copy_windows(scratch, image, g, b);
    gemm(grid + b.row * K, scratch, kernel + b.first * K, GEMM_NN, b.rows, K, b.depth,
         b.first > 0 ? GEMM_ACCUMULATE : GEMM_OVERWRITE);
  }
}

void windows_scatter(float *image, const float *grid, const float *kernel, const ConvGeometry *g, size_t N,
                     float *scratch) {
  size_t K = (size_t)g->K;
  memset(image, 0, N * conv_image_values(g) * sizeof *image);
  for (Block b = first_block(g, N); b.rows > 0; b = next_block(g, N, b)) {
    gemm(scratch, grid + b.row * K, kernel + b.first * K, GEMM_NT, b.rows, b.depth, K, GEMM_OVERWRITE);
    add_windows(image, scratch, g, b);
  }
}

void windows_kernel_gradient(const GradientSum *to, size_t at, const float *image, const float *grid,
                             const ConvGeometry *g, size_t N, size_t group, float *scratch) {
  size_t K = (size_t)g->K, images = to->exact != NULL ? group : N;
  for (size_t n = 0; n < N; n += images) { /* blocks of one shard at a time where sums are exact */
    const float *shard = image + n * conv_image_values(g), *values = grid + n * conv_grid_values(g);
    for (Block b = first_block(g, images); b.rows > 0; b = next_block(g, images, b)) {
      copy_windows(scratch, shard, g, b);
      gradient_add_product(to, at + b.first * K, scratch, values + b.row * K, b.depth, K, b.rows, b.rows);
    }
  }
}
