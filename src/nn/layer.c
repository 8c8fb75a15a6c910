#include "gantrain/nn/layer.h"

#include <string.h>

static const LayerOps *const layer_kinds[] = {
    &layer_dense,   &layer_conv2d,        &layer_conv2d_transpose,    &layer_leaky_relu,    &layer_relu,
    &layer_tanh,    &layer_sigmoid,       &layer_batch_normalization, &layer_dropout,       &layer_flatten,
    &layer_reshape, &layer_max_pooling2d, &layer_average_pooling2d,   &layer_up_sampling2d, &layer_add,
};

const LayerOps *layer_find(const char *kind) {
  for (size_t i = 0; i < sizeof layer_kinds / sizeof *layer_kinds; i++) {
    if (strcmp(layer_kinds[i]->kind, kind) == 0) {
      return layer_kinds[i];
    }
  }
  return NULL;
}
