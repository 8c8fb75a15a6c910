/* Convolution as matrix products, in one of two ways. Letters as in conv.h.
 *
 * Many channels: tap by tap. A tap (r, s) of the kernel is a matrix [C,K], and the windows in which it lies on
 * the image link rows of C pixels with rows of K grid values; a table of both goes to the matrix product. Nothing
 * is copied, and taps that lie on padding (a third of them in 5 x 5 windows on 7 x 7 pixels) cost nothing.
 *
 * Few channels: whole windows. A block is up to ROWS windows by a run of the window's R S C values; it is copied
 * out of the image (or added back into it) in cache and multiplied with the run's rows of the kernel, and the copy
 * is shared by all K columns. A "run" is values [first, first + depth) of a window.
 *
 * Either way nothing grows with the batch. */
#include "gantrain/conv.h"

#include <string.h>

#include "gantrain/clones.h"
#include "gantrain/gemm.h"

#define TAP_CHANNELS 16                /* from so many channels on, convolutions go tap by tap */
#define BOX_WINDOWS 1024               /* windows that go to one product, at most, */
#define BOX_FLOATS ((size_t)128 * 1024) /* spread over so many values: they stay in the second-level cache */
#define ROWS 512                       /* windows of a block, at most */
#define DEPTH 160 /* values of a run, at most: one block of the matrix product's depth */

int conv_windows(int size, int window, int stride, bool same) {
  return same ? (size + stride - 1) / stride : size < window ? 0 : (size - window) / stride + 1;
}

int conv_padding(int size, int window, int stride, int windows, bool same) {
  int total = same ? (windows - 1) * stride + window - size : 0;
  return total > 0 ? total / 2 : 0;
}

int conv_transposed_size(int windows, int window, int stride, bool same) {
  return windows * stride + (same || window < stride ? 0 : window - stride);
}

