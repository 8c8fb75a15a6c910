/* Network: a chain of layers on two arenas (parameters, running statistics), and Tape: the activations of one
 * pass. A network is immutable after network_build and holds no numbers; blocks and tapes are the caller's.
 */
#ifndef GANTRAIN_NETWORK_H
#define GANTRAIN_NETWORK_H

#include "gantrain/nn/layer.h"

#define GT_LAYERS_MAX 64
_Static_assert(GT_LAYERS_MAX <= RNG_LAYERS, "a layer would draw from another use's stream");

/* Layers [first, end), run one after the other for one chunk of rows and then for the next, so that the
 * output of a layer is still in cache when the next layer reads it. A layer that couples rows is a segment
 * of its own. */
typedef struct Segment {
  int first, end;
  size_t chunk; /* rows, at most */
} Segment;

typedef struct Network {
  char name[GT_NAME_MAX]; /* "generator" */
  Shape in, out;
  int layers_count;
  Layer layers[GT_LAYERS_MAX];
  int segments_count;
  Segment segments[GT_LAYERS_MAX];
  Arena params;
  Arena running;
} Network;

/* Infer every layer's shapes from `in` and lay out the arenas. GT_USAGE, with the layer's name, where a
 * layer does not fit the one before it. */
Status network_build(Network *network, const char *name, Shape in, const LayerSpec *specs, int specs_count);

/* Initial values of both blocks, as a pure function of seed and stream: the same on every rank. */
void network_init(const Network *network, float *params, float *running, uint64_t seed, RngStream stream);

/* An upper bound of the parts that a shard of `shard_rows` rows adds to any exact gradient sum in one
 * backward pass. */
size_t network_exact_parts(const Network *network, size_t shard_rows);

/* After a pass in training with statistics of shards: running statistics by its moments, which are summed
 * over all ranks. `batch` rows were in the pass on all of them. */
void network_settle(const Network *network, float *running, const int64_t *moments, size_t batch);

typedef struct Tape {
  size_t rows;                   /* at most this many images */
  float *x;                      /* (rows, in): the caller may fill it and pass it as input */
  const float *y[GT_LAYERS_MAX]; /* (rows, out) of every layer in the last forward pass */
  float *out[GT_LAYERS_MAX];     /* where y is written, which may be the input's buffer; NULL: y is x */
  float *saved[GT_LAYERS_MAX];   /* what a layer keeps from forward to backward */
  float *dx[2];       /* gradients between segments, all rows, in turn; NULL in an inference tape */
  float *chunk_dx[2]; /* gradients inside a segment, one chunk, in turn */
  float *skip_dx;     /* gradient of the add whose branch is passed through, one chunk */
  float *scratch;     /* of the layer that needs most */
  double *sums;
  int64_t *exact_sums;
  float *block; /* the one allocation */
} Tape;

typedef enum TapeKind {
  TAPE_FORWARD, /* for forward passes only */
  TAPE_TRAINING /* for backward passes, too */
} TapeKind;

/* Allocates all buffers in one block. GT_FAILED: memory. */
Status tape_create(Tape *tape, const Network *network, size_t rows, TapeKind kind);
void tape_free(Tape *tape);

/* Returns the output, (pass->share.rows, out), inside the tape until its next use. x is (pass->share.rows,
 * in) and must stay unchanged until the backward pass is done. Collective in training when hooks->sum is set.
 */
const float *network_forward(const Network *network, const float *params, float *running, Tape *tape,
                             const float *x, const Pass *pass);

/* The backward pass of the tape's last forward pass. dy is (pass->share.rows, out). grads accumulates; empty:
 * no parameter gradients are computed. Returns d loss / d x, (pass->share.rows, in), inside the tape, or NULL
 * without want_dx. */
const float *network_backward(const Network *network, const float *params, GradientSum grads, Tape *tape,
                              const float *x, const float *dy, bool want_dx, const Pass *pass);

#endif
