#include "gantrain/nn/arena.h"

#include <stdio.h>
#include <xxhash.h>

#include "carve.h"
#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"

Status arena_add(Arena *arena, const char *layer, const char *part, int dims_count, const int *shape,
                 int *index) {
  GT_CHECK(dims_count >= 1 && dims_count <= GT_DIMS_MAX, "%s/%s has %d dimensions", layer, part, dims_count);
  if (arena->tensors_count == GT_TENSORS_MAX) {
    return status_set(GT_USAGE, "layer %s: a network has at most %d tensors; use fewer layers", layer,
                      GT_TENSORS_MAX);
  }
  Tensor *tensor = &arena->tensors[arena->tensors_count];
  *tensor = (Tensor){.dims_count = dims_count, .first = arena->count, .count = 1};
  if (snprintf(tensor->name, sizeof tensor->name, "%s/%s", layer, part) >= (int)sizeof tensor->name) {
    return status_set(GT_USAGE, "layer name %s is too long", layer);
  }
  for (int d = 0; d < dims_count; d++) {
    tensor->shape[d] = shape[d];
    tensor->count *= (size_t)shape[d];
  }
  arena->count += carve_stride(tensor->count);
  *index = arena->tensors_count++;
  return GT_OK;
}

float *arena_block(const Arena *arena) {
  return memory_alloc(arena->count, sizeof(float));
}

size_t arena_elements(const Arena *arena) {
  size_t elements = 0;
  for (int t = 0; t < arena->tensors_count; t++) {
    elements += arena->tensors[t].count;
  }
  return elements;
}

uint64_t arena_hash(const Arena *arena, const float *block, uint64_t seed) {
  for (int t = 0; t < arena->tensors_count; t++) {
    const Tensor *tensor = &arena->tensors[t];
    seed = XXH3_64bits_withSeed(block + tensor->first, tensor->count * sizeof *block, seed);
  }
  return seed;
}
