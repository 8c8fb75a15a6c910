/* Batch and shards that fit the data and the ranks, or options that would. */
#include "feed_parts.h"

#include <stdio.h>

#define STEPS_AN_EPOCH 4 /* of small data sets, where there are enough images for it */

static size_t distance(size_t a, size_t b) {
  return a > b ? a - b : b - a;
}

/* The number of shards nearest to `wanted` that gives every shard whole packs of the batch and every rank a
 * shard; 0: there is none. */
static size_t find_shards(const FeedSizes *sizes, size_t wanted, size_t ranks) {
  size_t best = 0;
  for (size_t shards = sizes->batch / sizes->pack; shards >= ranks && shards > 0; shards--) {
    if (sizes->batch % (shards * sizes->pack) == 0 &&
        (best == 0 || distance(shards, wanted) < distance(best, wanted))) {
      best = shards;
    }
  }
  return best;
}

/* What to type instead, into out[room]: options that work. */
static const char *suggest(char *out, size_t room, const FeedSizes *sizes, size_t rows, size_t ranks) {
  size_t S = sizes->shards, unit = S * sizes->pack;
  size_t most = rows / unit * unit, above = (sizes->batch + unit - 1) / unit * unit;
  size_t batch = S < ranks ? 0 : above < most ? above : most;
  size_t shards = sizes->batch <= rows ? find_shards(sizes, S, ranks) : 0;
  if (batch > 0 && batch != sizes->batch && shards > 0) {
    snprintf(out, room, "try --batch %zu, or --shards %zu", batch, shards);
  } else if (shards > 0) {
    snprintf(out, room, "try --shards %zu", shards);
  } else if (batch > 0) {
    snprintf(out, room, "try --batch %zu", batch);
  } else {
    size_t packs = rows / sizes->pack, both = packs < S && packs >= ranks ? packs : ranks;
    snprintf(out, room, "try --batch %zu --shards %zu", both * sizes->pack, both);
  }
  return out;
}

Status feed_choose_sizes(FeedSizes *sizes, size_t rows, size_t ranks) {
  if (rows > UINT32_MAX) {
    return status_set(GT_USAGE, "--data: %zu images; at most 4,294,967,295 can be told apart", rows);
  }
  sizes->pack = sizes->pack > 0 ? sizes->pack : 1;
  sizes->batches = sizes->batches > 0 ? sizes->batches : 1;
  size_t packs = rows / sizes->pack;
  if (ranks > rows) {
    return status_set(GT_USAGE, "%zu ranks are more than the %zu training images; use at most %zu ranks",
                      ranks, rows, rows);
  }
  if (ranks > packs) {
    return status_set(GT_USAGE,
                      "--pack %zu: %zu training images are not enough for a pack on each of %zu rank%s",
                      sizes->pack, rows, ranks, ranks == 1 ? "" : "s");
  }
  if (sizes->may_change && rows / sizes->batches < sizes->batch) {
    sizes->shards = sizes->shards < packs ? sizes->shards : packs;
    size_t per_shard = packs / STEPS_AN_EPOCH / sizes->batches / sizes->shards;
    sizes->batch = (per_shard > 0 ? per_shard : 1) * sizes->shards * sizes->pack;
    sizes->changed = true;
  }
  if (sizes->batch <= rows && rows / sizes->batches < sizes->batch) {
    return status_set(GT_USAGE,
                      "--d-steps %zu with --batch %zu: a step takes %zu images, more than the %zu training "
                      "images there are; give fewer of either",
                      sizes->batches, sizes->batch, sizes->batches * sizes->batch, rows);
  }
  if (sizes->shards >= ranks && sizes->batch <= rows && sizes->batch % (sizes->shards * sizes->pack) == 0) {
    return GT_OK;
  }
  char cure[100];
  suggest(cure, sizeof cure, sizes, rows, ranks);
  return sizes->shards < ranks
             ? status_set(
                   GT_USAGE,
                   "%zu ranks are more than the %zu shards of this run: each rank needs one; use at most "
                   "%zu ranks, or for a new run %s",
                   ranks, sizes->shards, sizes->shards, cure)
         : sizes->batch > rows
             ? status_set(GT_USAGE, "--batch %zu is more than the %zu training images there are; %s",
                          sizes->batch, rows, cure)
         : sizes->pack > 1
             ? status_set(
                   GT_USAGE,
                   "--batch %zu in %zu shards: a shard's part of it must be a multiple of --pack %zu; %s",
                   sizes->batch, sizes->shards, sizes->pack, cure)
             : status_set(GT_USAGE, "--batch %zu is not a multiple of --shards %zu; %s", sizes->batch,
                          sizes->shards, cure);
}
