#include "gantrain/network.h"

#include <stdio.h>
#include <string.h>

#include "gantrain/check.h"

/* Keras' names: the stem alone first, then stem_1, stem_2, ... */
static void name_layer(Network *network, int index) {
  Layer *layer = &network->layers[index];
  int before = 0;
  for (int i = 0; i < index; i++) {
    before += network->layers[i].spec.ops == layer->spec.ops;
  }
  snprintf(layer->name, sizeof layer->name, before == 0 ? "%s" : "%s_%d", layer->spec.ops->keras_name,
           before);
}

static void place_layer(Network *network, Layer *layer) {
  for (int i = 0; i < 2; i++) {
    if (layer->params[i] >= 0) {
      const Tensor *tensor = &network->params.tensors[layer->params[i]];
      layer->p[i] = tensor->first;
      layer->params_first = i == 0 ? tensor->first : layer->params_first;
      layer->params_count = network->params.count - layer->params_first;
    }
    if (layer->running[i] >= 0) {
      layer->r[i] = network->running.tensors[layer->running[i]].first;
    }
  }
}

Status network_build(Network *network, const char *name, Shape in, const LayerSpec *specs, int specs_count) {
  memset(network, 0, sizeof *network);
  snprintf(network->name, sizeof network->name, "%s", name);
  if (specs_count < 1 || specs_count > GT_LAYERS_MAX) {
    return status_set(GT_USAGE, "network %s has %d layers, expected 1 to %d", name, specs_count,
                      GT_LAYERS_MAX);
  }
  network->in = in;
  network->layers_count = specs_count;
  for (int i = 0; i < specs_count; i++) {
    Layer *layer = &network->layers[i];
    *layer = (Layer){.spec = specs[i], .index = i, .in = in, .params = {-1, -1}, .running = {-1, -1}};
    name_layer(network, i);
    GT_TRY(layer->spec.ops->infer(layer, &network->params, &network->running));
    place_layer(network, layer);
    in = layer->out;
  }
  network->out = in;
  return GT_OK;
}

void network_init(const Network *network, float *params, float *running, uint64_t seed, RngStream stream) {
  RngKey key = {.seed = seed, .stream = stream, .step = 0};
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    if (layer->spec.ops->init != NULL) {
      layer->spec.ops->init(layer, &network->params, params, running, key);
    }
  }
}

static void progress(const Pass *pass) {
  if (pass->hooks != NULL && pass->hooks->progress != NULL) {
    pass->hooks->progress(pass->hooks->context);
  }
}

const float *network_forward(const Network *network, const float *params, float *running, Tape *tape,
                             const float *x, const Pass *pass) {
  GT_CHECK(pass->rows <= tape->rows, "%zu rows on a tape of %zu", pass->rows, tape->rows);
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    if (layer->alias) {
      tape->y[i] = x;
    } else {
      LayerArrays arrays = {.x = x,
                            .y = tape->out[i],
                            .params = params,
                            .running = running,
                            .saved = tape->saved[i],
                            .sums = tape->sums};
      layer->spec.ops->forward(layer, &arrays, pass);
      tape->y[i] = tape->out[i];
      progress(pass);
    }
    x = tape->y[i];
  }
  return x;
}

/* The layers below this one need no backward pass. */
static int lowest_needed(const Network *network, bool want_grads, bool want_dx) {
  int lowest = 0;
  while (!want_dx && lowest < network->layers_count &&
         (!want_grads || network->layers[lowest].params_count == 0)) {
    lowest++;
  }
  return lowest;
}

const float *network_backward(const Network *network, const float *params, float *grads, Tape *tape,
                              const float *x, const float *dy, bool want_dx, const Pass *pass) {
  GT_CHECK(tape->dx[0] != NULL, "the tape of %s is for inference", network->name);
  int lowest = lowest_needed(network, grads != NULL, want_dx);
  int turn = 0;
  for (int i = network->layers_count - 1; i >= lowest; i--) {
    const Layer *layer = &network->layers[i];
    if (layer->alias) {
      continue;
    }
    LayerArrays arrays = {.x = i == 0 ? x : tape->y[i - 1],
                          .y = tape->out[i],
                          .params = params,
                          .saved = tape->saved[i],
                          .sums = tape->sums,
                          .dy = dy,
                          .dx = i == lowest && !want_dx ? NULL : tape->dx[turn],
                          .grads = grads};
    layer->spec.ops->backward(layer, &arrays, pass);
    dy = arrays.dx;
    turn ^= 1;
    if (grads != NULL && layer->params_count > 0 && pass->hooks != NULL && pass->hooks->grads_ready != NULL) {
      pass->hooks->grads_ready(pass->hooks->context, layer->params_first, layer->params_count);
    }
    progress(pass);
  }
  return want_dx ? dy : NULL;
}
