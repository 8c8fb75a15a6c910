/* Pooling and up-sampling. Letters as in conv.h. */
#include <string.h>

#include "gantrain/math/conv.h"

/* The window (p, q) cut to the image: rows [h0, h1), columns [w0, w1). */
typedef struct Window {
  int h0, h1, w0, w1;
} Window;

static Window window_at(const ConvGeometry *g, int p, int q) {
  int h = p * g->stride_h - g->top, w = q * g->stride_w - g->left;
  return (Window){.h0 = h > 0 ? h : 0,
                  .h1 = h + g->R < g->H ? h + g->R : g->H,
                  .w0 = w > 0 ? w : 0,
                  .w1 = w + g->S < g->W ? w + g->S : g->W};
}

static size_t image_values(const ConvGeometry *g) {
  return (size_t)g->H * (size_t)g->W * (size_t)g->C;
}

/* Over all windows: n, p, q, and the offset of its C values in the grid. */
#define FOR_EACH_WINDOW(g, N, cell)  \
  size_t cell = 0;                   \
  for (size_t n = 0; n < (N); n++)   \
    for (int p = 0; p < (g)->P; p++) \
      for (int q = 0; q < (g)->Q; q++, cell += (size_t)(g)->C)

void max_pool_forward(float *grid, int32_t *where, const float *image, const ConvGeometry *g, size_t N) {
  FOR_EACH_WINDOW(g, N, cell) {
    Window window = window_at(g, p, q);
    for (int h = window.h0; h < window.h1; h++) {
      for (int w = window.w0; w < window.w1; w++) {
        int32_t pixel = h * g->W + w;
        const float *x = image + n * image_values(g) + (size_t)pixel * (size_t)g->C;
        bool first = h == window.h0 && w == window.w0;
        for (int c = 0; c < g->C; c++) {
          if (first || x[c] > grid[cell + (size_t)c]) {
            grid[cell + (size_t)c] = x[c];
            where[cell + (size_t)c] = pixel;
          }
        }
      }
    }
  }
}

void max_pool_backward(float *dimage, const float *dgrid, const int32_t *where, const ConvGeometry *g,
                       size_t N) {
  memset(dimage, 0, N * image_values(g) * sizeof *dimage);
  FOR_EACH_WINDOW(g, N, cell) {
    for (size_t c = 0; c < (size_t)g->C; c++) {
      dimage[n * image_values(g) + (size_t)where[cell + c] * (size_t)g->C + c] += dgrid[cell + c];
    }
  }
}

void max_pool_tangent(float *grid, const float *image, const int32_t *where, const ConvGeometry *g,
                      size_t N) {
  FOR_EACH_WINDOW(g, N, cell) {
    for (size_t c = 0; c < (size_t)g->C; c++) {
      grid[cell + c] = image[n * image_values(g) + (size_t)where[cell + c] * (size_t)g->C + c];
    }
  }
}

static float mean_weight(Window window) {
  return 1.0f / (float)((window.h1 - window.h0) * (window.w1 - window.w0));
}

void average_pool_forward(float *grid, const float *image, const ConvGeometry *g, size_t N) {
  FOR_EACH_WINDOW(g, N, cell) {
    Window window = window_at(g, p, q);
    memset(grid + cell, 0, (size_t)g->C * sizeof *grid);
    for (int h = window.h0; h < window.h1; h++) {
      for (int w = window.w0; w < window.w1; w++) {
        const float *x = image + n * image_values(g) + (size_t)(h * g->W + w) * (size_t)g->C;
        for (int c = 0; c < g->C; c++) {
          grid[cell + (size_t)c] += x[c];
        }
      }
    }
    for (int c = 0; c < g->C; c++) {
      grid[cell + (size_t)c] *= mean_weight(window);
    }
  }
}

void average_pool_backward(float *dimage, const float *dgrid, const ConvGeometry *g, size_t N) {
  memset(dimage, 0, N * image_values(g) * sizeof *dimage);
  FOR_EACH_WINDOW(g, N, cell) {
    Window window = window_at(g, p, q);
    for (int h = window.h0; h < window.h1; h++) {
      for (int w = window.w0; w < window.w1; w++) {
        float *dx = dimage + n * image_values(g) + (size_t)(h * g->W + w) * (size_t)g->C;
        for (int c = 0; c < g->C; c++) {
          dx[c] += dgrid[cell + (size_t)c] * mean_weight(window);
        }
      }
    }
  }
}

void upsample_forward(float *y, const float *x, size_t N, int H, int W, int C, int fh, int fw) {
  size_t row = (size_t)W * (size_t)fw * (size_t)C, pixel = (size_t)C * sizeof *y;
  for (size_t h = 0; h < N * (size_t)H; h++) { /* the rows of all images lie one after the other */
    float *first = y;
    for (int w = 0; w < W; w++, x += C) {
      for (int i = 0; i < fw; i++, y += C) {
        memcpy(y, x, pixel);
      }
    }
    for (int i = 1; i < fh; i++, y += row) {
      memcpy(y, first, row * sizeof *y);
    }
  }
}

void upsample_backward(float *dx, const float *dy, size_t N, int H, int W, int C, int fh, int fw) {
  size_t row = (size_t)W * (size_t)C;
  memset(dx, 0, N * (size_t)H * row * sizeof *dx);
  for (size_t h = 0; h < N * (size_t)H; h++, dx += row) {
    for (int i = 0; i < fh; i++) {
      for (int w = 0; w < W; w++) {
        for (int j = 0; j < fw; j++, dy += C) {
          for (int c = 0; c < C; c++) {
            dx[w * C + c] += dy[c];
          }
        }
      }
    }
  }
}
