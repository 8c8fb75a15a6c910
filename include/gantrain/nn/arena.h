/* Arena: all parameters of a network in one aligned block, with one table that says where each tensor lies.
 *
 * The table is made once by a loop over the layers. The blocks of an arena (parameters, gradients, Adam's
 * m and v) share its offsets, so an optimiser is one flat loop and a message is pointer + count. Every
 * tensor starts on a 64-byte border; the gaps are zero and stay zero. */
#ifndef GANTRAIN_ARENA_H
#define GANTRAIN_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/status.h"

#define GT_TENSORS_MAX 128
#define GT_NAME_MAX 48
#define GT_DIMS_MAX 4

typedef struct Tensor {
  char name[GT_NAME_MAX]; /* "dense_1/kernel" */
  int dims_count;
  int shape[GT_DIMS_MAX];
  size_t first; /* offset in the block, in floats */
  size_t count; /* elements */
} Tensor;

typedef struct Arena {
  Tensor tensors[GT_TENSORS_MAX];
  int tensors_count;
  size_t count; /* floats of a block, gaps included */
} Arena;

/* A block with the name it is kept under ("/generator/parameters"). */
typedef struct Block {
  const char *group;
  const Arena *arena;
  float *data;
} Block;

/* Append a tensor "layer/part". *index = its place in the table. GT_USAGE where the table or the name is
 * full. */
Status arena_add(Arena *arena, const char *layer, const char *part, int dims_count, const int *shape,
                 int *index);

/* A zeroed block for the arena; free with memory_free. NULL, with a recorded message, where memory runs
 * out. */
float *arena_block(const Arena *arena);

/* The number of elements of all tensors, without gaps. */
size_t arena_elements(const Arena *arena);

/* XXH3-64 of the tensors in table order, without gaps, chained by `seed` (0, or the hash of another
 * arena). */
uint64_t arena_hash(const Arena *arena, const float *block, uint64_t seed);

#endif
