/* Convolution tap by tap. A tap (r, s) of the kernel is a matrix [C,K]. In every window whose tap lies on
 * the image it pairs a pixel of C channels with a grid point of K values; a table of these pairs goes to
 * the matrix product. Letters as in conv.h. */
#include <string.h>

#include "conv_ways.h"
#include "gantrain/math/gemm.h"

#define BOX_WINDOWS 1024 /* windows of one product, at most */
/* Values that they may spread over: half of a second-level cache of 1 MiB. */
#define BOX_FLOATS ((size_t)128 * 1024)

#define OFFSET_MAX ((size_t)UINT32_MAX) /* values that a 32-bit offset reaches */

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
    size_t larger = conv_image_values(g) > conv_grid_values(g) ? conv_image_values(g) : conv_grid_values(g);
    size_t placed = OFFSET_MAX / larger > 0 ? OFFSET_MAX / larger : 1;
    box.images = piece(N, conv_smaller(placed, windows / (P * Q)));
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
  box.columns = (int)conv_smaller((size_t)whole.columns, (size_t)(g->Q - box.q));
  box.rows = (int)conv_smaller((size_t)whole.rows, (size_t)(g->P - box.p));
  box.images = conv_smaller(whole.images, N - box.n);
  return box;
}

/* A box whose image pixels and grid values stay in the second-level cache. */
static size_t cached_windows(const ConvGeometry *g) {
  size_t floats = (size_t)g->stride_h * (size_t)g->stride_w * (size_t)g->C + (size_t)g->K;
  size_t windows = BOX_FLOATS / floats + 1;
  return conv_smaller(windows, BOX_WINDOWS);
}

/* Of the windows [*first, *end) along one axis, keep those whose tap `tap` lies on the image's `pixels`
 * pixels. */
static void clip(int *first, int *end, int pixels, int stride, int padding, int tap) {
  int before = padding - tap; /* the tap lies on pixel w stride - before */
  int from = before > 0 ? (before + stride - 1) / stride : 0;
  int to = pixels - 1 + before < 0 ? 0 : (pixels - 1 + before) / stride + 1;
  *first = from > *first ? from : *first;
  *end = to < *end ? to : *end;
}

/* Iterates over boxes and, in each, over the taps of the kernel, listing where the windows whose tap lies
 * on the image have their values. */
typedef struct Taps {
  const ConvGeometry *g;
  size_t N;
  Box whole, box;     /* the first box, and the current one */
  int next;           /* tap of the box */
  size_t first;       /* of this tap's kernel values, in a kernel [R,S,C,K] */
  size_t image, grid; /* of the first values of the box's first image */
  size_t count;       /* windows; their values begin at the offsets below */
  uint32_t image_at[BOX_WINDOWS], grid_at[BOX_WINDOWS]; /* counted from `image` and `grid` */
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
      int h = p * g->stride_h - g->top + r, w = q0 * g->stride_w - g->left + s;
      uint32_t pixel =
          (uint32_t)(n * conv_image_values(g) + ((size_t)h * (size_t)g->W + (size_t)w) * (size_t)g->C);
      uint32_t window =
          (uint32_t)(n * conv_grid_values(g) + ((size_t)p * (size_t)g->Q + (size_t)q0) * (size_t)g->K);
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
        taps->image = taps->box.n * conv_image_values(g);
        taps->grid = taps->box.n * conv_grid_values(g);
        return true;
      }
    }
  }
  return false;
}

void taps_gather(float *grid, const float *image, const float *kernel, const ConvGeometry *g, size_t N) {
  Taps taps;
  memset(grid, 0, N * conv_grid_values(g) * sizeof *grid);
  begin_taps(&taps, g, N, cached_windows(g));
  while (next_tap(&taps)) {
    gemm_rows(grid + taps.grid, taps.grid_at, image + taps.image, taps.image_at, kernel + taps.first, GEMM_NN,
              taps.count, (size_t)g->K, (size_t)g->C);
  }
}

void taps_scatter(float *image, const float *grid, const float *kernel, const ConvGeometry *g, size_t N) {
  Taps taps;
  memset(image, 0, N * conv_image_values(g) * sizeof *image);
  begin_taps(&taps, g, N, cached_windows(g));
  while (next_tap(&taps)) {
    gemm_rows(image + taps.image, taps.image_at, grid + taps.grid, taps.grid_at, kernel + taps.first, GEMM_NT,
              taps.count, (size_t)g->C, (size_t)g->K);
  }
}

/* Every box is a part of the sum. Where sums are exact a box stays within one shard, so it does not depend
 * on the others. */
void taps_kernel_gradient(const GradientSum *to, size_t at, const float *image, const float *grid,
                          const ConvGeometry *g, size_t N, size_t group) {
  Taps taps;
  size_t images = to->exact != NULL ? group : N;
  for (size_t n = 0; n < N; n += images) {
    begin_taps(&taps, g, images, GEMM_TERMS_MAX);
    while (next_tap(&taps)) {
      gradient_add_terms(to, at + taps.first, image + n * conv_image_values(g) + taps.image, taps.image_at,
                         grid + n * conv_grid_values(g) + taps.grid, taps.grid_at, (size_t)g->C, (size_t)g->K,
                         taps.count);
    }
  }
}
