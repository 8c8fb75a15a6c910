/* Add: y[N,H,W,C] = x + the output of an earlier layer. With the layers between them it is a residual block:
 * He, Zhang, Ren and Sun, "Identity mappings in deep residual networks" (2016). */
#include "gantrain/math/add.h"
#include "gantrain/nn/layer.h"

static Status add_infer(Layer *layer, Arena *params, Arena *running) {
  (void)params;
  (void)running;
  if (layer->spec.inside < 1 || layer->spec.inside >= layer->index) {
    return status_set(GT_USAGE,
                      "layer %s: has %d layers inside, expected 1 to %d, those before it but the first",
                      layer->name, layer->spec.inside, layer->index - 1);
  }
  layer->source = layer->index - 1 - layer->spec.inside;
  layer->out = layer->in;
  return GT_OK;
}

static size_t elements(const Layer *layer, const Pass *pass) {
  return pass->share.rows * shape_count(layer->in);
}

static void add_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  arrays_add(a->y, a->x, a->skip, elements(layer, pass));
}

static void add_tangent(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  arrays_add(a->ty, a->tx, a->skip, elements(layer, pass));
}

const LayerOps layer_add = {.kind = "add",
                            .keras_name = "add",
                            .infer = add_infer,
                            .forward = add_forward,
                            .tangent = add_tangent,
                            .in_place = true};
