/* How a network processes its rows: chunk by chunk, each with the arrays of its rows. */
#ifndef GANTRAIN_CHUNKS_H
#define GANTRAIN_CHUNKS_H

#include "gantrain/nn/network.h"

/* How many rows from `row` on form the segment's next chunk: whole shards, or a part of one, because a
 * shard's sums must not depend on the other shards. */
size_t segment_chunk_rows(const Segment *segment, const Pass *pass, size_t row);

/* The rows [row, row + rows) of a pass, as a pass of their own. */
Pass pass_part(const Pass *pass, size_t row, size_t rows);

/* The arrays of layer i from row `row` on, without gradients. x is the network's input. */
LayerArrays tape_arrays(const Network *network, const Tape *tape, int i, const float *x, size_t row);

/* Calls the layer's `function`. In sanitizer builds the gaps behind the layer's own tensors are poisoned
 * during the call, but not between calls, when whole blocks are processed. */
void layer_run(const Network *network, const Layer *layer, LayerFunction *function, const LayerArrays *arrays,
               const Pass *pass);

/* Lets messages make progress, between layers. */
void pass_progress(const Pass *pass);

#endif
