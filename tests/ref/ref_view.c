/* What D sees of images. */
#include <math.h>
#include <stdbool.h>

#include "ref.h"

void ref_pack_forward(double *y, const double *x, size_t N, size_t M, size_t P, size_t C) {
  for (size_t n = 0; n < N; n++) {
    for (size_t p = 0; p < P; p++) {
      for (size_t k = 0; k < M * C; k++) {
        y[(n * P + p) * M * C + k] = x[((n * M + k / C) * P + p) * C + k % C];
      }
    }
  }
}

/* Every pixel asks where it comes from. */
void ref_augment_forward(double *y, const double *x, const Augmentation *draws, size_t N, int H, int W,
                         int C) {
  for (int n = 0; n < (int)N; n++) {
    const Augmentation *a = &draws[n];
    for (int i = 0; i < H * W * C; i++) {
      int h = i / C / W, w = i / C % W, from_h = h - a->down, from_w = w - a->right;
      bool cut =
          h >= a->cut_top && h < a->cut_top + a->cut_h && w >= a->cut_left && w < a->cut_left + a->cut_w;
      bool outside = from_h < 0 || from_h >= H || from_w < 0 || from_w >= W;
      y[n * H * W * C + i] =
          cut || outside ? -1.0 : x[((n * H + from_h) * W + from_w) * C + i % C] + (double)a->brighter;
    }
  }
}

void ref_augment_draw(Augmentation *draws, unsigned kinds, double probability, RngKey key, uint32_t sample,
                      size_t N, int H, int W) {
  for (size_t n = 0; n < N; n++) {
    double u[8];
    for (size_t i = 0; i < 8; i++) {
      u[i] = ref_word(key, sample + (uint32_t)n, i) * 0x1p-32;
    }
    draws[n] = (Augmentation){0};
    if ((kinds & AUGMENT_BRIGHTNESS) && u[0] < probability) {
      draws[n].brighter = (float)(floor(u[1] * 0x1p24) * 0x1p-24 - 0.5);
    }
    if ((kinds & AUGMENT_TRANSLATION) && u[2] < probability) {
      draws[n].down = (int)floor(u[3] * (2 * (H / 8) + 1)) - H / 8;
      draws[n].right = (int)floor(u[4] * (2 * (W / 8) + 1)) - W / 8;
    }
    if ((kinds & AUGMENT_CUTOUT) && u[5] < probability) {
      draws[n].cut_h = (int)ceil(H / 2.0);
      draws[n].cut_w = (int)ceil(W / 2.0);
      draws[n].cut_top = (int)floor(u[6] * H) - draws[n].cut_h / 2;
      draws[n].cut_left = (int)floor(u[7] * W) - draws[n].cut_w / 2;
    }
  }
}
