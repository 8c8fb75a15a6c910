/* The reference speed: a large matrix product by OpenBLAS and by our own kernels. */
#include "gantrain/base/clock.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/rng.h"
#include "gantrain/bench/bench.h"
#include "gantrain/math/blas.h"
#include "gantrain/math/gemm.h"

#define SIDE 1024
#define CALLS_MAX 9
#define ENOUGH 0.06 /* seconds of measuring */

Status yardstick_create(Yardstick *yardstick) {
  const size_t elements = (size_t)SIDE * SIDE;
  yardstick->A = memory_alloc(3 * elements, sizeof(float));
  if (yardstick->A == NULL) {
    return GT_FAILED;
  }
  yardstick->B = yardstick->A + elements;
  yardstick->C = yardstick->B + elements;
  rng_normal(yardstick->A, (RngKey){.seed = 1}, 0, 2 * SIDE, SIDE);
  return GT_OK;
}

void yardstick_free(Yardstick *yardstick) {
  memory_free(yardstick->A);
}

static void own_product(float *C, const float *A, const float *B, size_t M, size_t N, size_t K) {
  gemm(C, A, B, GEMM_NN, M, N, K, GEMM_OVERWRITE);
}

static double rate(const Yardstick *yardstick,
                   void (*product)(float *, const float *, const float *, size_t, size_t, size_t)) {
  double best = 0.0, begin = clock_now(), last = begin;
  for (int call = 0; call < CALLS_MAX && (call < 2 || last - begin < ENOUGH); call++) {
    double start = last;
    product(yardstick->C, yardstick->A, yardstick->B, SIDE, SIDE, SIDE);
    last = clock_now();
    double gflops = 2e-9 * SIDE * SIDE * SIDE / (last - start);
    best = gflops > best ? gflops : best;
  }
  return best;
}

void yardstick_measure(const Yardstick *yardstick, double *sgemm, double *own) {
  comm_barrier();
  *sgemm = rate(yardstick, blas_sgemm);
  comm_barrier();
  *own = rate(yardstick, own_product);
}
