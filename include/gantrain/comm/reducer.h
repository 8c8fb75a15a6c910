/* Reducer: gradients are summed over all ranks in buckets while the backward pass goes on (the idea of
 * buckets: Li et al., "PyTorch distributed: experiences on accelerating data parallel training", VLDB 2020).
 *
 * Split-phase and collective: all ranks call begin, ready and end in the same order with the same
 * arguments. From the ready call of a bucket until end, the bucket belongs to MPI: do not read or write
 * it. Bucket borders depend on the tensor table alone. With one rank nothing is sent. */
#ifndef GANTRAIN_REDUCER_H
#define GANTRAIN_REDUCER_H

#include "gantrain/comm/comm.h"

typedef struct Reducer Reducer;

typedef enum ReducerType {
  REDUCER_FLOAT, /* float, added in an order that MPI chooses */
  REDUCER_INT64  /* int64_t: exact sums, the same in any order */
} ReducerType;

/* For a block of `count` values whose tensors begin at starts[tensors] (ascending, starts[0] = 0). A bucket
 * is a run of whole tensors. `values` must outlive the reducer, `starts` is copied. GT_FAILED: memory.
 * GT_USAGE: a bucket of more than INT_MAX values. */
Status reducer_create(Reducer **reducer, const World *world, ReducerType type, void *values, size_t count,
                      const size_t *starts, int tensors);
/* Waits for the reductions that were started. Collective; NULL is allowed. */
void reducer_free(Reducer *reducer);

/* Begin a new set of gradients. */
void reducer_begin(Reducer *reducer);
/* Values [first, end of the block) are final: start the reduction of every bucket that is complete. */
void reducer_ready(Reducer *reducer, size_t first);
/* Let MPI make progress, without waiting. Not collective. */
void reducer_poll(Reducer *reducer);
/* Wait until the whole block holds the sums. */
void reducer_end(Reducer *reducer);

/* Seconds spent waiting in reducer_end, and bytes sent to be reduced, since creation. Not collective. */
double reducer_waited(const Reducer *reducer);
size_t reducer_bytes(const Reducer *reducer);

/* Tally: a few integers are summed over ranks while other work goes on. One tally at a time. */
void tally_begin(int64_t *values, int n);
void tally_end(void);

#endif
