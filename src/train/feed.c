#include "gantrain/train/feed.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

#include "feed_parts.h"
#include "gantrain/base/memory.h"
#include "gantrain/math/kernels.h"
#include "gantrain/quality/dataset_together.h"

static size_t row_bytes(const Feed *feed) {
  return shape_count(feed->info.image) * (feed->info.is_float ? sizeof(float) : 1);
}

/* The training rows of shard s, and of this rank's run of shards. */
static Range shard_rows(const Feed *feed, size_t shard) {
  return range_part(feed->info.rows[DATASET_TRAIN], feed->shards_total, shard);
}

Range feed_own_rows(const Feed *feed) {
  Range first = shard_rows(feed, feed->shards.first);
  Range last = shard_rows(feed, feed->shards.first + feed->shards.count - 1);
  return (Range){.first = first.first, .count = last.first + last.count - first.first};
}

static Status allocate(Feed *feed) {
  feed->pixels = memory_alloc(feed->rows, row_bytes(feed));
  feed->validation = memory_alloc(feed->validation_rows.count, row_bytes(feed));
  feed->order = memory_alloc(feed->rows, sizeof *feed->order);
  return feed->pixels == NULL || feed->validation == NULL || feed->order == NULL ? GT_FAILED : GT_OK;
}

static Status read_rows(Feed *feed) {
  GT_TRY(allocate(feed));
  GT_TRY(dataset_read(feed->dataset, DATASET_TRAIN, feed_own_rows(feed).first, feed->rows, feed->pixels));
  return dataset_read(feed->dataset, DATASET_VALIDATION, feed->validation_rows.first,
                      feed->validation_rows.count, feed->validation);
}

/* Sums over shards, of validation over rows, so that they do not depend on who holds which. */
static void compute_fingerprints(Feed *feed) {
  const char *pixels = feed->pixels;
  size_t start = feed_own_rows(feed).first;
  for (size_t s = 0; s < feed->shards.count; s++) {
    Range rows = shard_rows(feed, feed->shards.first + s);
    feed->fingerprint += XXH3_64bits_withSeed(pixels + (rows.first - start) * row_bytes(feed),
                                              rows.count * row_bytes(feed), feed->shards.first + s);
  }
  comm_sum_u64(&feed->fingerprint, 1);
  const char *validation = feed->validation;
  for (size_t i = 0; i < feed->validation_rows.count; i++) {
    feed->validation_fingerprint += XXH3_64bits_withSeed(validation + i * row_bytes(feed), row_bytes(feed),
                                                         feed->validation_rows.first + i);
  }
  comm_sum_u64(&feed->validation_fingerprint, 1);
}

/* The rank's part of `total` rows in whole packs; the last rank has the rest as well. */
static Range whole_packs(size_t total, size_t pack, size_t size, size_t rank) {
  Range packs = range_part(total / pack, size, rank);
  size_t rest = rank == size - 1 ? total % pack : 0;
  return (Range){.first = packs.first * pack, .count = packs.count * pack + rest};
}

/* Which rows are this rank's. */
static Status choose_shares(Feed *feed, const World *world) {
  const size_t *rows = feed->info.rows, size = (size_t)world->size, rank = (size_t)world->rank;
  GT_TRY(feed_choose_sizes(&feed->sizes, rows[DATASET_TRAIN], size));
  feed->shards_total = feed->sizes.shards;
  feed->shards = range_part(feed->shards_total, size, rank);
  feed->per_shard = feed->sizes.batch / feed->shards_total;
  feed->steps_per_epoch = rows[DATASET_TRAIN] / (feed->sizes.batch * feed->sizes.batches);
  feed->rows = feed_own_rows(feed).count;
  feed->validation_rows = whole_packs(rows[DATASET_VALIDATION], feed->sizes.pack, size, rank);
  return GT_OK;
}

static Status fill(Feed *feed, const char *name) {
  GT_TRY(comm_agree(read_rows(feed)));
  GT_TRY(feed_inspect(feed, feed_own_rows(feed), name));
  dataset_scale(&feed->info, &feed->scale, &feed->shift);
  compute_fingerprints(feed);
  return GT_OK;
}

