#include "gantrain/nn/spectral.h"

#include <math.h>
#include <string.h>

#include "gantrain/base/clones.h"
#include "gantrain/math/inner_product.h"

#define BEGIN_ITERATIONS 15
#define TINY 1e-30 /* a norm that nothing is divided by */
#define COLUMNS 256

enum { U, V, SIGMA, KEPT }; /* of a layer, in the table's order */

/* A kernel W[M,N] with what is kept of it. */
typedef struct Kernel {
  size_t first, M, N; /* `first` in the parameter block */
  size_t at[KEPT];    /* in the block that is kept */
} Kernel;

static const Tensor *kernel_tensor(const Network *network, const Layer *layer) {
  return layer->spec.ops->work == NULL ? NULL : &network->params.tensors[layer->params[0]];
}

/* The kernel of the next layer that has one, from layer *i on, which it moves behind it; `tensor` counts in
 * the table of what is kept. */
static bool next_kernel(Kernel *kernel, const Arena *arena, const Network *network, int *i, int *tensor) {
  while (*i < network->layers_count && kernel_tensor(network, &network->layers[*i]) == NULL) {
    (*i)++;
  }
  if (*i == network->layers_count) {
    return false;
  }
  const Tensor *found = kernel_tensor(network, &network->layers[(*i)++]);
  size_t N = (size_t)found->shape[found->dims_count - 1];
  *kernel = (Kernel){.first = found->first, .M = found->count / N, .N = N};
  for (int k = 0; k < KEPT; k++) {
    kernel->at[k] = arena->tensors[(*tensor)++].first;
  }
  return true;
}

Status spectral_build(Arena *arena, const Network *network) {
  memset(arena, 0, sizeof *arena);
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    const Tensor *kernel = kernel_tensor(network, layer);
    if (kernel != NULL) {
      int N = kernel->shape[kernel->dims_count - 1], index;
      GT_TRY(arena_add(arena, layer->name, "u", 1, (int[]){N}, &index));
      GT_TRY(arena_add(arena, layer->name, "v", 1, (int[]){(int)(kernel->count / (size_t)N)}, &index));
      GT_TRY(arena_add(arena, layer->name, "sigma", 1, (int[]){1}, &index));
    }
  }
  return GT_OK;
}

static void rows_times(float *v, const float *W, const float *u, size_t M, size_t N) {
  for (size_t m = 0; m < M; m++) {
    v[m] = (float)inner_product(W + m * N, u, N);
  }
}

GT_CLONES static void columns_times(float *u, const float *W, const float *v, size_t M, size_t N) {
  for (size_t first = 0; first < N; first += COLUMNS) {
    double sums[COLUMNS] = {0.0};
    size_t count = N - first < COLUMNS ? N - first : COLUMNS;
    for (size_t m = 0; m < M; m++) {
      for (size_t n = 0; n < count; n++) {
        sums[n] += (double)v[m] * (double)W[m * N + first + n];
      }
    }
    for (size_t n = 0; n < count; n++) {
      u[first + n] = (float)sums[n];
    }
  }
}

/* x[n] to length 1; returns its length before. What has none stays. */
static double normalise(float *x, size_t n) {
  double norm = sqrt(inner_product(x, x, n));
  for (size_t i = 0; i < n && norm > TINY; i++) {
    x[i] = (float)((double)x[i] / norm);
  }
  return norm;
}

static void iterate(const Kernel *kernel, float *kept, const float *raw) {
  const float *W = raw + kernel->first;
  float *u = kept + kernel->at[U], *v = kept + kernel->at[V], *sigma = kept + kernel->at[SIGMA];
  *sigma = 1.0f;
  rows_times(v, W, u, kernel->M, kernel->N);
  if (normalise(v, kernel->M) > TINY) { /* else u stays, for when there is something to look at */
    columns_times(u, W, v, kernel->M, kernel->N);
    *sigma = (float)normalise(u, kernel->N); /* v' W u = |W' v| */
  }
}

void spectral_iterate(float *kept, const Arena *arena, const Network *network, const float *raw) {
  Kernel kernel;
  for (int i = 0, tensor = 0; next_kernel(&kernel, arena, network, &i, &tensor);) {
    iterate(&kernel, kept, raw);
  }
}

void spectral_begin(float *kept, const Arena *arena, const Network *network, const float *raw, RngKey key) {
  Kernel kernel;
  for (int i = 0, tensor = 0; next_kernel(&kernel, arena, network, &i, &tensor);) {
    rng_normal(kept + kernel.at[U], key, (uint32_t)i, 1, kernel.N);
    normalise(kept + kernel.at[U], kernel.N);
    for (int k = 0; k < BEGIN_ITERATIONS; k++) {
      iterate(&kernel, kept, raw);
    }
  }
}

void spectral_scale(float *params, const Arena *arena, const Network *network, const float *kept,
                    const float *raw) {
  Kernel kernel;
  memcpy(params, raw, network->params.count * sizeof *params);
  for (int i = 0, tensor = 0; next_kernel(&kernel, arena, network, &i, &tensor);) {
    float factor = 1.0f / kept[kernel.at[SIGMA]];
    for (size_t k = 0; k < kernel.M * kernel.N; k++) {
      params[kernel.first + k] *= factor;
    }
  }
}

static void map_gradient(float *dW, const float *scaled, const Kernel *kernel, const float *kept) {
  const float *u = kept + kernel->at[U], *v = kept + kernel->at[V];
  float inner = (float)inner_product(dW, scaled, kernel->M * kernel->N),
        factor = 1.0f / kept[kernel->at[SIGMA]];
  for (size_t m = 0; m < kernel->M; m++) {
    float along = inner * v[m];
    for (size_t n = 0; n < kernel->N; n++) {
      dW[m * kernel->N + n] = (dW[m * kernel->N + n] - along * u[n]) * factor;
    }
  }
}

void spectral_gradients(float *grads, const Arena *arena, const Network *network, const float *kept,
                        const float *params) {
  Kernel kernel;
  for (int i = 0, tensor = 0; next_kernel(&kernel, arena, network, &i, &tensor);) {
    map_gradient(grads + kernel.first, params + kernel.first, &kernel, kept);
  }
}
