/* Element-wise activations: LeakyReLU, ReLU, tanh, sigmoid. */
#include "gantrain/kernels.h"
#include "gantrain/layer.h"

static Status activation_infer(Layer *layer, Arena *params, Arena *running) {
  (void)params;
  (void)running;
  layer->out = layer->in;
  return GT_OK;
}

static size_t elements(const Layer *layer, const Pass *pass) {
  return pass->rows * shape_count(layer->in);
}

static void leaky_forward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  leaky_relu_forward(a->y, a->x, layer->spec.slope, elements(layer, pass)); /* ReLU: slope 0 */
}

static void leaky_backward(const Layer *layer, const LayerArrays *a, const Pass *pass) {
  if (a->dx != NULL) {
    leaky_relu_backward(a->dx, a->dy, a->x, layer->spec.slope, elements(layer, pass));
  }
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

#define ACTIVATION(kind_, keras_name_, forward_, backward_)                                   \
  {                                                                                           \
    .kind = kind_, .keras_name = keras_name_, .infer = activation_infer, .forward = forward_, \
    .backward = backward_                                                                     \
  }

const LayerOps layer_leaky_relu = ACTIVATION("leaky_relu", "leaky_re_lu", leaky_forward, leaky_backward);
const LayerOps layer_relu = ACTIVATION("relu", "re_lu", leaky_forward, leaky_backward);
const LayerOps layer_tanh = ACTIVATION("tanh", "tanh", tanh_layer_forward, tanh_layer_backward);
const LayerOps layer_sigmoid =
    ACTIVATION("sigmoid", "sigmoid", sigmoid_layer_forward, sigmoid_layer_backward);
