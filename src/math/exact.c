#include "gantrain/exact.h"

#include <math.h>

#include "gantrain/clones.h"
#include "gantrain/gemm.h"
#include "gantrain/kernels.h"

static _Thread_local bool overflowed;

bool exact_overflowed(void) {
  bool before = overflowed;
  overflowed = false;
  return before;
}

void exact_note_overflow(void) {
  overflowed = true;
}

void exact_add(int64_t *sum, double value, int bits) {
  double scaled = ldexp(value, bits);
  if (!(fabs(scaled) < 0x1p62) || __builtin_add_overflow(*sum, (int64_t)scaled, sum)) { /* also a NaN */
    overflowed = true;
  }
}

double exact_value(int64_t sum, int bits) {
  return ldexp((double)sum, -bits);
}

GT_CLONES void exact_gradients(float *restrict out, const int64_t *restrict sums, size_t n) {
  const double unit = 1.0 / (double)((int64_t)1 << EXACT_GRADIENT_BITS);
  for (size_t i = 0; i < n; i++) {
    out[i] = (float)((double)sums[i] * unit);
  }
}

float exact_limit(size_t parts) {
  return (float)(ldexp(1.0, 62 - EXACT_GRADIENT_BITS) / (double)(parts > 0 ? parts : 1));
}

void gradient_add_product(const GradientSum *to, size_t first, const float *A, const float *B, size_t M,
                          size_t N, size_t K, size_t group) {
  if (to->exact == NULL) {
    gemm(to->sum + first, A, B, GEMM_TN, M, N, K, 1);
  } else if (!gemm_exact(to->exact + first, A, B, M, N, K, group, to->limit)) {
    overflowed = true;
  }
}

void gradient_add_columns(const GradientSum *to, size_t first, const float *dy, size_t N, size_t C,
                          size_t group) {
  double sums[256];
  if (to->exact == NULL) {
    bias_backward(to->sum + first, dy, N, C);
    return;
  }
  for (size_t n = 0; n < N; n += group) {
    for (size_t c = 0; c < C; c += sizeof sums / sizeof *sums) {
      size_t count = C - c < sizeof sums / sizeof *sums ? C - c : sizeof sums / sizeof *sums;
      column_sums(sums, dy + n * C + c, C, group, count);
      gradient_add_values(to, first + c, sums, count);
    }
  }
}

void gradient_add_values(const GradientSum *to, size_t first, const double *values, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (to->exact == NULL) {
      to->sum[first + i] += (float)values[i];
    } else if (fabs(values[i]) < (double)to->limit) {
      exact_add(&to->exact[first + i], values[i], EXACT_GRADIENT_BITS);
    } else {
      overflowed = true;
    }
  }
}
