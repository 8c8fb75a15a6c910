/* Max and average pooling, and up-sampling by repetition. */
#include "gantrain/nn/layer.h"

static Status pool_infer(Layer *layer, Arena *params, Arena *running) {
  (void)params;
  (void)running;
  const LayerSpec *spec = &layer->spec;
  if (spec->window_h < 1 || spec->window_w < 1 || spec->stride_h < 0 || spec->stride_w < 0) {
    return status_set(GT_USAGE, "layer %s: a pool of %d x %d with strides %d x %d; all must be 1 or more",
                      layer->name, spec->window_h, spec->window_w, spec->stride_h, spec->stride_w);
  }
  ConvGeometry g = {.H = layer->in.h,
                    .W = layer->in.w,
                    .C = layer->in.c,
                    .K = layer->in.c,
                    .R = spec->window_h,
                    .S = spec->window_w,
                    .stride_h = spec->stride_h > 0 ? spec->stride_h : spec->window_h,
                    .stride_w = spec->stride_w > 0 ? spec->stride_w : spec->window_w};
  g.P = conv_windows(g.H, g.R, g.stride_h, !spec->valid);
  g.Q = conv_windows(g.W, g.S, g.stride_w, !spec->valid);
  if (g.P < 1 || g.Q < 1) {
    return status_set(GT_USAGE, "layer %s: a pool of %d x %d does not fit into %d x %d; use padding 'same'",
                      layer->name, g.R, g.S, g.H, g.W);
  }
  g.top = conv_padding(g.H, g.R, g.stride_h, g.P, !spec->valid);
  g.left = conv_padding(g.W, g.S, g.stride_w, g.Q, !spec->valid);
  layer->conv = g;
  layer->out = (Shape){g.P, g.Q, g.C};
  return GT_OK;
}

static Status max_infer(Layer *layer, Arena *params, Arena *running) {
  GT_TRY(pool_infer(layer, params, running));
  layer->saved_per_row = shape_count(layer->out); /* where each maximum was: int32, as large as a float */
  return GT_OK;
}

static void max_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  max_pool_forward(a->y, (int32_t *)(void *)a->saved, a->x, &layer->conv, pass->share.rows);
}

static void max_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (a->dx != NULL) {
    max_pool_backward(a->dx, a->dy, (const int32_t *)(const void *)a->saved, &layer->conv, pass->share.rows);
  }
}

static void max_tangent(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  max_pool_tangent(a->ty, a->tx, (const int32_t *)(const void *)a->saved, &layer->conv, pass->share.rows);
}

static void average_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  average_pool_forward(a->y, a->x, &layer->conv, pass->share.rows);
}

static void average_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (a->dx != NULL) {
    average_pool_backward(a->dx, a->dy, &layer->conv, pass->share.rows);
  }
}

static void average_tangent(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  average_pool_forward(a->ty, a->tx, &layer->conv, pass->share.rows);
}

static Status upsample_infer(Layer *layer, Arena *params, Arena *running) {
  (void)params;
  (void)running;
  const LayerSpec *spec = &layer->spec;
  if (spec->window_h < 1 || spec->window_w < 1) {
    return status_set(GT_USAGE, "layer %s: factors %d x %d; both must be 1 or more", layer->name,
                      spec->window_h, spec->window_w);
  }
  layer->out = (Shape){layer->in.h * spec->window_h, layer->in.w * spec->window_w, layer->in.c};
  return GT_OK;
}

static void upsample_layer_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  upsample_forward(a->y, a->x, pass->share.rows, layer->in.h, layer->in.w, layer->in.c, layer->spec.window_h,
                   layer->spec.window_w);
}

static void upsample_layer_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (a->dx != NULL) {
    upsample_backward(a->dx, a->dy, pass->share.rows, layer->in.h, layer->in.w, layer->in.c,
                      layer->spec.window_h, layer->spec.window_w);
  }
}

static void upsample_tangent(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  upsample_forward(a->ty, a->tx, pass->share.rows, layer->in.h, layer->in.w, layer->in.c,
                   layer->spec.window_h, layer->spec.window_w);
}

const LayerOps layer_max_pooling2d = {.kind = "max_pooling2d",
                                      .keras_name = "max_pooling2d",
                                      .infer = max_infer,
                                      .forward = max_forward,
                                      .backward = max_backward,
                                      .tangent = max_tangent};
const LayerOps layer_average_pooling2d = {.kind = "average_pooling2d",
                                          .keras_name = "average_pooling2d",
                                          .infer = pool_infer,
                                          .forward = average_forward,
                                          .backward = average_backward,
                                          .tangent = average_tangent};
const LayerOps layer_up_sampling2d = {.kind = "up_sampling2d",
                                      .keras_name = "up_sampling2d",
                                      .infer = upsample_infer,
                                      .forward = upsample_layer_forward,
                                      .backward = upsample_layer_backward,
                                      .tangent = upsample_tangent};
