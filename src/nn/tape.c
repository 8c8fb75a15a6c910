#include <string.h>

#include "carve.h"
#include "gantrain/base/memory.h"
#include "gantrain/nn/network.h"

/* Places all buffers in `block`, or only counts their floats where block is NULL. Returns the floats used. */
static size_t lay_out(Tape *tape, const Network *network, float *block, TapeKind kind) {
  const bool backward = kind == TAPE_TRAINING;
  size_t used = 0, widest = shape_count(network->in), chunk_floats = 0, scratch = 0, sums = 0;
  tape->x = carve(block, &used, tape->rows * widest);
  bool adds = false;
  int below = -1; /* the last layer with a buffer */
  for (int i = 0; i < network->layers_count; i++) {
    const Layer *layer = &network->layers[i];
    adds = adds || layer->source >= 0;
    if (!layer->alias) {
      bool shares = below >= 0 && layer->spec.ops->in_place && !network->layers[below].spec.ops->reads_output;
      tape->out[i] = shares ? tape->out[below] : carve(block, &used, tape->rows * shape_count(layer->out));
      below = i;
      tape->saved[i] = carve(block, &used, tape->rows * layer->saved_per_row + layer->saved_fixed);
    }
    scratch = layer->scratch > scratch ? layer->scratch : scratch;
    sums = layer->sums > sums ? layer->sums : sums;
  }
  for (int s = 0; s < network->segments_count; s++) {
    const Segment *segment = &network->segments[s];
    size_t border = shape_count(network->layers[segment->first].in);
    size_t rows = segment->chunk < tape->rows ? segment->chunk : tape->rows;
    widest = border > widest ? border : widest;
    for (int i = segment->first + 1; i < segment->end; i++) {
      size_t inside = rows * shape_count(network->layers[i].in);
      chunk_floats = inside > chunk_floats ? inside : chunk_floats;
    }
  }
  for (int i = 0; i < 2 && backward; i++) {
    tape->dx[i] = carve(block, &used, tape->rows * widest);
    tape->chunk_dx[i] = carve(block, &used, chunk_floats);
  }
  tape->skip_dx = backward && adds ? carve(block, &used, chunk_floats) : NULL;
  tape->scratch = carve(block, &used, scratch);
  tape->sums = (double *)(void *)carve(block, &used, 2 * sums);
  tape->exact_sums = (int64_t *)(void *)carve(block, &used, 2 * sums);
  return used;
}

Status tape_create(Tape *tape, const Network *network, size_t rows, TapeKind kind) {
  memset(tape, 0, sizeof *tape);
  tape->rows = rows;
  float *block = memory_alloc(lay_out(tape, network, NULL, kind), sizeof *block);
  if (block == NULL) {
    return GT_FAILED;
  }
  lay_out(tape, network, block, kind);
  tape->block = block;
  return GT_OK;
}

void tape_free(Tape *tape) {
  memory_free(tape->block);
  memset(tape, 0, sizeof *tape);
}
