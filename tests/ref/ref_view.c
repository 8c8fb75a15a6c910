/* What D sees of images. */
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
