#include "gantrain/train/feed.h"

#include <string.h>
#include <xxhash.h>

#include "feed_parts.h"
#include "gantrain/base/memory.h"
#include "gantrain/h5/trial.h"
#include "gantrain/math/kernels.h"

static size_t row_bytes(const Feed *feed) {
  return shape_count(feed->info.image) * (feed->info.is_float ? sizeof(float) : 1);
}

/* The training rows of shard s, and of this rank's run of shards. */
static Range shard_rows(const Feed *feed, size_t shard) {
  return range_part(feed->info.rows[DATASET_TRAIN], feed->shards_total, shard);
}

static Range own_rows(const Feed *feed) {
  Range first = shard_rows(feed, feed->shards.first);
  Range last = shard_rows(feed, feed->shards.first + feed->shards.count - 1);
  return (Range){.first = first.first, .count = last.first + last.count - first.first};
}

static Status read_rows(Feed *feed, const World *world, Dataset *dataset) {
  Range rows = own_rows(feed);
  feed->rows = rows.count;
  feed->validation_rows =
      range_part(feed->info.rows[DATASET_VALIDATION], (size_t)world->size, (size_t)world->rank);
  feed->pixels = memory_alloc(rows.count, row_bytes(feed));
  feed->validation = memory_alloc(feed->validation_rows.count, row_bytes(feed));
  feed->order = memory_alloc(rows.count, sizeof *feed->order);
  if (feed->pixels == NULL || feed->validation == NULL || feed->order == NULL) {
    return GT_FAILED;
  }
  GT_TRY(dataset_read(dataset, DATASET_TRAIN, rows.first, rows.count, feed->pixels));
  return dataset_read(dataset, DATASET_VALIDATION, feed->validation_rows.first, feed->validation_rows.count,
                      feed->validation);
}

