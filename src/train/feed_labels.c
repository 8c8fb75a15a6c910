/* Labels of the images that a run is conditioned on: read, checked and counted by all ranks together. */
#include <xxhash.h>

#include "feed_parts.h"
#include "gantrain/base/memory.h"

enum { BLOCK = 4096 }; /* labels that are read at once: in the file there may be a column for each class */

/* One host may lack a filter that another one's HDF5 has. Collective. */
static Status check_labels(const Dataset *dataset, DatasetPart part) {
  return comm_agree(dataset_check_labels(dataset, part));
}

/* labels = those of rows of a part, which has them. */
static Status read_part(uint8_t **labels, Dataset *dataset, DatasetPart part, Range rows) {
  *labels = memory_alloc(rows.count, sizeof **labels);
  if (*labels == NULL) {
    return GT_FAILED;
  }
  for (size_t done = 0; done < rows.count; done += BLOCK) {
    size_t count = rows.count - done < BLOCK ? rows.count - done : BLOCK;
    bool present;
    GT_TRY(dataset_read_labels(dataset, part, rows.first + done, count, *labels + done, &present));
  }
  return GT_OK;
}

/* Sums over rows, which do not depend on who holds which. Collective. */
static uint64_t fingerprint(const uint8_t *labels, Range rows, DatasetPart part) {
  uint64_t sum = 0;
  for (size_t i = 0; i < rows.count; i++) {
    uint64_t row[2] = {rows.first + i, labels[i]};
    sum += XXH3_64bits_withSeed(row, sizeof row, (uint64_t)part);
  }
  comm_sum_u64(&sum, 1);
  return sum;
}

/* Collective. */
static Status count_classes(Condition *condition, const uint8_t *labels, size_t rows, const char *name) {
  for (size_t i = 0; i < rows; i++) {
    condition->counts[labels[i]]++;
  }
  comm_sum_i64(condition->counts, CONDITION_CLASSES_MAX);
  for (size_t k = 0; k < CONDITION_CLASSES_MAX; k++) {
    condition->length = condition->counts[k] > 0 ? k + 1 : condition->length;
  }
  return condition_classes(condition) > 1
             ? GT_OK
             : status_set(GT_USAGE,
                          "--condition labels: all training images of %s have the label %zu, so there is "
                          "nothing to tell apart: leave --condition out",
                          name, condition->length - 1);
}

/* How many of the labels are of no class that the training images have. Collective. */
static int64_t count_strangers(const Condition *condition, const uint8_t *labels, size_t rows) {
  int64_t strangers = 0;
  for (size_t i = 0; i < rows; i++) {
    strangers += condition->counts[labels[i]] == 0;
  }
  comm_sum_i64(&strangers, 1);
  return strangers;
}

/* Only D's accuracy needs labels of the validation images: without them it is not measured. Collective. */
static Status read_validation(Feed *feed, const char *name) {
  Dataset *dataset = feed->dataset;
  Range rows = feed->validation_rows;
  if (feed->info.rows[DATASET_VALIDATION] == 0) {
    return GT_OK;
  }
  if (check_labels(dataset, DATASET_VALIDATION) != GT_OK) {
    dataset_note(&feed->info, "%s; D's accuracy, which is measured on these images, is not",
                 status_message());
    return GT_OK;
  }
  GT_TRY(comm_agree(read_part(&feed->validation_labels, dataset, DATASET_VALIDATION, rows)));
  feed->labels_fingerprint += fingerprint(feed->validation_labels, rows, DATASET_VALIDATION);
  int64_t strangers = count_strangers(&feed->condition, feed->validation_labels, rows.count);
  feed->validation_labelled = strangers == 0;
  if (strangers > 0) {
    dataset_note(&feed->info,
                 "%s: %lld validation images have labels that no training image has; D's accuracy, which is "
                 "measured on these images, is not",
                 name, (long long)strangers);
  }
  return GT_OK;
}

static Status read_labels(Feed *feed, const char *name) {
  Range rows = feed_own_rows(feed);
  Status labelled = check_labels(feed->dataset, DATASET_TRAIN);
  if (labelled != GT_OK) {
    return status_set(labelled,
                      "--condition labels: %s; leave --condition out, or add them, in Python: "
                      "file[\"/train/labels\"] = labels",
                      status_message());
  }
  GT_TRY(comm_agree(read_part(&feed->labels, feed->dataset, DATASET_TRAIN, rows)));
  GT_TRY(count_classes(&feed->condition, feed->labels, rows.count, name));
  feed->labels_fingerprint = fingerprint(feed->labels, rows, DATASET_TRAIN);
  return read_validation(feed, name);
}

Status feed_read_labels(Feed *feed, const char *spec) {
  Status outcome = read_labels(feed, spec == NULL ? DATASET_EMBEDDED : spec);
  if (outcome != GT_OK) {
    feed_free(feed);
  }
  return outcome;
}
