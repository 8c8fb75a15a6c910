/* Layers: one small struct each, and one table of functions per kind. A layer never allocates and holds no
 * data: its tensors lie in the network's arenas, its activations in a tape.
 *
 * To add a kind: a file src/nn/layer_NAME.c with its LayerOps, one line in layer_kinds (src/nn/layer.c), a
 * reference and a finite-difference case in tests/unit/test_layers.c. */
#ifndef GANTRAIN_LAYER_H
#define GANTRAIN_LAYER_H

#include <stdbool.h>

#include "gantrain/base/rng.h"
#include "gantrain/base/shape.h"
#include "gantrain/math/conv.h"
#include "gantrain/math/exact.h"
#include "gantrain/nn/arena.h"

typedef struct Layer Layer;

typedef enum Initializer {
  INITIALIZER_GLOROT_UNIFORM, /* uniform(-a, a), a = sqrt(6 / (fan_in + fan_out)): Glorot and Bengio 2010 */
  INITIALIZER_NORMAL,         /* normal(0, 0.05): Keras' 'normal' */
  INITIALIZER_FAN_IN,         /* normal(0, 1 / sqrt(fan_in)) */
  INITIALIZER_ZEROS,
  INITIALIZER_ONES
} Initializer;

/* Functions by which networks reach other ranks and the program around them. All may be NULL: then a
 * network is a plain network of one process. Calls to `context` come in the same order on every rank;
 * `network` is that of the pass. */
typedef struct Hooks {
  void *context;
  /* sums[n] := their sum over all ranks, blocking; batch normalisation's exact sums. */
  void (*sum)(void *context, int64_t *sums, size_t n);
  /* The network's gradients are about to be computed: grads_ready calls follow. */
  void (*grads_begin)(void *context, int network);
  /* Gradient floats [first, first + count) are final. Called from the tail of the arena to its head. */
  void (*grads_ready)(void *context, int network, size_t first, size_t count);
  /* Wait until the network's gradients are summed over all ranks. */
  void (*grads_end)(void *context, int network);
  /* Called between layers, to let messages make progress. */
  void (*progress)(void *context);
  /* The moments of the network's last pass are final: begin to sum them over all ranks. */
  void (*moments_begin)(void *context, int network);
  /* Wait until they are summed. */
  void (*moments_end)(void *context, int network);
  void *watcher; /* passed to the hooks below */
  /* A part of a step begins now, and the part before it ends. */
  void (*phase)(void *watcher, int begins);
  /* The sums of the step's losses are known; a backward pass is still to come. */
  void (*scored)(void *watcher, const int64_t *sums);
} Hooks;

/* A rank's share of a batch. */
typedef struct Share {
  size_t rows;       /* images on this rank */
  size_t batch;      /* images over all ranks */
  size_t shard_rows; /* images a shard: sums are formed shard by shard; divides rows. 0: all rows are one
                        shard */
  uint32_t sample;   /* global sample index of row 0 */
} Share;

/* One forward pass and the backward pass that belongs to it. */
typedef struct Pass {
  bool training;      /* true: batch statistics and dropout; false: running statistics and no dropout */
  Share share;        /* the rows that it works on */
  RngKey key;         /* seed, step and the stream of dropout (the layer's index is added) */
  const Hooks *hooks; /* NULL: one process */
  int network;        /* which network it is, for the hooks */
  int64_t *moments; /* in training with statistics of shards: a block like that of running statistics, zeroed,
                       to which the exact sums of x and of x x of this rank are added */
} Pass;

/* Which of a layer's gradients a backward pass computes. */
typedef enum GradientParts { GRADIENTS_ALL, GRADIENTS_KERNEL, GRADIENTS_BIAS } GradientParts;

/* The arrays of one layer in one call. N = pass->share.rows. */
typedef struct LayerArrays {
  const float *x;      /* (N, in) */
  float *y;            /* (N, out) */
  const float *skip;   /* (N, out) of layer->source, or its tangent; NULL: none */
  const float *params; /* block of the network; gradients have the same offsets */
  float *running;      /* block of running statistics; written by a forward pass in training */
  float *saved;   /* kept from forward to backward: layer->saved_per_row * N + layer->saved_fixed floats */
  float *scratch; /* scratch of layer->scratch floats */
  double *sums;   /* scratch of layer->sums doubles */
  int64_t *exact_sums; /* scratch of layer->sums integers */
  /* backward only */
  const float *dy;   /* (N, out) */
  float *dx;         /* (N, in), overwritten; NULL: not computed. May be dy where in and out are equal */
  GradientSum grads; /* accumulates; empty: not computed */
  GradientParts parts;
  /* tangent only */
  const float *tx; /* (N, in) */
  float *ty;       /* (N, out), overwritten. May be tx in a layer that works in place */
} LayerArrays;

typedef void LayerFunction(const Layer *layer, const LayerArrays *arrays, const Pass *pass);

