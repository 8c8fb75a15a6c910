/* Dropout; its mask is a function of the pass's key, the layer's index and the global sample index. */
#include <string.h>

#include "gantrain/math/kernels.h"
#include "gantrain/nn/layer.h"

static Status dropout_infer(Layer *layer, Arena *params, Arena *running) {
  (void)params;
  (void)running;
  if (!(layer->spec.rate >= 0.0f && layer->spec.rate < 1.0f)) {
    return status_set(GT_USAGE, "layer %s: rate is %g, expected 0 <= rate < 1", layer->name,
                      (double)layer->spec.rate);
  }
  layer->out = layer->in;
  layer->saved_per_row = shape_count(layer->in); /* the mask */
  return GT_OK;
}

static void dropout_layer_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t E = shape_count(layer->in);
  if (!pass->training) {
    if (a->y != a->x) {
      memcpy(a->y, a->x, pass->share.rows * E * sizeof *a->y);
    }
    return;
  }
  RngKey key = pass->key;
  key.stream += (uint32_t)layer->index;
  dropout_mask(a->saved, layer->spec.rate, key, pass->share.sample, pass->share.rows, E);
  dropout_apply(a->y, a->x, a->saved, pass->share.rows * E);
}

static void dropout_layer_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  size_t E = shape_count(layer->in);
  if (a->dx == NULL) {
    return;
  }
  if (pass->training) {
    dropout_apply(a->dx, a->dy, a->saved, pass->share.rows * E);
  } else if (a->dx != a->dy) {
    memcpy(a->dx, a->dy, pass->share.rows * E * sizeof *a->dx);
  }
}

static void dropout_tangent(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  dropout_apply(a->ty, a->tx, a->saved, pass->share.rows * shape_count(layer->in));
}

const LayerOps layer_dropout = {.kind = "dropout",
                                .keras_name = "dropout",
                                .infer = dropout_infer,
                                .forward = dropout_layer_forward,
                                .backward = dropout_layer_backward,
                                .tangent = dropout_tangent,
                                .in_place = true};
