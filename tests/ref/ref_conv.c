/* Convolutions, pooling and up-sampling from their definitions. Letters as in gantrain/math/conv.h.
 *
 * A link joins a window with a pixel that one of its taps lies on. Everything here is a loop over all links
 * of all images. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ref.h"

typedef struct Link {
  size_t n;
  int p, q, r, s; /* window and tap */
  int h, w;       /* the pixel */
} Link;

/* Link number `number` of all N P Q R S; returns its pixel's channels, 0 where the tap lies on padding. */
static int link_at(const ConvGeometry *g, size_t number, Link *link) {
  link->s = (int)(number % (size_t)g->S);
  number /= (size_t)g->S;
  link->r = (int)(number % (size_t)g->R);
  number /= (size_t)g->R;
  link->q = (int)(number % (size_t)g->Q);
  number /= (size_t)g->Q;
  link->p = (int)(number % (size_t)g->P);
  link->n = number / (size_t)g->P;
  link->h = link->p * g->stride_h - g->top + link->r;
  link->w = link->q * g->stride_w - g->left + link->s;
  return link->h >= 0 && link->h < g->H && link->w >= 0 && link->w < g->W ? g->C : 0;
}

static size_t links(const ConvGeometry *g, size_t N) {
  return N * (size_t)g->P * (size_t)g->Q * (size_t)g->R * (size_t)g->S;
}

static size_t image_at(const ConvGeometry *g, const Link *l, int c) {
  return ((l->n * (size_t)g->H + (size_t)l->h) * (size_t)g->W + (size_t)l->w) * (size_t)g->C + (size_t)c;
}

static size_t grid_at(const ConvGeometry *g, const Link *l, int k) {
  return ((l->n * (size_t)g->P + (size_t)l->p) * (size_t)g->Q + (size_t)l->q) * (size_t)g->K + (size_t)k;
}

static size_t kernel_at(const ConvGeometry *g, const Link *l, int c, int k) {
  return (((size_t)l->r * (size_t)g->S + (size_t)l->s) * (size_t)g->C + (size_t)c) * (size_t)g->K + (size_t)k;
}

size_t ref_image_count(const ConvGeometry *g, size_t N) {
  return N * (size_t)g->H * (size_t)g->W * (size_t)g->C;
}

size_t ref_grid_count(const ConvGeometry *g, size_t N) {
  return N * (size_t)g->P * (size_t)g->Q * (size_t)g->K;
}

size_t ref_kernel_count(const ConvGeometry *g) {
  return (size_t)g->R * (size_t)g->S * (size_t)g->C * (size_t)g->K;
}

void ref_conv_gather(double *grid, const double *image, const double *kernel, const ConvGeometry *g,
                     size_t N) {
  memset(grid, 0, ref_grid_count(g, N) * sizeof *grid);
  for (size_t i = 0; i < links(g, N); i++) {
    Link l;
    int channels = link_at(g, i, &l);
    for (int c = 0; c < channels; c++) {
      for (int k = 0; k < g->K; k++) {
        grid[grid_at(g, &l, k)] += image[image_at(g, &l, c)] * kernel[kernel_at(g, &l, c, k)];
      }
    }
  }
}

void ref_conv_scatter(double *image, const double *grid, const double *kernel, const ConvGeometry *g,
                      size_t N) {
  memset(image, 0, ref_image_count(g, N) * sizeof *image);
  for (size_t i = 0; i < links(g, N); i++) {
    Link l;
    int channels = link_at(g, i, &l);
    for (int c = 0; c < channels; c++) {
      for (int k = 0; k < g->K; k++) {
        image[image_at(g, &l, c)] += grid[grid_at(g, &l, k)] * kernel[kernel_at(g, &l, c, k)];
      }
    }
  }
}

void ref_conv_kernel_gradient(double *dkernel, const double *image, const double *grid, const ConvGeometry *g,
                              size_t N) {
  for (size_t i = 0; i < links(g, N); i++) {
    Link l;
    int channels = link_at(g, i, &l);
    for (int c = 0; c < channels; c++) {
      for (int k = 0; k < g->K; k++) {
        dkernel[kernel_at(g, &l, c, k)] += image[image_at(g, &l, c)] * grid[grid_at(g, &l, k)];
      }
    }
  }
}

