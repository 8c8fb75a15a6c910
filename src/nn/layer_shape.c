/* Flatten and reshape: the same numbers under another shape; nothing is copied (channels-last throughout). */
#include "gantrain/nn/layer.h"

static Status flatten_infer(Layer *layer, Arena *params, Arena *running) {
  (void)params;
  (void)running;
  layer->out = (Shape){1, 1, (int)shape_count(layer->in)};
  layer->alias = true;
  return GT_OK;
}

static Status reshape_infer(Layer *layer, Arena *params, Arena *running) {
  (void)params;
  (void)running;
  Shape target = layer->spec.target;
  if (target.h < 1 || target.w < 1 || target.c < 1 || shape_count(target) != shape_count(layer->in)) {
    return status_set(GT_USAGE, "layer %s: %d x %d x %d cannot be reshaped to %d x %d x %d", layer->name,
                      layer->in.h, layer->in.w, layer->in.c, target.h, target.w, target.c);
  }
  layer->out = target;
  layer->alias = true;
  return GT_OK;
}

const LayerOps layer_flatten = {.kind = "flatten", .keras_name = "flatten", .infer = flatten_infer};
const LayerOps layer_reshape = {.kind = "reshape", .keras_name = "reshape", .infer = reshape_infer};
