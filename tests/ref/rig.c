#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include "gantrain/check.h"
#include "gantrain/memory.h"
#include "ref.h"

const Case cases[] = {
    {"dense", {1, 1, 7}, {DENSE(5)}},
    {"dense to one", {1, 1, 3}, {DENSE(1)}},
    {"leaky_relu", {1, 1, 9}, {LEAKY}},
    {"relu", {2, 2, 3}, {{.ops = &layer_relu}}},
    {"tanh", {1, 1, 19}, {{.ops = &layer_tanh}}},
    {"sigmoid", {1, 1, 19}, {{.ops = &layer_sigmoid}}},
    {"batch_normalization", {1, 1, 6}, {NORM}},
    {"batch_normalization of images", {3, 2, 4}, {NORM}},
    {"dropout", {1, 1, 33}, {DROPOUT}},
    {"flatten", {3, 2, 2}, {FLATTEN}},
    {"reshape", {1, 1, 12}, {{.ops = &layer_reshape, .target = {3, 4, 1}}}},
    {"flatten, dense", {3, 2, 2}, {FLATTEN, DENSE(4)}},
    {"dense, flatten, dropout", {1, 1, 4}, {DENSE(6), FLATTEN, DROPOUT}},
    {"generator", {1, 1, 6}, {DENSE(8), LEAKY, NORM, DENSE(8), LEAKY, NORM, DENSE(12), {.ops = &layer_tanh}}},
    {"discriminator", {3, 4, 1}, {FLATTEN, DENSE(16), LEAKY, DROPOUT, DENSE(1)}},
};
const int cases_count = sizeof cases / sizeof *cases;

static int case_layers(const Case *c) {
  int count = 0;
  while (count < CASE_LAYERS && c->specs[count].ops != NULL) {
    count++;
  }
  return count;
}

void rig_setup(Rig *rig, const Case *c, size_t rows) {
  memset(rig, 0, sizeof *rig);
  GT_CHECK(network_build(&rig->network, "network", c->in, c->specs, case_layers(c)) == GT_OK, "%s",
           status_message());
  Network *network = &rig->network;
  rig->rows = rows;
  rig->in = shape_count(network->in);
  rig->out = shape_count(network->out);
  GT_CHECK(tape_create(&rig->tape, network, rows + TAPE_ROWS - ROWS, true) == GT_OK, "%s", status_message());
  rig->params = arena_block(&network->params);
  rig->running = arena_block(&network->running);
  rig->grads = arena_block(&network->params);
  network_init(network, rig->params, rig->running, 3, RNG_INIT_GENERATOR);
  for (int t = 0; t < network->params.tensors_count; t++) { /* no bias is 0, no gamma 1 */
    const Tensor *tensor = &network->params.tensors[t];
    float *noise = ref_floats(tensor->count);
    ref_fill(noise, tensor->count, 0.5, 100 + (uint32_t)t);
    for (size_t i = 0; i < tensor->count; i++) {
      rig->params[tensor->first + i] += noise[i];
    }
    free(noise);
  }
  rig->x = ref_floats(rows * rig->in);
  rig->dy = ref_floats(rows * rig->out);
  ref_fill(rig->x, rows * rig->in, 2.0, 1);
  ref_fill(rig->dy, rows * rig->out, 1.0, 2);
  rig->Params = ref_doubles(network->params.count);
  rig->Running = ref_doubles(network->running.count);
  rig->X = ref_doubles(rows * rig->in);
  rig->Y = ref_doubles(rows * rig->out);
  ref_widen(rig->Params, rig->params, network->params.count);
  ref_widen(rig->Running, rig->running, network->running.count);
  ref_widen(rig->X, rig->x, rows * rig->in);
}

void rig_teardown(Rig *rig) {
  tape_free(&rig->tape);
  memory_free(rig->params);
  memory_free(rig->running);
  memory_free(rig->grads);
  void *blocks[] = {rig->x, rig->dy, rig->Params, rig->Running, rig->X, rig->Y};
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    free(blocks[b]);
  }
}

Pass rig_pass(const Rig *rig, bool training) {
  return (Pass){.training = training,
                .rows = rig->rows,
                .batch = rig->rows,
                .sample = RIG_SAMPLE,
                .key = {31, RNG_DROPOUT_REAL, 5}};
}
