#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"
#include "ref.h"

const Case cases[] = {
    {"dense", {1, 1, 7}, {DENSE(5)}},
    {"dense to one", {1, 1, 3}, {DENSE(1)}},
    {"leaky_relu", {1, 1, 9}, {LEAKY}},
    {"relu", {2, 2, 3}, {{.ops = &layer_relu}}},
    {"tanh", {1, 1, 19}, {{.ops = &layer_tanh}}},
    {"sigmoid", {1, 1, 19}, {{.ops = &layer_sigmoid}}},
    {"signs under a sigmoid",
     {1, 1, 7},
     {{.ops = &layer_dense, .units = 9}, {.ops = &layer_leaky_relu, .slope = 0.2F}, {.ops = &layer_sigmoid}}},
    {"signs under a tanh",
     {1, 1, 7},
     {{.ops = &layer_dense, .units = 9}, {.ops = &layer_leaky_relu, .slope = 0.2F}, {.ops = &layer_tanh}}},
    {"batch_normalization", {1, 1, 6}, {NORM}},
    {"batch_normalization of images", {3, 2, 4}, {NORM}},
    {"dropout", {1, 1, 33}, {DROPOUT}},
    {"flatten", {3, 2, 2}, {FLATTEN}},
    {"reshape", {1, 1, 12}, {{.ops = &layer_reshape, .target = {3, 4, 1}}}},
    {"flatten, dense", {3, 2, 2}, {FLATTEN, DENSE(4)}},
    {"dense, flatten, dropout", {1, 1, 4}, {DENSE(6), FLATTEN, DROPOUT}},
    {"dense without bias", {1, 1, 7}, {{.ops = &layer_dense, .units = 5, .no_bias = true}}},
    {"conv2d", {5, 4, 2}, {FILTERS(conv2d, 3, 3, 3, 1, 1, .valid = false)}},
    {"conv2d, stride 2, even size", {6, 6, 1}, {FILTERS(conv2d, 2, 5, 5, 2, 2, .valid = false)}},
    {"conv2d, odd sizes, unequal strides", {7, 5, 2}, {FILTERS(conv2d, 3, 4, 3, 2, 3, .valid = false)}},
    {"conv2d, window above the image", {2, 1, 3}, {FILTERS(conv2d, 2, 5, 4, 2, 1, .valid = false)}},
    {"conv2d, valid", {6, 7, 2}, {FILTERS(conv2d, 3, 3, 2, 2, 3, .valid = true)}},
    {"conv2d, no bias", {4, 3, 2}, {FILTERS(conv2d, 1, 3, 3, 0, 0, .no_bias = true)}},
    {"conv2d_transpose", {3, 2, 2}, {FILTERS(conv2d_transpose, 3, 3, 3, 1, 1, .valid = false)}},
    {"conv2d_transpose, stride 2", {3, 2, 2}, {FILTERS(conv2d_transpose, 2, 5, 5, 2, 2, .valid = false)}},
    {"conv2d_transpose to odd sizes",
     {3, 4, 2},
     {FILTERS(conv2d_transpose, 1, 5, 5, 2, 2, .target = {5, 7, 0})}},
    {"conv2d_transpose to one pixel",
     {1, 1, 3},
     {FILTERS(conv2d_transpose, 2, 5, 5, 2, 2, .target = {1, 1, 0})}},
    {"conv2d_transpose, one size given",
     {2, 2, 2},
     {FILTERS(conv2d_transpose, 2, 4, 3, 3, 2, .target = {4, 0, 0})}},
    {"conv2d_transpose, valid, no bias",
     {3, 2, 2},
     {FILTERS(conv2d_transpose, 2, 2, 4, 3, 2, .valid = true, .no_bias = true)}},
    {"max_pooling2d", {5, 4, 3}, {POOL(max_pooling2d, 2, 2, 0, 0, .valid = true)}},
    {"max_pooling2d, overlapping", {5, 6, 2}, {POOL(max_pooling2d, 3, 3, 2, 1, .valid = false)}},
    {"average_pooling2d", {4, 6, 3}, {POOL(average_pooling2d, 2, 3, 0, 0, .valid = true)}},
    {"average_pooling2d, overlapping", {5, 6, 2}, {POOL(average_pooling2d, 3, 4, 2, 1, .valid = false)}},
    {"up_sampling2d", {2, 3, 2}, {POOL(up_sampling2d, 2, 3, 0, 0, .valid = false)}},
    {"conv2d to pooling",
     {6, 5, 2},
     {FILTERS(conv2d, 4, 3, 3, 1, 1, .no_bias = true), NORM, LEAKY, DROPOUT,
      POOL(max_pooling2d, 2, 2, 0, 0, .valid = false), FLATTEN, DENSE(2)}},
    {"pooling without normalisation",
     {5, 7, 2},
     {FILTERS(conv2d, 3, 4, 4, 2, 2, .valid = false),
      LEAKY,
      DROPOUT,
      POOL(max_pooling2d, 2, 2, 1, 1, .valid = false),
      FILTERS(conv2d_transpose, 2, 4, 4, 2, 2, .target = {5, 7, 0}),
      {.ops = &layer_relu},
      POOL(average_pooling2d, 2, 3, 0, 0, .valid = false),
      POOL(up_sampling2d, 1, 2, 0, 0, .valid = false),
      FLATTEN,
      DENSE(3),
      LEAKY,
      DENSE(1)}},
    {"up_sampling2d to conv2d",
     {2, 3, 2},
     {POOL(up_sampling2d, 2, 1, 0, 0, .valid = false), FILTERS(conv2d, 3, 3, 3, 1, 1, .valid = false), NORM,
      POOL(average_pooling2d, 2, 2, 0, 0, .valid = false), FLATTEN, LEAKY}},
    {"add",
     {2, 3, 2},
     {FILTERS(conv2d, 3, 1, 1, 1, 1, .valid = false), FILTERS(conv2d, 3, 3, 2, 1, 1, .no_bias = true),
      ADD(1)}},
    {"add, dense", {1, 1, 5}, {DENSE(4), DENSE(6), LEAKY, DENSE(4), ADD(3), LEAKY, DENSE(1)}},
    {"add after add, chained",
     {3, 1, 2},
     {FILTERS(conv2d, 2, 3, 3, 1, 1, .valid = false), FILTERS(conv2d, 3, 1, 1, 1, 1, .valid = false), LEAKY,
      FILTERS(conv2d, 2, 3, 3, 1, 1, .no_bias = true), ADD(3), FILTERS(conv2d, 2, 3, 1, 1, 1, .valid = false),
      ADD(1), LEAKY, FLATTEN, DENSE(2)}},
    {"add to an alias, with dropout",
     {1, 1, 3},
     {DENSE(8),
      {.ops = &layer_reshape, .target = {2, 2, 2}},
      FILTERS(conv2d, 3, 1, 1, 1, 1, .valid = false),
      LEAKY,
      DROPOUT,
      FILTERS(conv2d, 2, 3, 3, 1, 1, .valid = false),
      ADD(4),
      FLATTEN,
      DROPOUT,
      DENSE(1)}},
    {"add after a layer that couples rows",
     {2, 2, 1},
     {FILTERS(conv2d, 2, 3, 3, 1, 1, .valid = false),
      NORM,
      FILTERS(conv2d, 2, 3, 3, 1, 1, .valid = false),
      ADD(1),
      NORM,
      {.ops = &layer_tanh}}},
    {"small dcgan generator",
     {1, 1, 4},
     {{.ops = &layer_dense, .units = 8, .no_bias = true},
      {.ops = &layer_reshape, .target = {2, 1, 4}},
      NORM,
      LEAKY,
      FILTERS(conv2d_transpose, 3, 5, 5, 2, 2, .target = {3, 2, 0}, .no_bias = true),
      NORM,
      LEAKY,
      FILTERS(conv2d_transpose, 1, 5, 5, 2, 2, .target = {6, 3, 0}),
      {.ops = &layer_tanh}}},
    {"small dcgan discriminator",
     {6, 3, 1},
     {FILTERS(conv2d, 3, 5, 5, 2, 2, .valid = false), LEAKY, DROPOUT,
      FILTERS(conv2d, 4, 5, 5, 2, 2, .valid = false), LEAKY, DROPOUT, FLATTEN, DENSE(1)}},
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
  rig_setup_in_chunks(rig, c, rows, 0);
}

/* Chunks of 0 rows: as the network was built. */
static void set_chunks(Network *network, size_t chunk) {
  for (int s = 0; s < network->segments_count; s++) {
    Segment *segment = &network->segments[s];
    if (chunk > 0 && !network->layers[segment->first].spec.ops->couples_rows) {
      segment->chunk = chunk;
    }
  }
}

void rig_setup_in_chunks(Rig *rig, const Case *c, size_t rows, size_t chunk) {
  memset(rig, 0, sizeof *rig);
  GT_CHECK(network_build(&rig->network, "network", c->in, c->specs, case_layers(c)) == GT_OK, "%s",
           status_message());
  Network *network = &rig->network;
  set_chunks(network, chunk);
  rig->rows = rows;
  rig->in = shape_count(network->in);
  rig->out = shape_count(network->out);
  GT_CHECK(tape_create(&rig->tape, network, rows + TAPE_ROWS - ROWS, TAPE_TRAINING) == GT_OK, "%s",
           status_message());
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
                .share = {.rows = rig->rows, .batch = rig->rows, .sample = RIG_SAMPLE},
                .key = {31, RNG_DROPOUT_REAL, 5}};
}