void ref_max_pool_forward(double *grid, int32_t *where, const double *image, const ConvGeometry *g,
                          size_t N) {
  for (size_t i = 0; i < ref_grid_count(g, N); i++) {
    grid[i] = -INFINITY;
    where[i] = -1;
  }
  for (size_t i = 0; i < links(g, N); i++) {
    Link l;
    int channels = link_at(g, i, &l);
    for (int c = 0; c < channels; c++) {
      size_t cell = grid_at(g, &l, c);
      if (image[image_at(g, &l, c)] > grid[cell]) {
        grid[cell] = image[image_at(g, &l, c)];
        where[cell] = l.h * g->W + l.w;
      }
    }
  }
}

void ref_max_pool_backward(double *dimage, const double *dgrid, const int32_t *where, const ConvGeometry *g,
                           size_t N) {
  memset(dimage, 0, ref_image_count(g, N) * sizeof *dimage);
  for (size_t i = 0; i < links(g, N); i++) {
    Link l;
    int channels = link_at(g, i, &l);
    for (int c = 0; c < channels; c++) {
      if (where[grid_at(g, &l, c)] == l.h * g->W + l.w) {
        dimage[image_at(g, &l, c)] += dgrid[grid_at(g, &l, c)];
      }
    }
  }
}

/* How many pixels each cell's window has. */
static double *pixels_of_windows(const ConvGeometry *g, size_t N) {
  double *pixels = ref_doubles(ref_grid_count(g, N));
  for (size_t i = 0; i < links(g, N); i++) {
    Link l;
    int channels = link_at(g, i, &l);
    for (int c = 0; c < channels; c++) {
      pixels[grid_at(g, &l, c)] += 1.0;
    }
  }
  return pixels;
}

void ref_average_pool_forward(double *grid, const double *image, const ConvGeometry *g, size_t N) {
  double *pixels = pixels_of_windows(g, N);
  memset(grid, 0, ref_grid_count(g, N) * sizeof *grid);
  for (size_t i = 0; i < links(g, N); i++) {
    Link l;
    int channels = link_at(g, i, &l);
    for (int c = 0; c < channels; c++) {
      grid[grid_at(g, &l, c)] += image[image_at(g, &l, c)] / pixels[grid_at(g, &l, c)];
    }
  }
  free(pixels);
}

void ref_average_pool_backward(double *dimage, const double *dgrid, const ConvGeometry *g, size_t N) {
  double *pixels = pixels_of_windows(g, N);
  memset(dimage, 0, ref_image_count(g, N) * sizeof *dimage);
  for (size_t i = 0; i < links(g, N); i++) {
    Link l;
    int channels = link_at(g, i, &l);
    for (int c = 0; c < channels; c++) {
      dimage[image_at(g, &l, c)] += dgrid[grid_at(g, &l, c)] / pixels[grid_at(g, &l, c)];
    }
  }
  free(pixels);
}

/* The small pixel under element `i` of the large images. */
static size_t small_of(size_t i, int H, int W, int C, int fh, int fw) {
  size_t c = i % (size_t)C, pixel = i / (size_t)C;
  size_t w = pixel % (size_t)(W * fw), row = pixel / (size_t)(W * fw);
  size_t h = row % (size_t)(H * fh), n = row / (size_t)(H * fh);
  return ((n * (size_t)H + h / (size_t)fh) * (size_t)W + w / (size_t)fw) * (size_t)C + c;
}

void ref_upsample_forward(double *y, const double *x, size_t N, int H, int W, int C, int fh, int fw) {
  for (size_t i = 0; i < N * (size_t)(H * fh * W * fw * C); i++) {
    y[i] = x[small_of(i, H, W, C, fh, fw)];
  }
}

void ref_upsample_backward(double *dx, const double *dy, size_t N, int H, int W, int C, int fh, int fw) {
  memset(dx, 0, N * (size_t)(H * W * C) * sizeof *dx);
  for (size_t i = 0; i < N * (size_t)(H * fh * W * fw * C); i++) {
    dx[small_of(i, H, W, C, fh, fw)] += dy[i];
  }
}
