#include "gantrain/nn/network.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "chunks.h"
#include "gantrain/base/check.h"
#include "gantrain/math/add.h"

/* Keras' layer names: the stem alone first, then stem_1, stem_2, ... */
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

/* Floats that a chunk may spread over: half of a second-level cache of 2 MiB. */
#define CHUNK_FLOATS ((size_t)256 * 1024)
/* Multiply-adds of a layer on a chunk, at most: a few milliseconds, after which messages make progress. */
#define CHUNK_WORK 4e8

static size_t layer_chunk(const Layer *layer) {
  size_t in = shape_count(layer->in), out = shape_count(layer->out);
  size_t fits = CHUNK_FLOATS / (in > out ? in : out) + 1;
  double quick = CHUNK_WORK / (layer_work(layer) + 1.0) + 1.0;
  return quick < (double)fits ? (size_t)quick : fits;
}

static void cut_segments(Network *network) {
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    bool alone = layer->spec.ops->couples_rows;
    bool after_alone = i > 0 && network->layers[i - 1].spec.ops->couples_rows;
    if (i == 0 || alone || after_alone) {
      network->segments[network->segments_count++] = (Segment){.first = i, .chunk = SIZE_MAX};
    }
    Segment *segment = &network->segments[network->segments_count - 1];
    size_t chunk = alone ? SIZE_MAX : layer_chunk(layer);
    segment->end = i + 1;
    segment->chunk = chunk < segment->chunk ? chunk : segment->chunk;
  }
}

/* An add's branch: the layers from its source to it. What the branch begins with reads the source's output
 * again, and the add's gradient is needed twice, so that neither end may write over what it reads. */
static Status check_branch(const Network *network, const Layer *layer) {
  const Layer *source = &network->layers[layer->source], *first = source + 1, *last = layer - 1;
  const Shape a = source->out, b = layer->in;
  const char *wrong = a.h != b.h || a.w != b.w || a.c != b.c      ? "has another shape than"
                      : first->alias || first->spec.ops->in_place ? "would be written over inside of"
                      : last->alias || last->spec.ops->in_place   ? "cannot be added to the end of"
                                                                  : NULL;
  for (const Layer *inside = first; inside < layer; inside++) {
    wrong = inside->source >= 0              ? "is outside of another branch that overlaps"
            : inside->spec.ops->couples_rows ? "comes before a layer that couples rows in"
                                             : wrong;
  }
  return wrong == NULL ? GT_OK
                       : status_set(GT_USAGE, "layer %s: the output of %s %s the branch that it is added to",
                                    layer->name, source->name, wrong);
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
    *layer = (Layer){
        .spec = specs[i], .index = i, .in = in, .source = -1, .params = {-1, -1}, .running = {-1, -1}};
    name_layer(network, i);
    GT_TRY(layer->spec.ops->infer(layer, &network->params, &network->running));
    if (shape_count(layer->out) > INT_MAX) {
      return status_set(GT_USAGE,
                        "layer %s: puts out %d x %d x %d values, at most %d are possible: use smaller images",
                        layer->name, layer->out.h, layer->out.w, layer->out.c, INT_MAX);
    }
    GT_TRY(layer->source >= 0 ? check_branch(network, layer) : GT_OK);
    place_layer(network, layer);
    GT_CHECK(layer->params_count == 0 || layer->spec.ops->parts != NULL, "%s does not state its parts",
             layer->name);
    in = layer->out;
  }
  network->out = in;
  cut_segments(network);
  return GT_OK;
}

void network_init(const Network *network, float *params, float *running, uint64_t seed, RngStream stream) {
  RngKey key = {.seed = seed, .stream = stream, .step = 0};
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    if (layer->spec.ops->init != NULL) {
      layer->spec.ops->init(layer, params, running, key);
    }
  }
}

void pass_progress(const Pass *pass) {
  if (pass->hooks != NULL && pass->hooks->progress != NULL) {
    pass->hooks->progress(pass->hooks->context);
  }
}

size_t segment_chunk_rows(const Segment *segment, const Pass *pass, size_t row) {
  size_t shard = share_shard_rows(&pass->share);
  size_t chunk = segment->chunk >= shard ? segment->chunk / shard * shard : segment->chunk;
  size_t left = segment->chunk >= shard ? pass->share.rows - row : shard - row % shard;
  return left < chunk ? left : chunk;
}

Pass pass_part(const Pass *pass, size_t row, size_t rows) {
  Pass part = *pass;
  part.share.rows = rows;
  part.share.sample += (uint32_t)row;
  return part;
}

LayerArrays tape_arrays(const Network *network, const Tape *tape, int i, const float *x, size_t row) {
  const Layer *layer = &network->layers[i];
  return (LayerArrays){
      .x = (i == 0 ? x : tape->y[i - 1]) + row * shape_count(layer->in),
      .skip = layer->source < 0 ? NULL : tape->y[layer->source] + row * shape_count(layer->in),
      .y = tape->out[i] + row * shape_count(layer->out),
      .saved = tape->saved[i] + row * layer->saved_per_row,
      .scratch = tape->scratch,
      .sums = tape->sums,
      .exact_sums = tape->exact_sums};
}

