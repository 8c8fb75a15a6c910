#include "gantrain/math/exact.h"

#include <math.h>

#include "gantrain/base/clones.h"
#include "gantrain/math/gemm.h"
#include "gantrain/math/kernels.h"

static _Thread_local bool overflowed;

bool exact_overflowed(void) {
  bool before = overflowed;
  overflowed = false;
  return before;
}

bool exact_overflow_pending(void) {
  return overflowed;
}

void exact_record_overflow(void) {
  overflowed = true;
}

/* 2^bits, exactly. */
static double unit_of(int bits) {
  return (double)((int64_t)1 << bits);
}

/* Adds parts none of which is beyond `limit` (in units of the sums). Returns how many were beyond it or
 * pushed a sum out of range. A sum in range plus a part below 2^62 cannot wrap; after an overflow it may. */
GT_CLONES static int add_parts(int64_t *restrict sums, const double *restrict values, size_t n, double unit,
                               double limit) {
  const int64_t range = (int64_t)1 << 62;
  int beyond = 0;
  for (size_t i = 0; i < n; i++) {
    double scaled = values[i] * unit;
    bool inside = fabs(scaled) < limit; /* false for a NaN */
    int64_t sum = (int64_t)((uint64_t)sums[i] + (uint64_t)(int64_t)(inside ? scaled : 0.0));
    beyond += !inside | (sum >= range) | (sum <= -range);
    sums[i] = sum;
  }
  return beyond;
}

void exact_add(int64_t *sums, const double *values, size_t n, int bits) {
  if (add_parts(sums, values, n, unit_of(bits), 0x1p62) > 0) {
    overflowed = true;
  }
}

double exact_value(int64_t sum, int bits) {
  return (double)sum / unit_of(bits);
}

GT_CLONES void exact_gradients(float *restrict out, const int64_t *restrict sums, size_t n) {
  const double unit = 1.0 / (double)((int64_t)1 << EXACT_GRADIENT_BITS); /* a power of two: exact */
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
    gemm(to->sum + first, A, B, GEMM_TN, M, N, K, GEMM_ACCUMULATE);
  } else if (!gemm_exact(to->exact + first, A, B, M, N, K, group, to->limit)) {
    overflowed = true;
  }
}

void gradient_add_terms(const GradientSum *to, size_t first, const float *A, const uint32_t *a_at,
                        const float *B, const uint32_t *b_at, size_t M, size_t N, size_t K) {
  if (to->exact == NULL) {
    gemm_terms(to->sum + first, A, a_at, B, b_at, M, N, K);
  } else if (!gemm_terms_exact(to->exact + first, A, a_at, B, b_at, M, N, K, to->limit)) {
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
  if (to->exact != NULL) {
    double unit = unit_of(EXACT_GRADIENT_BITS);
    if (add_parts(to->exact + first, values, n, unit, (double)to->limit * unit) > 0) {
      overflowed = true;
    }
    return;
  }
  for (size_t i = 0; i < n; i++) {
    to->sum[first + i] += (float)values[i];
  }
}
