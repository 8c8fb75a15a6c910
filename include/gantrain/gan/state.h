/* The state of a run as one list of named blocks: all that a checkpoint holds, hashes cover, copies copy and
 * a resume hands to every rank.
 *
 * To add a block (a moving average, another optimiser's moments): its pointer in a Player and a row in the
 * table of src/gan/state.c. */
#ifndef GANTRAIN_STATE_H
#define GANTRAIN_STATE_H

#include "gantrain/nn/arena.h"

#define STATE_BLOCKS_MAX 16

/* Blocks whose numbers somebody needs by name. */
#define STATE_G_PARAMETERS "/generator/parameters"
#define STATE_G_RUNNING "/generator/running"
#define STATE_G_AVERAGE "/generator/average" /* where the recipe has --average */
#define STATE_D_PARAMETERS "/discriminator/parameters"
#define STATE_D_RUNNING "/discriminator/running"

typedef struct State {
  Block blocks[STATE_BLOCKS_MAX];
  int count;
} State;

/* Blocks like those of `other`, zeroed, on the same arenas, which must live as long. GT_FAILED: memory. Free
 * with state_free in any case. */
Status state_create_like(State *state, const State *other);
void state_free(State *state);

/* The numbers of `from`, whose blocks are the same. */
void state_copy(State *state, const State *from);

/* Hash of all tensors of all blocks, in the list's order, chained by `seed`. */
uint64_t state_hash(const State *state, uint64_t seed);

/* Bytes of all blocks. */
size_t state_bytes(const State *state);

/* The numbers of the block of that name, which must be there. */
float *state_find(const State *state, const char *group);

#endif
