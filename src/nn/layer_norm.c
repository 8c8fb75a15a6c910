/* Batch normalisation over the batch of all ranks and, on images, over H and W; Keras' meaning of momentum.
 */
#include <math.h>

#include "gantrain/kernels.h"
#include "gantrain/layer.h"

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

static void sum_over_ranks(const Pass *pass, double *sums, size_t n) {
  if (pass->hooks != NULL && pass->hooks->sum != NULL) {
    pass->hooks->sum(pass->hooks->context, sums, (int)n);
  }
}

static void norm_layer_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t C = (size_t)layer->in.c, area = (size_t)layer->in.h * (size_t)layer->in.w;
  float *mean = a->saved, *inverse_std = a->saved + C;
  float *running_mean = a->running + layer->r[MEAN], *running_variance = a->running + layer->r[VARIANCE];
  if (pass->training) {
    norm_moments(a->sums, a->x, pass->rows * area, C);
    sum_over_ranks(pass, a->sums, 2 * C);
    norm_statistics(mean, inverse_std, running_mean, running_variance, a->sums, (double)(pass->batch * area),
                    layer->spec.momentum, layer->spec.epsilon, C);
  } else {
    for (size_t c = 0; c < C; c++) {
      mean[c] = running_mean[c];
      inverse_std[c] = 1.0f / sqrtf(running_variance[c] + layer->spec.epsilon);
    }
  }
  norm_forward(a->y, a->x, mean, inverse_std, a->params + layer->p[GAMMA], a->params + layer->p[BETA],
               pass->rows * area, C);
}

static void norm_layer_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t C = (size_t)layer->in.c, area = (size_t)layer->in.h * (size_t)layer->in.w;
  const float *mean = a->saved, *inverse_std = a->saved + C;
  norm_backward_sums(a->sums, a->dy, a->x, mean, inverse_std, pass->rows * area, C);
  if (a->grads != NULL) { /* this rank's part; the gradients of all ranks are summed later */
    for (size_t c = 0; c < C; c++) {
      a->grads[layer->p[BETA] + c] += (float)a->sums[c];
      a->grads[layer->p[GAMMA] + c] += (float)a->sums[C + c];
    }
  }
  if (pass->training) {
    sum_over_ranks(pass, a->sums, 2 * C);
  } else { /* the statistics are constants */
    for (size_t i = 0; i < 2 * C; i++) {
      a->sums[i] = 0.0;
    }
  }
  if (a->dx != NULL) {
    norm_backward(a->dx, a->dy, a->x, mean, inverse_std, a->params + layer->p[GAMMA], a->sums,
                  (double)(pass->batch * area), pass->rows * area, C);
  }
}

const LayerOps layer_batch_normalization = {.kind = "batch_normalization",
                                            .keras_name = "batch_normalization",
                                            .infer = norm_infer,
                                            .init = norm_init,
                                            .forward = norm_layer_forward,
                                            .backward = norm_layer_backward,
                                            .couples_rows = true};
