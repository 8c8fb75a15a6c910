/* Rig: a small network with numbers in it, in float and in double, and the list of networks that the tests of
 * the layers go through. */
#ifndef GANTRAIN_TESTS_RIG_H
#define GANTRAIN_TESTS_RIG_H

#include "gantrain/nn/network.h"

enum { ROWS = 5, TAPE_ROWS = 8, CASE_LAYERS = 12, RIG_SAMPLE = 11 };

typedef struct Case {
  const char *what;
  Shape in;
  LayerSpec specs[CASE_LAYERS];
} Case;

#define DENSE(n) \
  { .ops = &layer_dense, .units = (n), .kernel = INITIALIZER_GLOROT_UNIFORM }
#define LEAKY \
  { .ops = &layer_leaky_relu, .slope = 0.2F }
#define NORM \
  { .ops = &layer_batch_normalization, .momentum = 0.8F, .epsilon = 1e-3F }
#define DROPOUT \
  { .ops = &layer_dropout, .rate = 0.3F }
/* ADD(layers inside) */
#define ADD(n) \
  { .ops = &layer_add, .inside = (n) }
#define FLATTEN \
  { .ops = &layer_flatten }

/* FILTERS(kind, filters, rows, columns, stride down, stride along, further settings...) */
#define FILTERS(kind, k, r, s, down, along, ...)                                              \
  {                                                                                           \
    .ops = &layer_##kind, .units = (k), .window_h = (r), .window_w = (s), .stride_h = (down), \
    .stride_w = (along), .kernel = INITIALIZER_GLOROT_UNIFORM, __VA_ARGS__                    \
  }
/* POOL(kind, rows, columns, stride down, stride along, further settings...) */
#define POOL(kind, r, s, down, along, ...)                                                           \
  {                                                                                                  \
    .ops = &layer_##kind, .window_h = (r), .window_w = (s), .stride_h = (down), .stride_w = (along), \
    __VA_ARGS__                                                                                      \
  }

extern const Case cases[];
extern const int cases_count;

/* A network with numbers in it, in float and in double. */
typedef struct Rig {
  Network network;
  Tape tape;
  size_t rows, in, out;
  float *params, *running, *grads, *x, *dy;
  double *Params, *Running, *X, *Y;
} Rig;

/* The network of a case with parameters, input and dy of order 1. Ends the program where that fails. */
void rig_setup(Rig *rig, const Case *c, size_t rows);
/* The same, with every segment that may be cut run in chunks of at most `chunk` rows. */
void rig_setup_in_chunks(Rig *rig, const Case *c, size_t rows, size_t chunk);
void rig_teardown(Rig *rig);
/* One process, all rows. */
Pass rig_pass(const Rig *rig, bool training);

#endif
