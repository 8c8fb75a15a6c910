/* Images for bench: a data set, or noise of MNIST's shape in a feed without a file. */
#include <string.h>

#include "gantrain/base/memory.h"
#include "gantrain/bench/bench.h"

#define EPOCH_STEPS 32 /* synthetic images repeat after so many steps */

static const Shape synthetic = {28, 28, 1};

/* A step. */
static size_t batches_of(const BenchPlan *plan) {
  return (size_t)plan->options->value[OPTION_D_STEPS].integer;
}

/* As feed_open would leave it: one shard a rank, uint8 pixels. */
static void make_synthetic(Feed *feed, const BenchPlan *plan) {
  size_t ranks = (size_t)plan->world->size, batches = batches_of(plan);
  *feed = (Feed){
      .info = {.image = synthetic, .rows = {batches * plan->batch * EPOCH_STEPS}, .range = {0.0, 255.0}},
      .sizes = {.batch = plan->batch, .batches = batches},
      .shards = {.first = (size_t)plan->world->rank, .count = 1},
      .shards_total = ranks,
      .per_shard = plan->batch / ranks,
      .steps_per_epoch = EPOCH_STEPS,
      .scale = 2.0f / 255.0f,
      .shift = -1.0f,
      .epoch = -1};
  feed->rows = batches * feed->per_shard * EPOCH_STEPS;
}

/* And its rows as feed_read would. */
static Status make_up_rows(Feed *feed) {
  size_t pixels = shape_count(synthetic);
  feed->order = memory_alloc(feed->rows, sizeof *feed->order);
  uint32_t *words = feed->pixels = memory_alloc(feed->rows, pixels);
  if (feed->order == NULL || words == NULL) {
    return GT_FAILED;
  }
  for (size_t row = 0; row < feed->rows; row++) {
    rng_words(words + row * pixels / 4, (RngKey){.seed = 1},
              (uint32_t)(feed->shards.first * feed->rows + row), pixels / 4);
  }
  return GT_OK;
}

Status bench_feed_open(Feed *feed, const BenchPlan *plan) {
  FeedSizes sizes = {.batch = plan->batch, .shards = (size_t)plan->world->size, .batches = batches_of(plan)};
  if (plan->data != NULL) {
    return feed_open(feed, plan->world, plan->data, sizes, 1);
  }
  make_synthetic(feed, plan);
  return GT_OK;
}

Status bench_feed_read(Feed *feed, const BenchPlan *plan) {
  if (plan->data != NULL) {
    return feed_read(feed, plan->data);
  }
  return comm_agree(make_up_rows(feed));
}
