#include "gantrain/nn/penalty.h"

#include <math.h>
#include <string.h>

#include "carve.h"
#include "chunks.h"
#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"
#include "gantrain/math/add.h"

#define TINY 1e-12 /* of |g|: there its direction is not known */

double penalty_squared(double squared, double *slope) {
  *slope = 0.5;
  return 0.5 * squared;
}

double penalty_centred(double squared, double *slope) {
  double norm = sqrt(squared);
  *slope = norm < TINY ? 0.0 : 1.0 - 1.0 / norm;
  return (norm - 1.0) * (norm - 1.0);
}

double penalty_cap(double squared, double *slope) {
  *slope = 0.0;
  return squared <= 1.0 ? 0.0 : penalty_centred(squared, slope);
}

Status penalty_check(const Network *network, const char *option) {
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    if (!layer->alias && layer->spec.ops->tangent == NULL) {
      return status_set(GT_USAGE,
                        "%s needs a %s that is linear in pieces, a row at a time: layer %s is not; leave it "
                        "out, or take another architecture, such as cnn",
                        option, network->name, layer->name);
    }
  }
  return GT_OK;
}

/* The last layer with parameters: above it no tangent is needed. */
static int last_with_parameters(const Network *network) {
  int last = network->layers_count - 1;
  while (last >= 0 && network->layers[last].params_count == 0) {
    last--;
  }
  return last;
}

/* Does the layer write its tangent, and its gradient, over what it reads? */
static bool in_place(const Layer *layer) {
  return layer->alias || layer->spec.ops->in_place;
}

/* Lay the tape out in `block`, or measure it where block is NULL; returns the floats used. */
static size_t lay_out(PenaltyTape *tape, const Network *network, float *block) {
  size_t used = 0;
  int last = last_with_parameters(network), n = network->layers_count;
  tape->squared = (double *)(void *)carve(block, &used, 2 * tape->rows);
  tape->values = (double *)(void *)carve(block, &used, 2 * tape->rows);
  tape->delta[n] = carve(block, &used, tape->rows * shape_count(network->out));
  for (int i = n - 1; i >= 0; i--) {
    const Layer *layer = &network->layers[i];
    tape->delta[i] =
        in_place(layer) ? tape->delta[i + 1] : carve(block, &used, tape->rows * shape_count(layer->in));
  }
  tape->tangent[0] = tape->delta[0]; /* c g over g */
  for (int i = 1; i <= last; i++) {
    tape->tangent[i] = in_place(&network->layers[i - 1])
                           ? tape->tangent[i - 1]
                           : carve(block, &used, tape->rows * shape_count(network->layers[i].in));
  }
  return used;
}

Status penalty_tape_create(PenaltyTape *tape, const Network *network, size_t rows) {
  memset(tape, 0, sizeof *tape);
  tape->rows = rows;
  float *block = memory_alloc(lay_out(tape, network, NULL), sizeof *block);
  if (block == NULL) {
    return GT_FAILED;
  }
  lay_out(tape, network, block);
  tape->block = block;
  return GT_OK;
}

void penalty_tape_free(PenaltyTape *tape) {
  memory_free(tape->block);
  memset(tape, 0, sizeof *tape);
}

/* d s / d x of rows [row, row + part->share.rows), and at every layer's output on the way. */
static void pass_down(const Network *network, const float *params, const Tape *tape, PenaltyTape *penalty,
                      size_t row, const Pass *part) {
  int n = network->layers_count;
  size_t outputs = shape_count(network->out);
  float *seed = penalty->delta[n] + row * outputs;
  for (size_t i = 0; i < part->share.rows * outputs; i++) {
    seed[i] = penalty->seed != NULL ? penalty->seed[row * outputs + i] : 1.0f;
  }
  const Layer *add = NULL; /* the one in whose branch we are */
  for (int i = n - 1; i >= 0; i--) {
    const Layer *layer = &network->layers[i];
    add = layer->source >= 0 ? layer : add; /* its gradient goes on in place */
    if (!layer->alias && layer->source < 0) {
      LayerArrays arrays = tape_arrays(network, tape, i, tape->x, row);
      arrays.params = params;
      arrays.dy = penalty->delta[i + 1] + row * shape_count(layer->out);
      arrays.dx = penalty->delta[i] + row * shape_count(layer->in);
      layer_run(network, layer, layer->spec.ops->backward, &arrays, part);
      if (add != NULL && i == add->source + 1) {
        size_t E = shape_count(layer->in);
        arrays_add(arrays.dx, arrays.dx, penalty->delta[add->index + 1] + row * E, part->share.rows * E);
      }
      pass_progress(part);
    }
  }
}

