/* Element-wise activations: LeakyReLU, ReLU, tanh, sigmoid. */
#include "gantrain/math/kernels.h"
#include "gantrain/nn/layer.h"

static Status activation_infer(Layer *layer, Arena *params, Arena *running) {
  (void)params;
  (void)running;
  layer->out = layer->in;
  return GT_OK;
}

static Status leaky_infer(Layer *layer, Arena *params, Arena *running) {
  if (!(layer->spec.slope >= 0.0f)) {
    return status_set(GT_USAGE, "layer %s: slope is %g, expected 0 or more", layer->name,
                      (double)layer->spec.slope);
  }
  return activation_infer(layer, params, running);
}

static size_t elements(const Layer *layer, const Pass *pass) {
  return pass->share.rows * shape_count(layer->in);
}

static void leaky_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  leaky_relu_forward(a->y, a->x, layer->spec.slope, elements(layer, pass)); /* ReLU: slope 0 */
}

static void leaky_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (a->dx != NULL) {
    leaky_relu_backward(a->dx, a->dy, a->y, layer->spec.slope,
                        elements(layer, pass)); /* y has the sign of x */
  }
}

static void leaky_tangent(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  leaky_relu_backward(a->ty, a->tx, a->y, layer->spec.slope, elements(layer, pass)); /* the same slopes */
}

static void tanh_layer_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  tanh_forward(a->y, a->x, elements(layer, pass));
}

static void tanh_layer_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (a->dx != NULL) {
    tanh_backward(a->dx, a->dy, a->y, elements(layer, pass));
  }
}

static void sigmoid_layer_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  sigmoid_forward(a->y, a->x, elements(layer, pass));
}

static void sigmoid_layer_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (a->dx != NULL) {
    sigmoid_backward(a->dx, a->dy, a->y, elements(layer, pass));
  }
}

/* The next layer may write over the output of a LeakyReLU all the same: dropout leaves the signs, or zeros
 * where the gradient is zero. */
const LayerOps layer_leaky_relu = {.kind = "leaky_relu",
                                   .keras_name = "leaky_re_lu",
                                   .infer = leaky_infer,
                                   .forward = leaky_forward,
                                   .backward = leaky_backward,
                                   .tangent = leaky_tangent,
                                   .in_place = true};
const LayerOps layer_relu = {.kind = "relu",
                             .keras_name = "re_lu",
                             .infer = leaky_infer,
                             .forward = leaky_forward,
                             .backward = leaky_backward,
                             .tangent = leaky_tangent,
                             .in_place = true};
const LayerOps layer_tanh = {.kind = "tanh",
                             .keras_name = "tanh",
                             .infer = activation_infer,
                             .forward = tanh_layer_forward,
                             .backward = tanh_layer_backward,
                             .in_place = true,
                             .reads_output = true};
const LayerOps layer_sigmoid = {
    .kind = "sigmoid",
    .keras_name = "sigmoid",
    .infer = activation_infer,
    .forward = sigmoid_layer_forward,
    .backward = sigmoid_layer_backward,
    .reads_output = true}; /* not in place: it would overwrite the signs that a LeakyReLU before it needs */
