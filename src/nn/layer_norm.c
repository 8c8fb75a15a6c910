/* Batch normalisation over the batch of all ranks or a shard's part of it and, on images, over H and W;
 * Keras' meaning of momentum. Running statistics are those of the whole batch in any case. */
#include <math.h>
#include <string.h>

#include "gantrain/base/check.h"
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
  *(layer->spec.by_shard ? &layer->saved_per_row : &layer->saved_fixed) = 2 * (size_t)layer->in.c;
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

/* What the rows are normalised by: a shard each, or all of them. */
typedef struct Groups {
  size_t rows;  /* of a group */
  double count; /* values of a channel that its statistics are of, on all ranks */
} Groups;

static Groups groups_of(const Layer *layer, const Pass *pass) {
  double area = (double)layer->in.h * layer->in.w;
  size_t shard = share_shard_rows(&pass->share);
  return layer->spec.by_shard ? (Groups){.rows = shard, .count = (double)shard * area}
                              : (Groups){.rows = pass->share.rows, .count = (double)pass->share.batch * area};
}

/* Mean and inverse deviation of the group that begins at a row. */
static float *group_statistics(const Layer *layer, const LayerArrays *a, size_t row) {
  return a->saved + row * layer->saved_per_row;
}

/* Statistics of this rank's shards, of each its own. */
static void measure_shards(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t C = (size_t)layer->in.c, area = (size_t)layer->in.h * (size_t)layer->in.w;
  const Groups groups = groups_of(layer, pass);
  GT_CHECK(pass->moments != NULL, "layer %s has nowhere to leave its moments", layer->name);
  for (size_t row = 0; row < pass->share.rows; row += groups.rows) {
    float *statistics = group_statistics(layer, a, row);
    norm_moments(a->sums, a->x + row * area * C, groups.rows * area, C);
    norm_statistics(statistics, statistics + C, a->sums, groups.count, layer->spec.epsilon, C);
    exact_add(pass->moments + layer->r[MEAN], a->sums, C, EXACT_MOMENT_BITS);
    exact_add(pass->moments + layer->r[VARIANCE], a->sums + C, C, EXACT_MOMENT_BITS);
  }
}

/* Statistics of the whole batch. */
static void measure_batch(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t C = (size_t)layer->in.c, area = (size_t)layer->in.h * (size_t)layer->in.w,
         shard = share_shard_rows(&pass->share);
  memset(a->exact_sums, 0, 2 * C * sizeof *a->exact_sums);
  for (size_t row = 0; row < pass->share.rows; row += shard) {
    norm_moments(a->sums, a->x + row * area * C, shard * area, C);
    exact_add(a->exact_sums, a->sums, 2 * C, EXACT_MOMENT_BITS);
  }
  sum_over_ranks(a, pass, 2 * C, EXACT_MOMENT_BITS);
  double count = groups_of(layer, pass).count;
  norm_statistics(a->saved, a->saved + C, a->sums, count, layer->spec.epsilon, C);
  norm_running(a->running + layer->r[MEAN], a->running + layer->r[VARIANCE], a->sums, count,
               layer->spec.momentum, C);
}

static void take_running(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t C = (size_t)layer->in.c;
  const Groups groups = groups_of(layer, pass);
  for (size_t row = 0; row < pass->share.rows; row += groups.rows) {
    float *mean = group_statistics(layer, a, row), *inverse_std = mean + C;
    for (size_t c = 0; c < C; c++) {
      mean[c] = a->running[layer->r[MEAN] + c];
      inverse_std[c] = 1.0f / sqrtf(a->running[layer->r[VARIANCE] + c] + layer->spec.epsilon);
    }
  }
}