/* g becomes c g, row by row. */
static void scale_slopes(PenaltyTape *tape, size_t row, size_t rows, size_t E, PenaltyFunction penalty,
                         double strength) {
  for (size_t n = row; n < row + rows; n++) {
    float *g = tape->delta[0] + n * E;
    double squared = 0.0, slope = 0.0;
    for (size_t e = 0; e < E; e++) {
      squared += (double)g[e] * (double)g[e];
    }
    tape->squared[n] = squared;
    tape->values[n] = penalty(squared, &slope);
    float c = (float)(strength * 2.0 * slope);
    for (size_t e = 0; e < E; e++) {
      g[e] *= c;
    }
  }
}

static void pass_up(const Network *network, const float *params, const Tape *tape, PenaltyTape *penalty,
                    size_t row, const Pass *part) {
  int last = last_with_parameters(network);
  for (int i = 0; i < last; i++) {
    const Layer *layer = &network->layers[i];
    if (!layer->alias) {
      LayerArrays arrays = tape_arrays(network, tape, i, tape->x, row);
      arrays.params = params;
      arrays.tx = penalty->tangent[i] + row * shape_count(layer->in);
      arrays.ty = penalty->tangent[i + 1] + row * shape_count(layer->out);
      if (layer->source >= 0) {
        arrays.skip = penalty->tangent[layer->source + 1] + row * shape_count(layer->in);
      }
      layer_run(network, layer, layer->spec.ops->tangent, &arrays, part);
      pass_progress(part);
    }
  }
}

/* No row is coupled with another, so the network is one segment. */
static const Segment *only_segment(const Network *network) {
  GT_CHECK(network->segments_count == 1, "%s has %d segments", network->name, network->segments_count);
  return &network->segments[0];
}

void penalty_tangent(const Network *network, const float *params, const Tape *tape, PenaltyTape *penalty_tape,
                     PenaltyFunction penalty, double strength, const Pass *pass) {
  GT_CHECK(pass->share.rows <= penalty_tape->rows, "%zu rows on a tape of %zu", pass->share.rows,
           penalty_tape->rows);
  const Segment *segment = only_segment(network);
  for (size_t row = 0, rows; row < pass->share.rows; row += rows) {
    rows = segment_chunk_rows(segment, pass, row);
    Pass part = pass_part(pass, row, rows);
    pass_down(network, params, tape, penalty_tape, row, &part);
    scale_slopes(penalty_tape, row, rows, shape_count(network->in), penalty, strength);
    pass_up(network, params, tape, penalty_tape, row, &part);
  }
}

/* t[N,E] += w h in every row. */
static void add_weighted(float *t, const float *h, const float *w, size_t N, size_t E) {
  for (size_t n = 0; n < N; n++) {
    for (size_t e = 0; e < E; e++) {
      t[n * E + e] += w[n] * h[n * E + e];
    }
  }
}

static void weight_rows(float *delta, const float *w, size_t N, size_t E) {
  for (size_t n = 0; n < N; n++) {
    for (size_t e = 0; e < E; e++) {
      delta[n * E + e] *= w[n];
    }
  }
}

void penalty_backward(const Network *network, const float *params, GradientSum grads, const Tape *tape,
                      PenaltyTape *penalty_tape, const float *x, const float *weights, const Pass *pass) {
  const Segment *segment = only_segment(network);
  const Hooks *hooks = pass->hooks;
  for (size_t row = 0, rows; row < pass->share.rows; row += rows) {
    rows = segment_chunk_rows(segment, pass, row);
    Pass part = pass_part(pass, row, rows);
    for (int i = last_with_parameters(network); i >= 0; i--) {
      const Layer *layer = &network->layers[i];
      if (layer->params_count == 0) {
        continue;
      }
      size_t in = shape_count(layer->in), out = shape_count(layer->out);
      LayerArrays arrays = tape_arrays(network, tape, i, x, row);
      float *t = penalty_tape->tangent[i] + row * in, *delta = penalty_tape->delta[i + 1] + row * out;
      add_weighted(t, arrays.x, weights + row, rows, in);
      arrays.params = params;
      arrays.grads = grads;
      arrays.x = t;
      arrays.dy = delta;
      arrays.parts = GRADIENTS_KERNEL;
      layer_run(network, layer, layer->spec.ops->backward, &arrays, &part);
      weight_rows(delta, weights + row, rows, out);
      arrays.parts = GRADIENTS_BIAS;
      layer_run(network, layer, layer->spec.ops->backward, &arrays, &part);
      if (row + rows == pass->share.rows && hooks != NULL && hooks->grads_ready != NULL) {
        hooks->grads_ready(hooks->context, pass->network, layer->params_first, layer->params_count);
      }
      pass_progress(pass);
    }
  }
}
