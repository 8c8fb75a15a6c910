/* Convolution and transposed convolution, both on the geometry of conv.h: image [H,W,C], grid [P,Q,K], kernel
 * [R,S,C,K]. conv2d goes from image to grid, conv2d_transpose from grid to image. */
#include "gantrain/math/gemm.h"
#include "gantrain/math/kernels.h"
#include "gantrain/nn/layer.h"

enum { KERNEL, BIAS };

static Status check_window(const Layer *layer) {
  const LayerSpec *spec = &layer->spec;
  if (spec->units < 1 || spec->window_h < 1 || spec->window_w < 1 || spec->stride_h < 0 ||
      spec->stride_w < 0) {
    return status_set(GT_USAGE, "layer %s: %d filters of %d x %d with strides %d x %d; all must be 1 or more",
                      layer->name, spec->units, spec->window_h, spec->window_w, spec->stride_h,
                      spec->stride_w);
  }
  return GT_OK;
}

static int at_least_one(int stride) {
  return stride > 1 ? stride : 1;
}

/* Window and strides from the settings, padding from the shapes on both sides; then the tensors. */
static Status finish_infer(Layer *layer, Arena *params) {
  ConvGeometry *g = &layer->conv;
  bool same = !layer->spec.valid;
  if (shape_count(layer->in) > UINT32_MAX || shape_count(layer->out) > UINT32_MAX) {
    return status_set(GT_USAGE, "layer %s: an image of more than %u values; it must be smaller", layer->name,
                      UINT32_MAX);
  }
  g->top = conv_padding(g->H, g->R, g->stride_h, g->P, same);
  g->left = conv_padding(g->W, g->S, g->stride_w, g->Q, same);
  layer->scratch = conv_scratch(g);
  GT_TRY(
      arena_add(params, layer->name, "kernel", 4, (int[]){g->R, g->S, g->C, g->K}, &layer->params[KERNEL]));
  return layer->spec.no_bias
             ? GT_OK
             : arena_add(params, layer->name, "bias", 1, (int[]){layer->spec.units}, &layer->params[BIAS]);
}

static Status conv_infer(Layer *layer, Arena *params, Arena *running) {
  (void)running;
  const LayerSpec *spec = &layer->spec;
  GT_TRY(check_window(layer));
  ConvGeometry g = {.H = layer->in.h,
                    .W = layer->in.w,
                    .C = layer->in.c,
                    .K = spec->units,
                    .R = spec->window_h,
                    .S = spec->window_w,
                    .stride_h = at_least_one(spec->stride_h),
                    .stride_w = at_least_one(spec->stride_w)};
  g.P = conv_windows(g.H, g.R, g.stride_h, !spec->valid);
  g.Q = conv_windows(g.W, g.S, g.stride_w, !spec->valid);
  if (g.P < 1 || g.Q < 1) {
    return status_set(GT_USAGE, "layer %s: a window of %d x %d does not fit into %d x %d; use padding 'same'",
                      layer->name, g.R, g.S, g.H, g.W);
  }
  layer->conv = g;
  layer->out = (Shape){g.P, g.Q, g.K};
  return finish_infer(layer, params);
}

static Status transpose_infer(Layer *layer, Arena *params, Arena *running) {
  (void)running;
  const LayerSpec *spec = &layer->spec;
  GT_TRY(check_window(layer));
  ConvGeometry g = {.P = layer->in.h,
                    .Q = layer->in.w,
                    .K = layer->in.c,
                    .C = spec->units,
                    .R = spec->window_h,
                    .S = spec->window_w,
                    .stride_h = at_least_one(spec->stride_h),
                    .stride_w = at_least_one(spec->stride_w)};
  bool same = !spec->valid;
  g.H = spec->target.h > 0 ? spec->target.h : conv_transposed_pixels(g.P, g.R, g.stride_h, same);
  g.W = spec->target.w > 0 ? spec->target.w : conv_transposed_pixels(g.Q, g.S, g.stride_w, same);
  if (conv_windows(g.H, g.R, g.stride_h, same) != g.P || conv_windows(g.W, g.S, g.stride_w, same) != g.Q) {
    return status_set(GT_USAGE,
                      "layer %s: %d x %d cannot become %d x %d with windows of %d x %d and strides %d x %d",
                      layer->name, g.P, g.Q, g.H, g.W, g.R, g.S, g.stride_h, g.stride_w);
  }
  layer->conv = g;
  layer->out = (Shape){g.H, g.W, g.C};
  return finish_infer(layer, params);
}