typedef struct LayerOps {
  const char *kind;       /* "dense": the name in architecture files */
  const char *keras_name; /* "dense", "leaky_re_lu": the stem of Keras' layer names, which are ours too */
  /* From layer->in and the settings: set out, saved_per_row, saved_fixed and sums, and add tensors.
   * GT_USAGE, with a message, where the layer cannot follow the one before it. */
  Status (*infer)(Layer *layer, Arena *params, Arena *running);
  /* Initial values into the blocks p (parameters) and r (running statistics); NULL: the layer has none. */
  void (*init)(const Layer *layer, float *p, float *r, RngKey key);
  LayerFunction *forward;
  LayerFunction *backward; /* NULL: an alias, or network_backward passes its gradient on (add) */
  /* ty := J tx, where J is d y / d x at the rows of the last forward pass in training: the layer without
   * its bias and with the same masks. NULL: the layer is an alias, or it is not piecewise linear row by
   * row. */
  LayerFunction *tangent;
  /* Moves the running statistics by what a pass left in its moments, summed over all ranks with `batch` rows.
   * NULL: the layer needs no such call. */
  void (*settle)(const Layer *layer, float *running, const int64_t *moments, size_t batch);
  /* Multiply-adds of one row's forward pass, padding included; matrix products only. NULL: it has none. */
  double (*work)(const Layer *layer);
  /* An upper bound of the parts that a row adds to any exact gradient sum in one backward pass. May be
   * NULL only for a layer without parameters. */
  size_t (*parts)(const Layer *layer);
  bool in_place; /* y may be written over x, because backward reads y at most: the layer shares the buffer of
                    the one before it */
  bool reads_output; /* backward reads y, so the next layer must not write over it */
  bool couples_rows; /* a row's output depends on the other rows: all rows must come in one call */
} LayerOps;

/* The settings of a layer as an architecture gives them; each kind reads its own fields. */
typedef struct LayerSpec {
  const LayerOps *ops;
  int units;              /* dense; conv2d and conv2d_transpose: filters */
  int window_h, window_w; /* conv2d, conv2d_transpose, pooling: kernel or pool size; up_sampling2d: factors */
  int stride_h, stride_w; /* 0: 1 for convolutions, the window for pooling */
  bool valid;             /* padding 'valid' instead of 'same' */
  bool no_bias;           /* dense, conv2d, conv2d_transpose */
  Shape target;           /* reshape; conv2d_transpose: h and w of its output, 0 for Keras' own */
  float slope;            /* leaky_relu */
  float rate;             /* dropout */
  float momentum, epsilon; /* batch_normalization */
  bool by_shard;           /* batch_normalization: statistics of each shard, not of the batch of all ranks */
  Initializer kernel;      /* dense, conv2d, conv2d_transpose */
  float gain;              /* conv2d, conv2d_transpose: its initial values times this; 0: 1 */
  int inside;              /* add: layers between it and the one whose output it adds */
} LayerSpec;

struct Layer {
  LayerSpec spec;
  int index;              /* position in the network */
  char name[GT_NAME_MAX]; /* unique in the network: "dense", "dense_1" */
  Shape in, out;          /* of one row */
  int source;             /* add: the layer whose output is added; else -1 */
  int params[2];          /* table index of its parameter tensors, -1 where none */
  int running[2];         /* table index of its running statistics, -1 where none */
  size_t params_first;    /* its floats in the parameter block, from params_first, gaps included */
  size_t params_count;
  size_t p[2];                       /* offsets of params[] in their block, in floats */
  size_t r[2];                       /* offsets of running[] */
  bool alias;                        /* y is x: flatten, reshape */
  size_t saved_per_row, saved_fixed; /* floats */
  size_t sums;                       /* doubles */
  size_t scratch;                    /* floats */
  ConvGeometry conv;                 /* conv2d, conv2d_transpose, pooling */
};

static inline double layer_work(const Layer *layer) {
  return layer->spec.ops->work == NULL ? 0.0 : layer->spec.ops->work(layer);
}

/* For a layer that adds at most one part per row to any sum. */
static inline size_t layer_part_a_row(const Layer *layer) {
  (void)layer;
  return 1;
}

/* Are parameter gradients to be computed? */
static inline bool gradients_wanted(const GradientSum *grads) {
  return grads->sum != NULL || grads->exact != NULL;
}

/* Rows that are summed together: those of one shard, or all where there are fewer. */
static inline size_t share_shard_rows(const Share *share) {
  return share->shard_rows > 0 && share->shard_rows < share->rows ? share->shard_rows : share->rows;
}

extern const LayerOps layer_dense, layer_conv2d, layer_conv2d_transpose, layer_leaky_relu, layer_relu,
    layer_tanh, layer_sigmoid, layer_batch_normalization, layer_dropout, layer_flatten, layer_reshape,
    layer_max_pooling2d, layer_average_pooling2d, layer_up_sampling2d, layer_add;

/* The kind of that name, NULL where there is none. */
const LayerOps *layer_find(const char *kind);

/* Fill a tensor of `count` elements. The random numbers of tensor t are those of (key, sample = t). */
void initializer_fill(float *tensor, Initializer initializer, size_t fan_in, size_t fan_out, size_t count,
                      RngKey key, uint32_t tensor_index);

#endif
