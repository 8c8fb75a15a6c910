/* Checks of the images that a run has read: NaN and infinity, blank images, a value range that does not fit.
 * Counts are summed over all ranks, so the messages do not depend on their number. */
#include <math.h>

#include "feed_parts.h"
#include "gantrain/base/memory.h"
#include "gantrain/math/kernels.h"
#include "gantrain/quality/dataset_together.h"

#define NARROW 0.01 /* of the range: an image that varies by less is grey all over */

/* How many images of all ranks, and the number of the first. */
typedef struct Count {
  int64_t images;
  double first;
} Count;

static void count_one(Count *count, size_t row, bool is_one) {
  if (is_one) {
    count->first = count->images == 0 ? (double)row : count->first;
    count->images++;
  }
}

static void count_together(Count *count) {
  count->first = count->images == 0 ? INFINITY : count->first;
  comm_sum_i64(&count->images, 1);
  comm_min(&count->first, 1);
}

/* Extents of this rank's rows of a part, to be freed. GT_FAILED on all ranks where any image is not finite.
 */
static Status measure(Extent **out, const Feed *feed, DatasetPart part, Range rows, const char *name) {
  static const char *const parts[] = {"training", "validation", "test"};
  size_t n = shape_count(feed->info.image);
  const void *pixels = part == DATASET_TRAIN ? feed->pixels : feed->validation;
  Extent *extents = memory_alloc(rows.count, sizeof *extents);
  Count strange = {0};
  *out = NULL;
  GT_TRY(comm_agree(extents == NULL ? GT_FAILED : GT_OK));
  for (size_t row = 0; row < rows.count; row++) {
    extents[row] = feed->info.is_float ? pixels_extent_f32((const float *)pixels + row * n, n)
                                       : pixels_extent_u8((const uint8_t *)pixels + row * n, n);
    count_one(&strange, rows.first + row, isnan(extents[row].low));
  }
  count_together(&strange);
  *out = extents;
  return strange.images == 0
             ? GT_OK
             : status_set(GT_FAILED,
                          "--data %s: %lld of the %zu %s images hold NaN, infinity or values too large for "
                          "float32, the first of them image %.0f, counted from 0: leave them out or replace "
                          "the values, in Python: numpy.nan_to_num(images, nan=0, posinf=0, neginf=0)",
                          name, (long long)strange.images, feed->info.rows[part], parts[part], strange.first);
}

/* The smallest and the largest value of this rank's training images. */
static void find_range(const Extent *extents, size_t rows, double found[2]) {
  found[0] = INFINITY;
  found[1] = -INFINITY;
  for (size_t row = 0; row < rows; row++) {
    found[0] = fmin(found[0], (double)extents[row].low);
    found[1] = fmax(found[1], (double)extents[row].high);
  }
}

static Status check_values(Feed *feed, const Extent *extents, Range rows, const double found[2],
                           const char *name) {
  const double *range = feed->info.range;
  size_t total = feed->info.rows[DATASET_TRAIN];
  Count blank = {0}, narrow = {0}, outside = {0};
  for (size_t i = 0; i < rows.count; i++) {
    double low = (double)extents[i].low, high = (double)extents[i].high;
    count_one(&blank, rows.first + i, low == high);
    count_one(&narrow, rows.first + i, low < high && high - low < NARROW * (range[1] - range[0]));
    count_one(&outside, rows.first + i, low < range[0] || high > range[1]);
  }
  count_together(&blank);
  count_together(&narrow);
  count_together(&outside);
  if (blank.images == (int64_t)total) {
    return status_set(GT_USAGE,
                      "--data %s: each of the %zu training images has one value throughout, so there is "
                      "nothing to learn; were they never written?",
                      name, total);
  }
  if (blank.images > 0) {
    dataset_note(&feed->info,
                 "%s: %lld of the %zu training images have one value throughout, the first of them image "
                 "%.0f, counted from 0: if they are missing and not meant so, leave them out",
                 name, (long long)blank.images, total, blank.first);
  }
  if (2 * narrow.images >= (int64_t)total) {
    dataset_note(
        &feed->info,
        "%s: %lld of the %zu training images vary by less than 1 %% of the range %g to %g that stands "
        "for -1 to 1 (found: %g to %g), and are as good as grey: set the attribute value_range of the "
        "images to what most of them use, in Python: images.attrs[\"value_range\"] = [LOW, HIGH]",
        name, (long long)narrow.images, total, range[0], range[1], found[0], found[1]);
  }
  if (outside.images > 0) {
    dataset_note(
        &feed->info,
        "%s: %lld of the %zu training images have values outside the value_range %g to %g (found: %g to "
        "%g), which the generator cannot make: correct the attribute, in Python: "
        "images.attrs[\"value_range\"] = [%g, %g]",
        name, (long long)outside.images, total, range[0], range[1], found[0], found[1], found[0], found[1]);
  }
  return GT_OK;
}

static Status inspect_training(Feed *feed, const Extent *extents, Range rows, const char *name) {
  double found[2];
  find_range(extents, rows.count, found);
  feed->range_found = !feed->info.has_range;
  if (feed->range_found) {
    GT_TRY(dataset_set_range(&feed->info, found, name));
  }
  comm_min(&found[0], 1);
  comm_max(&found[1], 1);
  return check_values(feed, extents, rows, found, name);
}

Status feed_inspect(Feed *feed, Range rows, const char *name) {
  Extent *extents = NULL;
  Status status = measure(&extents, feed, DATASET_TRAIN, rows, name);
  if (status == GT_OK) {
    status = inspect_training(feed, extents, rows, name);
  }
  memory_free(extents);
  extents = NULL;
  if (status == GT_OK) {
    status = measure(&extents, feed, DATASET_VALIDATION, feed->validation_rows, name);
  }
  memory_free(extents);
  return status;
}