static void norm_layer_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t C = (size_t)layer->in.c, area = (size_t)layer->in.h * (size_t)layer->in.w;
  const Groups groups = groups_of(layer, pass);
  if (!pass->training) {
    take_running(layer, a, pass);
  } else if (layer->spec.by_shard) {
    measure_shards(layer, a, pass);
  } else {
    measure_batch(layer, a, pass);
  }
  for (size_t row = 0; row < pass->share.rows; row += groups.rows) {
    const float *mean = group_statistics(layer, a, row);
    size_t at = row * area * C;
    norm_forward(a->y + at, a->x + at, mean, mean + C, a->params + layer->p[GAMMA],
                 a->params + layer->p[BETA], groups.rows * area, C);
  }
}

/* The sums of a shard, from row `row` on, into a->sums; they are also its part of the gradients, which are
 * summed over all ranks later. */
static void sum_shard(const Layer *layer, const LayerArrays *a, size_t row, size_t shard, const float *mean) {
  size_t C = (size_t)layer->in.c, area = (size_t)layer->in.h * (size_t)layer->in.w, at = row * area * C;
  norm_backward_sums(a->sums, a->dy + at, a->x + at, mean, mean + C, shard * area, C);
  if (gradients_wanted(&a->grads)) {
    gradient_add_values(&a->grads, layer->p[BETA], a->sums, C);
    gradient_add_values(&a->grads, layer->p[GAMMA], a->sums + C, C);
  }
}

/* dx of a group from a->sums. */
static void group_backward(const Layer *layer, const LayerArrays *a, size_t row, Groups groups,
                           bool training) {
  size_t C = (size_t)layer->in.c, area = (size_t)layer->in.h * (size_t)layer->in.w, at = row * area * C;
  const float *mean = group_statistics(layer, a, row);
  if (!training) { /* the statistics are constants */
    memset(a->sums, 0, 2 * C * sizeof *a->sums);
  }
  if (a->dx != NULL) {
    norm_backward(a->dx + at, a->dy + at, a->x + at, mean, mean + C, a->params + layer->p[GAMMA], a->sums,
                  groups.count, groups.rows * area, C);
  }
}

static void norm_layer_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t C = (size_t)layer->in.c, shard = share_shard_rows(&pass->share);
  const Groups groups = groups_of(layer, pass);
  if (!layer->spec.by_shard) {
    memset(a->exact_sums, 0, 2 * C * sizeof *a->exact_sums);
  }
  for (size_t row = 0; row < pass->share.rows; row += shard) {
    if (layer->spec.by_shard) {
      sum_shard(layer, a, row, shard, group_statistics(layer, a, row));
      group_backward(layer, a, row, groups, pass->training);
    } else {
      sum_shard(layer, a, row, shard, a->saved);
      exact_add(a->exact_sums, a->sums, 2 * C, EXACT_GRADIENT_BITS);
    }
  }
  if (!layer->spec.by_shard) {
    if (pass->training) {
      sum_over_ranks(a, pass, 2 * C, EXACT_GRADIENT_BITS);
    }
    group_backward(layer, a, 0, groups, pass->training);
  }
}

static void norm_settle(const Layer *layer, float *running, const int64_t *moments, size_t batch) {
  enum { PART = 64 };
  const size_t C = (size_t)layer->in.c, mean = layer->r[MEAN], variance = layer->r[VARIANCE];
  const double count = (double)batch * layer->in.h * layer->in.w;
  for (size_t first = 0; first < C; first += PART) {
    size_t channels = C - first < PART ? C - first : PART;
    double part[2 * PART];
    for (size_t c = 0; c < channels; c++) {
      part[c] = exact_value(moments[mean + first + c], EXACT_MOMENT_BITS);
      part[channels + c] = exact_value(moments[variance + first + c], EXACT_MOMENT_BITS);
    }
    norm_running(running + mean + first, running + variance + first, part, count, layer->spec.momentum,
                 channels);
  }
}

const LayerOps layer_batch_normalization = {.kind = "batch_normalization",
                                            .keras_name = "batch_normalization",
                                            .infer = norm_infer,
                                            .init = norm_init,
                                            .forward = norm_layer_forward,
                                            .backward = norm_layer_backward,
                                            .settle = norm_settle,
                                            .parts = layer_part_a_row,
                                            .couples_rows = true};