/* Sums over shards, of validation over rows, so that they do not depend on who holds which. */
static void take_fingerprints(Feed *feed) {
  const char *pixels = feed->pixels;
  size_t start = own_rows(feed).first;
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

static Status fill(Feed *feed, const World *world, Dataset *dataset, const char *name) {
  GT_TRY(feed_choose_sizes(&feed->sizes, feed->info.rows[DATASET_TRAIN], (size_t)world->size));
  size_t batch = feed->sizes.batch;
  feed->shards_total = feed->sizes.shards;
  feed->shards = range_part(feed->shards_total, (size_t)world->size, (size_t)world->rank);
  feed->per_shard = batch / feed->shards_total;
  feed->steps_per_epoch = feed->info.rows[DATASET_TRAIN] / batch;
  GT_TRY(comm_agree(read_rows(feed, world, dataset)));
  GT_TRY(feed_inspect(feed, own_rows(feed), name));
  double low = feed->info.range[0], high = feed->info.range[1];
  feed->scale = (float)(2.0 / (high - low));
  feed->shift = (float)(-1.0 - 2.0 * low / (high - low));
  take_fingerprints(feed);
  return GT_OK;
}

/* Ranks may read a file of one name on different disks. */
static Status check_like_first(const DatasetInfo *own, const char *spec) {
  DatasetInfo first = *own;
  comm_broadcast(&first, sizeof first);
  bool alike = own->image.h == first.image.h && own->image.w == first.image.w &&
               own->image.c == first.image.c && own->is_float == first.is_float &&
               own->has_range == first.has_range && own->range[0] == first.range[0] &&
               own->range[1] == first.range[1] && memcmp(own->rows, first.rows, sizeof own->rows) == 0;
  return alike
             ? GT_OK
             : status_set(
                   GT_FAILED,
                   "--data %s: holds %zu training images of %d x %d x %d, on rank 0 %zu of %d x %d x %d, or "
                   "they differ in type, range or the other parts; all ranks must see the same file",
                   spec, own->rows[DATASET_TRAIN], own->image.h, own->image.w, own->image.c,
                   first.rows[DATASET_TRAIN], first.image.h, first.image.w, first.image.c);
}

/* To look through a file before HDF5 reads it takes a rank as long as reading all of it: rank 0 does it for
 * all that see the same file. */
static Status open_together(Dataset **dataset, const World *world, const char *spec, DatasetInfo *info) {
  FileIdentity identity = {0};
  GT_TRY(comm_follow(world->rank == 0 ? dataset_open(dataset, spec, info) : GT_OK));
  if (world->rank == 0) {
    identity = dataset_identity(*dataset);
  }
  comm_broadcast(&identity, sizeof identity);
  if (world->rank == 0) {
    return comm_agree(GT_OK);
  }
  trial_trust(&identity);
  return comm_agree(dataset_open(dataset, spec, info));
}

/* Another file of that name, on another rank's disk, must have the same bytes as rank 0's. */
static Status check_same_bytes(const Dataset *dataset, const char *spec) {
  FileIdentity own = dataset_identity(dataset), first = own;
  comm_broadcast(&first, sizeof first);
  int64_t others = memcmp(&own, &first, sizeof own) != 0;
  uint64_t hash = 0;
  comm_sum_i64(&others, 1);
  if (others == 0) {
    return GT_OK;
  }
  GT_TRY(comm_agree(file_hash(&hash, dataset_path(dataset))));
  uint64_t expected = hash;
  comm_broadcast(&expected, sizeof expected);
  return comm_agree(hash == expected
                        ? GT_OK
                        : status_set(GT_FAILED,
                                     "--data %s: is another file than on rank 0, with other bytes; all "
                                     "ranks must see the same images",
                                     spec));
}

Status feed_create(Feed *feed, const World *world, const char *spec, FeedSizes sizes, uint64_t seed) {
  Dataset *dataset = NULL;
  const char *name = spec == NULL ? "embedded" : spec;
  memset(feed, 0, sizeof *feed);
  feed->seed = seed;
  feed->sizes = sizes;
  feed->epoch = -1;
  Status outcome = open_together(&dataset, world, spec, &feed->info);
  if (outcome == GT_OK) {
    outcome = comm_agree(check_like_first(&feed->info, name));
  }
  if (outcome == GT_OK && spec != NULL) {
    outcome = check_same_bytes(dataset, spec);
  }
  if (outcome == GT_OK) {
    outcome = fill(feed, world, dataset, name);
  }
  dataset_close(dataset);
  if (outcome != GT_OK) {
    feed_free(feed);
  }
  return outcome;
}

void feed_free(Feed *feed) {
  memory_free(feed->pixels);
  memory_free(feed->validation);
  memory_free(feed->order);
  memset(feed, 0, sizeof *feed);
}

/* Every shard in its own new order, as rows of `pixels`. */
static void shuffle(Feed *feed, int64_t epoch) {
  RngKey key = {.seed = feed->seed, .stream = RNG_ORDER, .step = (uint32_t)epoch};
  size_t start = own_rows(feed).first;
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

void feed_batch(Feed *feed, float *out, int64_t step) {
  int64_t epoch = step / (int64_t)feed->steps_per_epoch;
  size_t in_epoch = (size_t)(step % (int64_t)feed->steps_per_epoch);
  size_t start = own_rows(feed).first;
  if (epoch != feed->epoch) {
    shuffle(feed, epoch);
  }
  for (size_t s = 0; s < feed->shards.count; s++) {
    const uint32_t *order = feed->order + (shard_rows(feed, feed->shards.first + s).first - start);
    gather(feed, out + s * feed->per_shard * shape_count(feed->info.image), feed->pixels,
           order + in_epoch * feed->per_shard, feed->per_shard);
  }
}

void feed_validation(const Feed *feed, float *out, size_t first, size_t count) {
  size_t E = shape_count(feed->info.image);
  for (size_t i = 0; i < count; i++) {
    uint32_t row = (uint32_t)(first + i);
    gather(feed, out + i * E, feed->validation, &row, 1);
  }
}