const float *network_forward(const Network *network, const float *params, float *running, Tape *tape,
                             const float *x, const Pass *pass) {
  GT_CHECK(pass->share.rows <= tape->rows, "%zu rows on a tape of %zu", pass->share.rows, tape->rows);
  for (int i = 0; i < network->layers_count; i++) {
    tape->y[i] = !network->layers[i].alias ? tape->out[i] : i == 0 ? x : tape->y[i - 1];
  }
  for (int s = 0; s < network->segments_count; s++) {
    const Segment *segment = &network->segments[s];
    for (size_t row = 0, rows; row < pass->share.rows; row += rows) {
      rows = segment_chunk_rows(segment, pass, row);
      Pass part = pass_part(pass, row, rows);
      for (int i = segment->first; i < segment->end; i++) {
        if (!network->layers[i].alias) {
          LayerArrays arrays = tape_arrays(network, tape, i, x, row);
          arrays.params = params;
          arrays.running = running;
          layer_run(network, &network->layers[i], network->layers[i].spec.ops->forward, &arrays, &part);
          pass_progress(pass);
        }
      }
    }
  }
  return tape->y[network->layers_count - 1];
}

/* The lowest layer that needs a backward pass. */
static int lowest_needed(const Network *network, bool want_grads, bool want_dx) {
  int lowest = 0;
  while (!want_dx && lowest < network->layers_count &&
         (!want_grads || network->layers[lowest].params_count == 0)) {
    lowest++;
  }
  return lowest;
}

/* The state of a backward pass. */
typedef struct Backward {
  const Network *network;
  const float *params, *x;
  GradientSum grads;
  Tape *tape;
  const Pass *pass;
  int lowest; /* layer */
} Backward;

/* Takes rows [row, row + rows) back through the segment's layers, from dy (all rows) to dx (all rows;
 * NULL: not computed). */
static void chunk_backward(const Backward *b, const Segment *segment, size_t row, size_t rows,
                           const float *dy, float *dx) {
  const Network *network = b->network;
  int first = segment->first > b->lowest ? segment->first : b->lowest;
  bool last_chunk = row + rows == b->pass->share.rows;
  Pass part = pass_part(b->pass, row, rows);
  int turn = 0, branch = -1; /* the first layer of the branch that we are in */
  dy += row * shape_count(network->layers[segment->end - 1].out);
  while (first < segment->end && network->layers[first].alias) {
    first++; /* an alias: its gradient is that of the next layer in another shape */
  }
  for (int i = segment->end - 1; i >= first; i--) {
    const Layer *layer = &network->layers[i];
    if (layer->alias) {
      continue;
    }
    if (layer->source >= 0) { /* both of its inputs get its gradient */
      memcpy(b->tape->skip_dx, dy, rows * shape_count(layer->in) * sizeof *dy);
      branch = layer->source + 1;
      continue;
    }
    LayerArrays arrays = tape_arrays(network, b->tape, i, b->x, row);
    arrays.params = b->params;
    arrays.grads = b->grads;
    arrays.dy = dy;
    arrays.dx = i > first ? b->tape->chunk_dx[turn] : dx == NULL ? NULL : dx + row * shape_count(layer->in);
    layer_run(network, layer, layer->spec.ops->backward, &arrays, &part);
    if (i == branch && arrays.dx != NULL) {
      arrays_add(arrays.dx, arrays.dx, b->tape->skip_dx, rows * shape_count(layer->in));
    }
    dy = arrays.dx;
    turn ^= 1;
    const Hooks *hooks = b->pass->hooks;
    if (last_chunk && gradients_wanted(&b->grads) && layer->params_count > 0 && hooks != NULL &&
        hooks->grads_ready != NULL) {
      hooks->grads_ready(hooks->context, b->pass->network, layer->params_first, layer->params_count);
    }
    pass_progress(b->pass);
  }
}

/* Does the segment, from the lowest layer on, consist of aliases only? Then its dx is its dy. */
static bool only_aliases(const Backward *b, const Segment *segment) {
  for (int i = segment->first > b->lowest ? segment->first : b->lowest; i < segment->end; i++) {
    if (!b->network->layers[i].alias) {
      return false;
    }
  }
  return true;
}

const float *network_backward(const Network *network, const float *params, GradientSum grads, Tape *tape,
                              const float *x, const float *dy, bool want_dx, const Pass *pass) {
  GT_CHECK(tape->dx[0] != NULL, "the tape of %s is for inference", network->name);
  Backward b = {.network = network,
                .params = params,
                .x = x,
                .grads = grads,
                .tape = tape,
                .pass = pass,
                .lowest = lowest_needed(network, gradients_wanted(&grads), want_dx)};
  int turn = 0;
  for (int s = network->segments_count - 1; s >= 0 && network->segments[s].end > b.lowest; s--) {
    const Segment *segment = &network->segments[s];
    float *dx = segment->first > b.lowest || want_dx ? tape->dx[turn] : NULL;
    if (only_aliases(&b, segment)) {
      continue;
    }
    for (size_t row = 0, rows; row < pass->share.rows; row += rows) {
      rows = segment_chunk_rows(segment, pass, row);
      chunk_backward(&b, segment, row, rows, dy, dx);
    }
    dy = dx;
    turn ^= 1;
  }
  return want_dx ? dy : NULL;
}

void network_settle(const Network *network, float *running, const int64_t *moments, size_t batch) {
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    if (layer->spec.by_shard) {
      layer->spec.ops->settle(layer, running, moments, batch);
    }
  }
}

size_t network_exact_parts(const Network *network, size_t shard_rows) {
  size_t most = 1;
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    size_t parts = layer->params_count > 0 ? layer->spec.ops->parts(layer) : 1;
    most = parts > most ? parts : most;
  }
  return most * shard_rows;
}
