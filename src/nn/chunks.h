/* How a network goes through its rows: chunk after chunk, each with the arrays of its rows. */
#ifndef GANTRAIN_CHUNKS_H
#define GANTRAIN_CHUNKS_H

#include "gantrain/nn/network.h"

/* How many rows from `row` on make the segment's next chunk: whole shards, or a part of one, since a shard's
 * sums must not depend on the shards beside it. */
size_t segment_chunk_rows(const Segment *segment, const Pass *pass, size_t row);

/* The rows [row, row + rows) of a pass, as a pass of their own. */
Pass pass_part(const Pass *pass, size_t row, size_t rows);

/* The arrays of layer i from row `row` on, without gradients. x is the network's input. */
LayerArrays tape_arrays(const Network *network, const Tape *tape, int i, const float *x, size_t row);

/* The layer's `function`. In sanitizer builds it may not touch the gaps behind the layer's own tensors; who
 * walks through whole blocks, between such calls, may. */
void layer_run(const Network *network, const Layer *layer, LayerFunction *function, const LayerArrays *arrays,
               const Pass *pass);

/* Between layers: messages are moved along. */
void pass_progress(const Pass *pass);

#endif
