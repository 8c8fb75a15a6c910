/* Gradients summed in buckets: the result is the sum over all ranks, whatever the tensor table and however
 * the ready calls come; two reducers and a tally may be under way at once. Numbers are small integers, so
 * sums are exact in any order. */
#include <math.h>
#include <stdlib.h>

#include "gantrain/base/check.h"
#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/comm/reducer.h"

enum { TENSORS_MAX = 300 };

static float part_of(int rank, size_t i, int round) {
  return (float)((int)(i % 97) + 100 * rank + 7 * round);
}

static void fill(const World *world, float *grads, size_t count, int round) {
  for (size_t i = 0; i < count; i++) {
    grads[i] = part_of(world->rank, i, round);
  }
}

static void check_sums(const World *world, const float *grads, size_t count, int round) {
  for (size_t i = 0; i < count; i++) {
    float expected = 0.0F;
    for (int r = 0; r < world->size; r++) {
      expected += part_of(r, i, round);
    }
    GT_CHECK(grads[i] == expected, "round %d: element %zu is %g, expected %g", round, i, (double)grads[i],
             (double)expected);
  }
}

/* `every`: announce after each so many tensors, from the tail. */
static void announce(Reducer *reducer, const size_t *starts, int tensors, int every) {
  for (int t = tensors - 1; t >= 0; t--) {
    if (t % every == 0) {
      reducer_ready(reducer, starts[t]);
      reducer_poll(reducer);
    }
  }
}

static void check_table(const World *world, int tensors, size_t floats_each) {
  static size_t starts[TENSORS_MAX];
  size_t count = (size_t)tensors * floats_each;
  for (int t = 0; t < tensors; t++) {
    starts[t] = (size_t)t * floats_each;
  }
  float *grads = memory_alloc(count, sizeof *grads);
  Reducer *reducer;
  GT_CHECK(
      grads != NULL && reducer_create(&reducer, world, REDUCER_FLOAT, grads, count, starts, tensors) == GT_OK,
      "%s", status_message());
  reducer_poll(reducer); /* before anything is under way */
  for (int round = 0; round < 4; round++) {
    fill(world, grads, count, round);
    reducer_begin(reducer);
    reducer_poll(reducer);
    announce(reducer, starts, tensors, round == 3 ? tensors : round + 1);
    reducer_end(reducer);
    check_sums(world, grads, count, round);
    reducer_poll(reducer); /* after it has ended */
  }
  size_t expected = world->size > 1 ? 4 * count * sizeof(float) : 0;
  GT_CHECK(reducer_bytes(reducer) == expected, "%zu bytes, expected %zu", reducer_bytes(reducer), expected);
  GT_CHECK(reducer_waited(reducer) >= 0.0, "waited %g s", reducer_waited(reducer));
  reducer_free(reducer);
  memory_free(grads);
}

/* As in a training step: one player's gradients travel while the other's begin, and a tally with them. */
static void test_two_at_once(const World *world) {
  enum { COUNT = 100000 };
  const size_t starts[] = {0, 16, 70000};
  float *grads[2];
  Reducer *reducers[2];
  for (int p = 0; p < 2; p++) {
    grads[p] = memory_alloc(COUNT, sizeof(float));
    GT_CHECK(grads[p] != NULL &&
                 reducer_create(&reducers[p], world, REDUCER_FLOAT, grads[p], COUNT, starts, 3) == GT_OK,
             "%s", status_message());
  }
  for (int round = 0; round < 5; round++) {
    int64_t values[3] = {1, world->rank, -((int64_t)1 << 50)};
    for (int p = 0; p < 2; p++) {
      fill(world, grads[p], COUNT, round + p);
      reducer_begin(reducers[p]);
      announce(reducers[p], starts, 3, 1);
    }
    tally_begin(values, 3);
    reducer_poll(reducers[0]);
    reducer_end(reducers[1]);
    check_sums(world, grads[1], COUNT, round + 1);
    reducer_end(reducers[0]);
    check_sums(world, grads[0], COUNT, round);
    tally_end();
    GT_CHECK(values[0] == world->size && values[1] == world->size * (world->size - 1) / 2 &&
                 values[2] == -((int64_t)1 << 50) * world->size,
             "tally %lld %lld %lld", (long long)values[0], (long long)values[1], (long long)values[2]);
  }
  for (int p = 0; p < 2; p++) {
    reducer_free(reducers[p]);
    memory_free(grads[p]);
  }
}

int main(void) {
  World world;
  if (world_begin(&world) != GT_OK) {
    log_error("%s", status_message());
    return 1;
  }
  const struct {
    int tensors;
    size_t floats_each;
  } tables[] = {{1, 1},      {1, 200000}, {2, 16},           {7, 16},
                {10, 30000}, {3, 65536},  {TENSORS_MAX, 16}, {140, 66000}};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    check_table(&world, tables[i].tensors, tables[i].floats_each);
  }
  test_two_at_once(&world);
  log_info("reducer: %d ranks have the same sums", world.size);
  world_end();
  return 0;
}
