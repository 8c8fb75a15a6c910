/* Batch normalisation over the batch of all ranks and, on images, over H and W; Keras' meaning of momentum.
 */
#include <math.h>
#include <string.h>

#include "gantrain/math/kernels.h"
#include "gantrain/nn/layer.h"

enum { GAMMA, BETA };
enum { MEAN, VARIANCE };

static Status norm_infer(Layer *layer, Arena *params, Arena *running) {
  if (!(layer->spec.momentum >= 0.0f && layer->spec.momentum <= 1.0f) || !(layer->spec.epsilon > 0.0f)) {
    return status_set(GT_USAGE, "layer %s: momentum %g must lie in [0, 1] and epsilon %g be above 0",
                      layer->name, (double)layer->spec.momentum, (double)layer->spec.epsilon);
  }
  layer->out = layer->in;
  layer->saved_fixed = 2 * (size_t)layer->in.c;
  layer->sums = 2 * (size_t)layer->in.c;
  const int *channels = &layer->in.c;
  GT_TRY(arena_add(params, layer->name, "gamma", 1, channels, &layer->params[GAMMA]));
  GT_TRY(arena_add(params, layer->name, "beta", 1, channels, &layer->params[BETA]));
  GT_TRY(arena_add(running, layer->name, "moving_mean", 1, channels, &layer->running[MEAN]));
  return arena_add(running, layer->name, "moving_variance", 1, channels, &layer->running[VARIANCE]);
}

static void norm_init(const Layer *layer, float *p, float *r, RngKey key) {
  size_t C = (size_t)layer->in.c;
  initializer_fill(p + layer->p[GAMMA], INITIALIZER_ONES, C, C, C, key, (uint32_t)layer->params[GAMMA]);
  initializer_fill(p + layer->p[BETA], INITIALIZER_ZEROS, C, C, C, key, (uint32_t)layer->params[BETA]);
  initializer_fill(r + layer->r[MEAN], INITIALIZER_ZEROS, C, C, C, key, 0);
  initializer_fill(r + layer->r[VARIANCE], INITIALIZER_ONES, C, C, C, key, 0);
}

/* The shards' exact sums are in a->exact_sums; a->sums = their sum over all ranks. */
static void sum_over_ranks(const LayerArrays *a, const Pass *pass, size_t n, int bits) {
  if (pass->hooks != NULL && pass->hooks->sum != NULL) {
    pass->hooks->sum(pass->hooks->context, a->exact_sums, n);
  }
  for (size_t i = 0; i < n; i++) {
    a->sums[i] = exact_value(a->exact_sums[i], bits);
  }
}

static void norm_layer_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t C = (size_t)layer->in.c, area = (size_t)layer->in.h * (size_t)layer->in.w,
         shard = share_shard_rows(&pass->share);
  float *mean = a->saved, *inverse_std = a->saved + C;
  float *running_mean = a->running + layer->r[MEAN], *running_variance = a->running + layer->r[VARIANCE];
  if (pass->training) {
    memset(a->exact_sums, 0, 2 * C * sizeof *a->exact_sums);
    for (size_t row = 0; row < pass->share.rows; row += shard) {
      norm_moments(a->sums, a->x + row * area * C, shard * area, C);
      exact_add(a->exact_sums, a->sums, 2 * C, EXACT_MOMENT_BITS);
    }
    sum_over_ranks(a, pass, 2 * C, EXACT_MOMENT_BITS);
    norm_statistics(mean, inverse_std, running_mean, running_variance, a->sums,
                    (double)(pass->share.batch * area), layer->spec.momentum, layer->spec.epsilon, C);
  } else {
    for (size_t c = 0; c < C; c++) {
      mean[c] = running_mean[c];
      inverse_std[c] = 1.0f / sqrtf(running_variance[c] + layer->spec.epsilon);
    }
  }
  norm_forward(a->y, a->x, mean, inverse_std, a->params + layer->p[GAMMA], a->params + layer->p[BETA],
               pass->share.rows * area, C);
}

static void norm_layer_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t C = (size_t)layer->in.c, area = (size_t)layer->in.h * (size_t)layer->in.w,
         shard = share_shard_rows(&pass->share);
  const float *mean = a->saved, *inverse_std = a->saved + C;
  memset(a->exact_sums, 0, 2 * C * sizeof *a->exact_sums);
  for (size_t row = 0; row < pass->share.rows; row += shard) {
    size_t at = row * area * C;
    norm_backward_sums(a->sums, a->dy + at, a->x + at, mean, inverse_std, shard * area, C);
    exact_add(a->exact_sums, a->sums, 2 * C, EXACT_GRADIENT_BITS);
    if (gradients_wanted(&a->grads)) { /* this rank's part; the gradients of all ranks are summed later */
      gradient_add_values(&a->grads, layer->p[BETA], a->sums, C);
      gradient_add_values(&a->grads, layer->p[GAMMA], a->sums + C, C);
    }
  }
  if (pass->training) {
    sum_over_ranks(a, pass, 2 * C, EXACT_GRADIENT_BITS);
  } else { /* the statistics are constants */
    memset(a->sums, 0, 2 * C * sizeof *a->sums);
  }
  if (a->dx != NULL) {
    norm_backward(a->dx, a->dy, a->x, mean, inverse_std, a->params + layer->p[GAMMA], a->sums,
                  (double)(pass->share.batch * area), pass->share.rows * area, C);
  }
}

const LayerOps layer_batch_normalization = {.kind = "batch_normalization",
                                            .keras_name = "batch_normalization",
                                            .infer = norm_infer,
                                            .init = norm_init,
                                            .forward = norm_layer_forward,
                                            .backward = norm_layer_backward,
                                            .parts = layer_part_a_row,
                                            .couples_rows = true};