/* As Keras: fan_in = taps times input channels, fan_out = taps times output channels. */
static void conv_init(const Layer *layer, float *p, float *r, RngKey key) {
  (void)r;
  const ConvGeometry *g = &layer->conv;
  size_t taps = (size_t)g->R * (size_t)g->S, count = taps * (size_t)g->C * (size_t)g->K;
  initializer_fill(p + layer->p[KERNEL], layer->spec.kernel, taps * (size_t)layer->in.c,
                   taps * (size_t)layer->out.c, count, key, (uint32_t)layer->params[KERNEL]);
  for (size_t i = 0; i < count && layer->spec.gain > 0.0f; i++) {
    p[layer->p[KERNEL] + i] *= layer->spec.gain;
  }
  if (!layer->spec.no_bias) {
    initializer_fill(p + layer->p[BIAS], INITIALIZER_ZEROS, 1, 1, (size_t)layer->out.c, key,
                     (uint32_t)layer->params[BIAS]);
  }
}

static size_t out_pixels(const Layer *layer, const Pass *pass) {
  return pass->share.rows * (size_t)layer->out.h * (size_t)layer->out.w;
}

static void add_bias(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (!layer->spec.no_bias) {
    bias_forward(a->y, a->params + layer->p[BIAS], out_pixels(layer, pass), (size_t)layer->out.c);
  }
}

static void bias_gradient(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (!layer->spec.no_bias && a->parts != GRADIENTS_KERNEL) {
    size_t area = (size_t)layer->out.h * (size_t)layer->out.w;
    gradient_add_columns(&a->grads, layer->p[BIAS], a->dy, pass->share.rows * area, (size_t)layer->out.c,
                         share_shard_rows(&pass->share) * area);
  }
}

static void conv_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  conv_gather(a->y, a->x, a->params + layer->p[KERNEL], &layer->conv, pass->share.rows, a->scratch);
  add_bias(layer, a, pass);
}

static void conv_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (gradients_wanted(&a->grads)) {
    if (a->parts != GRADIENTS_BIAS) {
      conv_kernel_gradient(&a->grads, layer->p[KERNEL], a->x, a->dy, &layer->conv, pass->share.rows,
                           share_shard_rows(&pass->share), a->scratch);
    }
    bias_gradient(layer, a, pass);
  }
  if (a->dx != NULL) {
    conv_scatter(a->dx, a->dy, a->params + layer->p[KERNEL], &layer->conv, pass->share.rows, a->scratch);
  }
}

static void conv_tangent(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  conv_gather(a->ty, a->tx, a->params + layer->p[KERNEL], &layer->conv, pass->share.rows, a->scratch);
}

static void transpose_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  conv_scatter(a->y, a->x, a->params + layer->p[KERNEL], &layer->conv, pass->share.rows, a->scratch);
  add_bias(layer, a, pass);
}

static void transpose_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (gradients_wanted(&a->grads)) {
    if (a->parts != GRADIENTS_BIAS) {
      conv_kernel_gradient(&a->grads, layer->p[KERNEL], a->dy, a->x, &layer->conv, pass->share.rows,
                           share_shard_rows(&pass->share), a->scratch);
    }
    bias_gradient(layer, a, pass);
  }
  if (a->dx != NULL) {
    conv_gather(a->dx, a->dy, a->params + layer->p[KERNEL], &layer->conv, pass->share.rows, a->scratch);
  }
}

static void transpose_tangent(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  conv_scatter(a->ty, a->tx, a->params + layer->p[KERNEL], &layer->conv, pass->share.rows, a->scratch);
}

/* The kernel is applied once per window. */
static double conv_work(const Layer *layer) {
  const ConvGeometry *g = &layer->conv;
  return (double)g->P * g->Q * g->R * g->S * g->C * g->K;
}

/* Parts are pieces of nearly equal length of at most GEMM_TERMS_MAX windows, so of at least half of that.
 * The bias adds fewer: one part per shard. */
static size_t conv_parts(const Layer *layer) {
  return (size_t)layer->conv.P * (size_t)layer->conv.Q / (GEMM_TERMS_MAX / 2) + 1;
}

const LayerOps layer_conv2d = {.kind = "conv2d",
                               .keras_name = "conv2d",
                               .infer = conv_infer,
                               .init = conv_init,
                               .forward = conv_forward,
                               .backward = conv_backward,
                               .tangent = conv_tangent,
                               .work = conv_work,
                               .parts = conv_parts};
const LayerOps layer_conv2d_transpose = {.kind = "conv2d_transpose",
                                         .keras_name = "conv2d_transpose",
                                         .infer = transpose_infer,
                                         .init = conv_init,
                                         .forward = transpose_forward,
                                         .backward = transpose_backward,
                                         .tangent = transpose_tangent,
                                         .work = conv_work,
                                         .parts = conv_parts};
