#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref.h"

/* One layer over the whole batch. y may not be x. */
static void forward_norm(const Layer *layer, double *y, const double *params, double *running,
                         const double *x, size_t rows, bool training) {
  /* Channels are the last dimension: every pixel of every image is a row. */
  size_t C = (size_t)layer->in.c;
  size_t N = rows * shape_count(layer->in) / C;
  double *scratch = ref_doubles(4 * C);
  double *moments = scratch, *mean = scratch + 2 * C, *inverse_std = scratch + 3 * C;
  if (training) {
    ref_norm_moments(moments, x, N, C);
    ref_norm_statistics(mean, inverse_std, running + layer->r[0], running + layer->r[1], moments, (double)N,
                        layer->spec.momentum, layer->spec.epsilon, C);
  } else {
    for (size_t c = 0; c < C; c++) {
      mean[c] = running[layer->r[0] + c];
      inverse_std[c] = 1.0 / sqrt(running[layer->r[1] + c] + (double)layer->spec.epsilon);
    }
  }
  ref_norm_forward(y, x, mean, inverse_std, params + layer->p[0], params + layer->p[1], N, C);
  free(scratch);
}

/* One for each of the last dimension's values. */
static void forward_bias(const Layer *layer, double *y, const double *params, size_t rows) {
  if (!layer->spec.no_bias) {
    size_t C = (size_t)layer->out.c;
    ref_bias_forward(y, params + layer->p[1], rows * shape_count(layer->out) / C, C);
  }
}

static void forward_layer(const Layer *layer, double *y, const double *params, double *running,
                          const double *x, size_t rows, bool training, uint32_t sample, RngKey key) {
  const LayerOps *ops = layer->spec.ops;
  size_t in = shape_count(layer->in), out = shape_count(layer->out);
  if (ops == &layer_dense) {
    ref_gemm(y, x, params + layer->p[0], GEMM_NN, rows, out, in, 0);
    forward_bias(layer, y, params, rows);
  } else if (ops == &layer_conv2d) {
    ref_conv_gather(y, x, params + layer->p[0], &layer->conv, rows);
    forward_bias(layer, y, params, rows);
  } else if (ops == &layer_conv2d_transpose) {
    ref_conv_scatter(y, x, params + layer->p[0], &layer->conv, rows);
    forward_bias(layer, y, params, rows);
  } else if (ops == &layer_max_pooling2d) {
    int32_t *where = calloc(rows * out + 1, sizeof *where);
    ref_max_pool_forward(y, where, x, &layer->conv, rows);
    free(where);
  } else if (ops == &layer_average_pooling2d) {
    ref_average_pool_forward(y, x, &layer->conv, rows);
  } else if (ops == &layer_up_sampling2d) {
    ref_upsample_forward(y, x, rows, layer->in.h, layer->in.w, layer->in.c, layer->spec.window_h,
                         layer->spec.window_w);
  } else if (ops == &layer_leaky_relu) {
    ref_leaky_relu_forward(y, x, layer->spec.slope, rows * in);
  } else if (ops == &layer_relu) {
    ref_leaky_relu_forward(y, x, 0.0, rows * in);
  } else if (ops == &layer_tanh) {
    ref_tanh_forward(y, x, rows * in);
  } else if (ops == &layer_sigmoid) {
    ref_sigmoid_forward(y, x, rows * in);
  } else if (ops == &layer_batch_normalization) {
    forward_norm(layer, y, params, running, x, rows, training);
  } else if (ops == &layer_dropout && training) {
    double *mask = ref_doubles(rows * in);
    key.stream += (uint32_t)layer->index;
    ref_dropout_mask(mask, layer->spec.rate, key, sample, rows, in);
    ref_dropout_apply(y, x, mask, rows * in);
    free(mask);
  } else if (ops == &layer_dropout || ops == &layer_flatten || ops == &layer_reshape) {
    memcpy(y, x, rows * in * sizeof *y);
  } else {
    fprintf(stderr, "ref_network_forward has no reference for the layer kind %s: add one\n", ops->kind);
    abort();
  }
}

void ref_network_forward(const Network *network, double *y, const double *params, double *running,
                         const double *x, size_t rows, bool training, uint32_t sample, RngKey key) {
  double *outputs[GT_LAYERS_MAX];
  const double *input = x;
  for (int l = 0; l < network->layers_count; l++) {
    const Layer *layer = &network->layers[l];
    size_t count = rows * shape_count(layer->out);
    outputs[l] = ref_doubles(count);
    if (layer->spec.ops == &layer_add) {
      for (size_t i = 0; i < count; i++) {
        outputs[l][i] = input[i] + outputs[l - 1 - layer->spec.inside][i];
      }
    } else {
      forward_layer(layer, outputs[l], params, running, input, rows, training, sample, key);
    }
    input = outputs[l];
  }
  memcpy(y, input, rows * shape_count(network->out) * sizeof *y);
  for (int l = 0; l < network->layers_count; l++) {
    free(outputs[l]);
  }
}