/* Runs are whole taps (C values) where one fits, so that most copies are long. */
static size_t run_depth(const ConvGeometry *g) {
  size_t C = (size_t)g->C, all = (size_t)g->R * (size_t)g->S * C;
  size_t depth = C > DEPTH ? DEPTH : DEPTH / C * C;
  return all < depth ? all : depth;
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

static size_t image_values(const ConvGeometry *g) {
  return (size_t)g->H * (size_t)g->W * (size_t)g->C;
}

static size_t grid_values(const ConvGeometry *g) {
  return (size_t)g->P * (size_t)g->Q * (size_t)g->K;
}

static bool by_taps(const ConvGeometry *g) {
  return g->C >= TAP_CHANNELS;
}

size_t conv_scratch(const ConvGeometry *g) {
  return by_taps(g) ? 0 : ROWS * run_depth(g);
}

/* Windows [row, row + rows) of all images by values [first, first + depth) of each; rows = 0 is the end. */
typedef struct Block {
  size_t row, rows, first, depth;
} Block;

static size_t window_values(const ConvGeometry *g) {
  return (size_t)g->R * (size_t)g->S * (size_t)g->C;
}

/* How many windows from `row` on share a block: as many whole images as fit, or a piece of a larger one. So
 * the order in which a pixel's sums are added does not depend on the images before it. */
static size_t block_rows(const ConvGeometry *g, size_t N, size_t row) {
  size_t area = (size_t)g->P * (size_t)g->Q, left = N * area - row;
  if (left == 0) {
    return 0;
  }
  return smaller(left, area <= ROWS ? ROWS / area * area : smaller(ROWS, area - row % area));
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
  size_t pixels = image_values(g);
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

/* The adjoint: what copy_windows read is added to. */
GT_CLONES static void add_windows(float *restrict image, const float *restrict block, const ConvGeometry *g,
                                  Block b) {
  size_t pixels = image_values(g);
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

/* Windows [p, p + rows) x [q, q + columns) of images [n, n + images). */
typedef struct Box {
  size_t n, images;
  int p, rows, q, columns;
} Box;

/* The length of nearly equal pieces of `all` that are at most `most` long. */
static size_t piece(size_t all, size_t most) {
  size_t pieces = (all + most - 1) / most;
  return (all + pieces - 1) / pieces;
}

/* The first box of at most `windows` windows: whole images, or a piece of one that depends on the geometry
 * alone, so that a pixel's sums do not depend on the images beside it. */
static Box first_box(const ConvGeometry *g, size_t N, size_t windows) {
  size_t P = (size_t)g->P, Q = (size_t)g->Q;
  Box box = {.images = 1, .rows = 1};
  box.columns = (int)piece(Q, windows);
  if (windows >= Q) {
    box.rows = (int)piece(P, windows / Q);
  }
  if (windows >= P * Q) {
    box.images = piece(N, windows / (P * Q));
  }
  return box;
}

/* The box after `box`, whose first one was `whole`; its n is N after the last. */
static Box next_box(const ConvGeometry *g, size_t N, Box box, Box whole) {
  box.q += box.columns;
  if (box.q >= g->Q) {
    box.q = 0;
    box.p += box.rows;
  }
  if (box.p >= g->P) {
    box.p = 0;
    box.n += box.images;
  }
  box.columns = (int)smaller((size_t)whole.columns, (size_t)(g->Q - box.q));
  box.rows = (int)smaller((size_t)whole.rows, (size_t)(g->P - box.p));
  box.images = smaller(whole.images, N - box.n);
  return box;
}

/* A box whose image pixels and grid values stay in the second-level cache. */
static size_t cached_windows(const ConvGeometry *g) {
  size_t floats = (size_t)g->stride_h * (size_t)g->stride_w * (size_t)g->C + (size_t)g->K;
  size_t windows = BOX_FLOATS / floats + 1;
  return smaller(windows, BOX_WINDOWS);
}

/* Of the windows [*first, *end) along one axis, those in which tap `tap` lies on the image's `size` pixels. */
static void clip(int *first, int *end, int size, int stride, int padding, int tap) {
  int before = padding - tap; /* the tap lies on pixel w stride - before */
  int from = before > 0 ? (before + stride - 1) / stride : 0;
  int to = size - 1 + before < 0 ? 0 : (size - 1 + before) / stride + 1;
  *first = from > *first ? from : *first;
  *end = to < *end ? to : *end;
}

/* Walks over boxes and, in each, over the taps of the kernel: where the tap's values lie in the windows in which
 * it lies on the image. */
typedef struct Taps {
  const ConvGeometry *g;
  size_t N;
  Box whole, box; /* the first box, and the one at hand */
  int next;       /* tap of the box */
  size_t first;   /* of this tap's kernel values, in a kernel [R,S,C,K] */
  size_t image, grid; /* of the first values of the box's first image */
  size_t count;       /* windows, whose values begin at: */
  uint32_t image_at[BOX_WINDOWS], grid_at[BOX_WINDOWS]; /* from `image` and `grid` on */
} Taps;

static void find_tap(Taps *taps, int r, int s) {
  const ConvGeometry *g = taps->g;
  const Box *box = &taps->box;
  int p0 = box->p, p1 = box->p + box->rows, q0 = box->q, q1 = box->q + box->columns;
  clip(&p0, &p1, g->H, g->stride_h, g->top, r);
  clip(&q0, &q1, g->W, g->stride_w, g->left, s);
  taps->count = 0;
  for (size_t n = 0; n < box->images && q0 < q1; n++) {
    for (int p = p0; p < p1; p++) {
      size_t h = (size_t)(p * g->stride_h - g->top + r), w = (size_t)(q0 * g->stride_w - g->left + s);
      uint32_t pixel = (uint32_t)(n * image_values(g) + (h * (size_t)g->W + w) * (size_t)g->C);
      uint32_t window = (uint32_t)(n * grid_values(g) + ((size_t)p * (size_t)g->Q + (size_t)q0) * (size_t)g->K);
      for (int q = q0; q < q1; q++) {
        taps->image_at[taps->count] = pixel;
        taps->grid_at[taps->count++] = window;
        pixel += (uint32_t)(g->stride_w * g->C);
        window += (uint32_t)g->K;
      }
    }
  }
}

static void begin_taps(Taps *taps, const ConvGeometry *g, size_t N, size_t windows) {
  taps->g = g;
  taps->N = g->P > 0 && g->Q > 0 ? N : 0;
  taps->next = 0;
  taps->whole = taps->box = taps->N > 0 ? first_box(g, N, windows) : (Box){0};
}

/* The next tap that lies on the image in any window of its box; false after the last. */
static bool next_tap(Taps *taps) {
  const ConvGeometry *g = taps->g;
  for (; taps->box.n < taps->N; taps->box = next_box(g, taps->N, taps->box, taps->whole), taps->next = 0) {
    while (taps->next < g->R * g->S) {
      int tap = taps->next++;
      find_tap(taps, tap / g->S, tap % g->S);
      if (taps->count > 0) {
        taps->first = (size_t)tap * (size_t)g->C * (size_t)g->K;
        taps->image = taps->box.n * image_values(g);
        taps->grid = taps->box.n * grid_values(g);
        return true;
      }
    }
  }
  return false;
}

static void gather_taps(float *grid, const float *image, const float *kernel, const ConvGeometry *g, size_t N) {
  Taps taps;
  memset(grid, 0, N * grid_values(g) * sizeof *grid);
  begin_taps(&taps, g, N, cached_windows(g));
  while (next_tap(&taps)) {
    gemm_rows(grid + taps.grid, taps.grid_at, image + taps.image, taps.image_at, kernel + taps.first, GEMM_NN,
              taps.count, (size_t)g->K, (size_t)g->C);
  }
}

static void scatter_taps(float *image, const float *grid, const float *kernel, const ConvGeometry *g, size_t N) {
  Taps taps;
  memset(image, 0, N * image_values(g) * sizeof *image);
  begin_taps(&taps, g, N, cached_windows(g));
  while (next_tap(&taps)) {
    gemm_rows(image + taps.image, taps.image_at, grid + taps.grid, taps.grid_at, kernel + taps.first, GEMM_NT,
              taps.count, (size_t)g->C, (size_t)g->K);
  }
}

/* Boxes are parts of a sum; they do not depend on the shards beside theirs where sums are exact. */
static void taps_kernel_gradient(const GradientSum *to, size_t at, const float *image, const float *grid,
                                 const ConvGeometry *g, size_t N, size_t group) {
  Taps taps;
  size_t images = to->exact != NULL ? group : N;
  for (size_t n = 0; n < N; n += images) {
    begin_taps(&taps, g, images, GEMM_TERMS_MAX);
    while (next_tap(&taps)) {
      gradient_add_terms(to, at + taps.first, image + n * image_values(g) + taps.image, taps.image_at,
                         grid + n * grid_values(g) + taps.grid, taps.grid_at, (size_t)g->C, (size_t)g->K,
                         taps.count);
    }
  }
}

void conv_gather(float *grid, const float *image, const float *kernel, const ConvGeometry *g, size_t N,
                 float *scratch) {
  size_t K = (size_t)g->K;
  if (by_taps(g)) {
    gather_taps(grid, image, kernel, g, N);
    return;
  }
  for (Block b = first_block(g, N); b.rows > 0; b = next_block(g, N, b)) {
    copy_windows(scratch, image, g, b);
    gemm(grid + b.row * K, scratch, kernel + b.first * K, GEMM_NN, b.rows, K, b.depth, b.first > 0);
  }
}

void conv_scatter(float *image, const float *grid, const float *kernel, const ConvGeometry *g, size_t N,
                  float *scratch) {
  size_t K = (size_t)g->K;
  if (by_taps(g)) {
    scatter_taps(image, grid, kernel, g, N);
    return;
  }
  memset(image, 0, N * image_values(g) * sizeof *image);
  for (Block b = first_block(g, N); b.rows > 0; b = next_block(g, N, b)) {
    gemm(scratch, grid + b.row * K, kernel + b.first * K, GEMM_NT, b.rows, b.depth, K, 0);
    add_windows(image, scratch, g, b);
  }
}

void conv_kernel_gradient(const GradientSum *to, size_t at, const float *image, const float *grid,
                          const ConvGeometry *g, size_t N, size_t group, float *scratch) {
  size_t K = (size_t)g->K, area = (size_t)g->P * (size_t)g->Q, images = to->exact != NULL ? group : N;
  if (by_taps(g)) {
    taps_kernel_gradient(to, at, image, grid, g, N, group);
    return;
  }
  for (size_t n = 0; n < N; n += images) { /* blocks of one shard at a time where sums are exact */
    const float *shard = image + n * image_values(g), *values = grid + n * area * K;
    for (Block b = first_block(g, images); b.rows > 0; b = next_block(g, images, b)) {
      copy_windows(scratch, shard, g, b);
      gradient_add_product(to, at + b.first * K, scratch, values + b.row * K, b.depth, K, b.rows, b.rows);
    }
  }
}
