#include "chunks.h"
#include "gantrain/base/memory.h"

/* What is done to the gap behind a tensor. */
typedef void Gap(const void *from, size_t bytes);

/* Applies `gap` to the gap behind tensor `t` of a block with elements of `bytes` bytes; does nothing where
 * there is no tensor or no block. */
static void at_gap(Gap *gap, const Arena *arena, int t, const void *block, size_t bytes) {
  if (t >= 0 && block != NULL) {
    const Tensor *tensor = &arena->tensors[t];
    size_t end = tensor->first + tensor->count;
    size_t next = t + 1 < arena->tensors_count ? arena->tensors[t + 1].first : arena->count;
    gap((const char *)block + end * bytes, (next - end) * bytes);
  }
}

static void at_gaps(Gap *gap, const Network *network, const Layer *layer, const LayerArrays *a) {
  for (int i = 0; i < 2; i++) {
    at_gap(gap, &network->params, layer->params[i], a->params, sizeof *a->params);
    at_gap(gap, &network->params, layer->params[i], a->grads.sum, sizeof *a->grads.sum);
    at_gap(gap, &network->params, layer->params[i], a->grads.exact, sizeof *a->grads.exact);
    at_gap(gap, &network->running, layer->running[i], a->running, sizeof *a->running);
  }
}

void layer_run(const Network *network, const Layer *layer, LayerFunction *function, const LayerArrays *arrays,
               const Pass *pass) {
  at_gaps(memory_poison, network, layer, arrays);
  function(layer, arrays, pass);
  at_gaps(memory_allow, network, layer, arrays);
}
