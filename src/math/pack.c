#include "gantrain/math/pack.h"

void pack_forward(float *y, const float *x, size_t N, size_t M, size_t P, size_t C) {
  for (size_t image = 0; image < N * M; image++) {
    const float *from = x + image * P * C;
    float *to = y + image / M * P * M * C + image % M * C;
    for (size_t p = 0; p < P; p++) {
      for (size_t c = 0; c < C; c++) {
        to[p * M * C + c] = from[p * C + c];
      }
    }
  }
}

void pack_backward(float *dx, const float *dy, size_t N, size_t M, size_t P, size_t C) {
  for (size_t image = 0; image < N * M; image++) {
    float *to = dx + image * P * C;
    const float *from = dy + image / M * P * M * C + image % M * C;
    for (size_t p = 0; p < P; p++) {
      for (size_t c = 0; c < C; c++) {
        to[p * C + c] = from[p * M * C + c];
      }
    }
  }
}