Status feed_open(Feed *feed, const World *world, const char *spec, FeedSizes sizes, uint64_t seed) {
  *feed = (Feed){.seed = seed, .sizes = sizes, .epoch = -1};
  Status outcome = dataset_open_together(&feed->dataset, &feed->info, world, spec);
  if (outcome == GT_OK) {
    outcome = choose_shares(feed, world);
  }
  if (outcome != GT_OK) {
    feed_free(feed);
  }
  return outcome;
}

/* Beside the rows and their order: the extent of each, and what HDF5 unpacks at once. */
size_t feed_bytes(const Feed *feed) {
  double rows = (double)feed->rows, validation = (double)feed->validation_rows.count;
  double bytes =
      (rows + validation) * (double)row_bytes(feed) + rows * (sizeof *feed->order + sizeof *feed->labels) +
      fmax(rows, validation) * sizeof(Extent) + 2.0 * (double)dataset_unpacked_bytes(feed->dataset);
  return bytes < (double)SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

Status feed_read(Feed *feed, const char *spec) {
  Status outcome = fill(feed, spec == NULL ? DATASET_EMBEDDED : spec);
  dataset_close(feed->dataset);
  feed->dataset = NULL;
  if (outcome != GT_OK) {
    feed_free(feed);
  }
  return outcome;
}

void feed_free(Feed *feed) {
  dataset_close(feed->dataset);
  memory_free(feed->pixels);
  memory_free(feed->validation);
  memory_free(feed->order);
  memory_free(feed->labels);
  memory_free(feed->validation_labels);
  memset(feed, 0, sizeof *feed);
}

/* Every shard in its own new order, as rows of `pixels`. */
static void shuffle(Feed *feed, int64_t epoch) {
  RngKey key = {.seed = feed->seed, .stream = RNG_ORDER, .step = (uint32_t)epoch};
  size_t start = feed_own_rows(feed).first;
  for (size_t s = 0; s < feed->shards.count; s++) {
    Range rows = shard_rows(feed, feed->shards.first + s);
    uint32_t *order = feed->order + (rows.first - start);
    rng_permutation(order, key, (uint32_t)(feed->shards.first + s), rows.count);
    for (size_t i = 0; i < rows.count; i++) {
      order[i] += (uint32_t)(rows.first - start);
    }
  }
  feed->epoch = epoch;
}

static void gather(const Feed *feed, float *out, const void *pixels, const uint32_t *rows, size_t count) {
  size_t E = shape_count(feed->info.image);
  if (feed->info.is_float) {
    pixels_gather_f32(out, pixels, rows, feed->scale, feed->shift, count, E);
  } else {
    pixels_gather_u8(out, pixels, rows, feed->scale, feed->shift, count, E);
  }
}

static void gather_conditions(const Feed *feed, float *out, const uint8_t *labels, const uint32_t *rows,
                              size_t count) {
  size_t length = feed->condition.length;
  for (size_t i = 0; i < count && length > 0; i++) {
    condition_encode(out + i * length, length, &feed->condition, &labels[rows[i]], 1);
  }
}

void feed_batch(Feed *feed, float *out, float *conditions, int64_t step) {
  int64_t epoch = step / (int64_t)feed->steps_per_epoch;
  size_t in_epoch = (size_t)(step % (int64_t)feed->steps_per_epoch);
  size_t start = feed_own_rows(feed).first;
  if (epoch != feed->epoch) {
    shuffle(feed, epoch);
  }
  for (size_t i = 0; i < feed->sizes.batches * feed->shards.count; i++) {
    size_t shard = i % feed->shards.count, batch = in_epoch * feed->sizes.batches + i / feed->shards.count;
    const uint32_t *rows =
        feed->order + (shard_rows(feed, feed->shards.first + shard).first - start) + batch * feed->per_shard;
    size_t first = i * feed->per_shard;
    gather(feed, out + first * shape_count(feed->info.image), feed->pixels, rows, feed->per_shard);
    gather_conditions(feed, conditions + first * feed->condition.length, feed->labels, rows, feed->per_shard);
  }
}

void feed_validation(const Feed *feed, float *out, float *conditions, size_t first, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t row = (uint32_t)(first + i);
    gather(feed, out + i * shape_count(feed->info.image), feed->validation, &row, 1);
    gather_conditions(feed, conditions + i * feed->condition.length, feed->validation_labels, &row, 1);
  }
}
