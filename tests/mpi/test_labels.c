/* Labels of the images that a run is conditioned on: a label stays with its image, whoever holds it and
 * however often the order changes; counts and fingerprint do not depend on the ranks; what cannot be taken is
 * refused by all of them. Every image says in its pixels which row and label it has. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gantrain/base/check.h"
#include "gantrain/base/log.h"
#include "gantrain/quality/images.h"
#include "gantrain/quality/monitor.h"
#include "gantrain/train/feed.h"

enum { ROWS = 120, VALIDATION = 21, BATCH = 24, SHARDS = 8, PIXELS = 6, MANY = 1000 };

static const Shape image = {2, 3, 1};
static char folder[64], file[96];

/* Of classes 0, 2 and 5, unevenly. */
static uint8_t label_of(size_t row) {
  return row % 7 < 3 ? 0 : row % 5 == 0 ? 2 : 5;
}

static void fill(uint8_t *images, uint8_t *labels, size_t rows) {
  for (size_t row = 0; row < rows; row++) {
    labels[row] = label_of(row);
    memset(images + row * PIXELS, 50, PIXELS);
    images[row * PIXELS] = (uint8_t)row;
    images[row * PIXELS + 1] = labels[row];
  }
}

typedef enum Labels {
  LABELS_ALL,
  LABELS_NO_TRAINING,
  LABELS_NO_VALIDATION,
  LABELS_ONE,
  LABELS_STRANGE
} Labels;

/* Rank 0 writes. */
static Status write_data(Labels kind) {
  static uint8_t images[ROWS * PIXELS], labels[ROWS], validation[ROWS];
  DatasetWriter *writer;
  fill(images, labels, ROWS);
  memcpy(validation, labels, sizeof labels);
  if (kind == LABELS_ONE) {
    memset(labels, 3, sizeof labels);
  }
  if (kind == LABELS_STRANGE) {
    validation[20] = 1;
  }
  GT_TRY(dataset_writer_open(&writer, file, image));
  Status status =
      dataset_writer_part(writer, DATASET_TRAIN, images, kind == LABELS_NO_TRAINING ? NULL : labels, ROWS);
  if (status == GT_OK) {
    status = dataset_writer_part(writer, DATASET_VALIDATION, images,
                                 kind == LABELS_NO_VALIDATION ? NULL : validation, VALIDATION);
  }
  return dataset_writer_close(writer, status);
}

static Status open_feed(Feed *feed, const World *world, Labels kind) {
  Status status = comm_follow(world->rank == 0 ? write_data(kind) : GT_OK);
  GT_CHECK(status == GT_OK, "%s", status_message());
  const FeedSizes sizes = {.batch = BATCH, .shards = SHARDS};
  return feed_open(feed, world, file, sizes, 11);
}

/* Each row's condition is that of the label in its pixels. */
static void check_rows(const Feed *feed, const float *pixels, const float *conditions, size_t rows) {
  for (size_t n = 0; n < rows; n++) {
    size_t row = (size_t)((pixels[n * PIXELS] + 1.0F) * 127.5F + 0.5F);
    size_t label = (size_t)((pixels[n * PIXELS + 1] + 1.0F) * 127.5F + 0.5F);
    GT_CHECK(row < ROWS && label == label_of(row), "row %zu, label %zu", row, label);
    for (size_t k = 0; k < feed->condition.length; k++) {
      float expected = k == label ? 1.0F : 0.0F;
      GT_CHECK(conditions[n * feed->condition.length + k] == expected,
               "row %zu of label %zu: class %zu is %g", row, label, k,
               (double)conditions[n * feed->condition.length + k]);
    }
  }
}

static void check_labels_stay(const World *world) {
  static float pixels[BATCH * PIXELS], conditions[BATCH * 6];
  static const int64_t counts[6] = {52, 0, 14, 0, 0, 54};
  Feed feed;
  GT_CHECK(open_feed(&feed, world, LABELS_ALL) == GT_OK && feed_read_labels(&feed, file) == GT_OK &&
               feed_read(&feed, file) == GT_OK,
           "%s", status_message());
  GT_CHECK(feed.condition.length == 6 && memcmp(feed.condition.counts, counts, sizeof counts) == 0,
           "%zu classes, %lld of class 0, %lld, %lld", feed.condition.length,
           (long long)feed.condition.counts[0], (long long)feed.condition.counts[2],
           (long long)feed.condition.counts[5]);
  GT_CHECK(feed.labels_fingerprint == 0x71892f25288bea89, "the labels have the fingerprint %llx",
           (unsigned long long)feed.labels_fingerprint);
  for (int64_t step = 0; step < 3 * (ROWS / BATCH); step++) {
    feed_batch(&feed, pixels, conditions, step);
    check_rows(&feed, pixels, conditions, feed.shards.count * feed.per_shard);
  }
  GT_CHECK(feed.validation_labelled, "the validation images are labelled");
  for (size_t first = 0; first < feed.validation_rows.count; first += BATCH) {
    size_t left = feed.validation_rows.count - first, count = left < BATCH ? left : BATCH;
    feed_validation(&feed, pixels, conditions, first, count);
    check_rows(&feed, pixels, conditions, count);
  }
  feed_free(&feed);
}

/* A step of several batches: an image at most once an epoch, with its condition, on whatever ranks. */
static void check_steps_of_batches(const World *world) {
  enum { BATCHES = 2 };
  static float pixels[BATCHES * BATCH * PIXELS], conditions[BATCHES * BATCH * 6];
  Feed feed;
  const FeedSizes sizes = {.batch = BATCH, .shards = SHARDS, .batches = BATCHES};
  GT_CHECK(feed_open(&feed, world, file, sizes, 11) == GT_OK && feed_read_labels(&feed, file) == GT_OK &&
               feed_read(&feed, file) == GT_OK,
           "%s", status_message());
  size_t steps = ROWS / (BATCHES * BATCH), rows = BATCHES * feed.shards.count * feed.per_shard;
  GT_CHECK(feed.steps_per_epoch == steps, "%zu steps an epoch", feed.steps_per_epoch);
  for (size_t epoch = 0; epoch < 2; epoch++) {
    double seen[ROWS] = {0.0};
    for (size_t step = 0; step < steps; step++) {
      feed_batch(&feed, pixels, conditions, (int64_t)(epoch * steps + step));
      check_rows(&feed, pixels, conditions, rows);
      for (size_t n = 0; n < rows; n++) {
        seen[(size_t)((pixels[n * PIXELS] + 1.0F) * 127.5F + 0.5F)] += 1.0;
      }
    }
    comm_sum(seen, ROWS);
    size_t once = 0;
    for (size_t row = 0; row < ROWS; row++) {
      GT_CHECK(seen[row] <= 1.0, "row %zu is shown %g times in an epoch", row, seen[row]);
      once += seen[row] > 0.0;
    }
    GT_CHECK(once == steps * BATCHES * BATCH, "%zu of %d images are shown", once, ROWS);
  }
  feed_free(&feed);
  const FeedSizes many = {.batch = BATCH, .shards = SHARDS, .batches = ROWS / BATCH + 1};
  GT_CHECK(
      feed_open(&feed, world, file, many, 11) == GT_USAGE && strstr(status_message(), "--d-steps") != NULL,
      "%s", status_message());
}

static void check_refused(const World *world, Labels kind, const char *reason) {
  Feed feed;
  GT_CHECK(open_feed(&feed, world, kind) == GT_OK, "%s", status_message());
  Status status = feed_read_labels(&feed, file);
  GT_CHECK(status == GT_USAGE && strstr(status_message(), reason) != NULL, "%d: %s", (int)status,
           status_message());
}

/* Trained all the same, but D's accuracy is not measured. */
static void check_noted(const World *world, Labels kind, const char *reason) {
  Feed feed;
  GT_CHECK(open_feed(&feed, world, kind) == GT_OK && feed_read_labels(&feed, file) == GT_OK, "%s",
           status_message());
  GT_CHECK(!feed.validation_labelled && strstr(feed.info.notes, reason) != NULL, "%s", feed.info.notes);
  feed_free(&feed);
}

static size_t pass_on(unsigned flags, size_t n, const unsigned values[], size_t bytes, size_t *room,
                      void **data) {
  (void)flags;
  (void)n;
  (void)values;
  (void)room;
  (void)data;
  return bytes;
}

/* Labels in a filter that HDF5 has on rank 0 only. */
static Status write_packed_labels(void) {
  static const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, 300, 1, 1, "test", NULL, NULL, pass_on};
  static uint8_t images[MANY * PIXELS], classes[MANY];
  const hsize_t rows[] = {MANY};
  DatasetWriter *writer;
  fill(images, classes, MANY);
  GT_TRY(dataset_writer_open(&writer, file, image));
  Status status = dataset_writer_part(writer, DATASET_TRAIN, images, NULL, MANY);
  status = status == GT_OK ? dataset_writer_part(writer, DATASET_VALIDATION, images, NULL, ROWS) : status;
  GT_TRY(dataset_writer_close(writer, status));
  H5Zregister(&filter);
  hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, rows, NULL);
  H5Pset_chunk(list, 1, rows);
  H5Pset_filter(list, 300, 0, 0, NULL);
  hid_t data = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT);
  hid_t labels = H5Dcreate2(data, "/train/labels", H5T_STD_U8LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
  bool written = H5Dwrite(labels, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, classes) >= 0;
  H5Dclose(labels);
  H5Sclose(space);
  H5Pclose(list);
  return H5Fclose(data) >= 0 && written ? GT_OK : status_set(GT_FAILED, "the labels cannot be written");
}

/* A rank that can read them leaves with those that cannot. */
static void check_filter(const World *world) {
  Feed feed;
  Status status = comm_follow(world->rank == 0 ? write_packed_labels() : GT_OK);
  GT_CHECK(status == GT_OK, "%s", status_message());
  const FeedSizes sizes = {.batch = BATCH, .shards = SHARDS};
  GT_CHECK(feed_open(&feed, world, file, sizes, 11) == GT_OK, "%s", status_message());
  status = feed_read_labels(&feed, file);
  GT_CHECK(status == (world->size > 1 ? GT_USAGE : GT_OK), "%d: %s", (int)status, status_message());
  GT_CHECK(status == GT_OK || strstr(status_message(), "is packed with the filter test (300)") != NULL, "%s",
           status_message());
  feed_free(&feed);
  Images images;
  GT_CHECK(images_open(&images, world, file) == GT_OK, "%s", status_message());
  status = images_add(&images, world, file);
  GT_CHECK(status == (world->size > 1 ? GT_USAGE : GT_OK), "%d: %s", (int)status, status_message());
  images_close(&images);
  Monitor *monitor; /* whether it trains a judge depends on the labels */
  if (world->size > 1) {
    status = monitor_create(&monitor, world, file, NULL, NULL);
    GT_CHECK(status != GT_OK || monitor_eval(monitor)->no_judge != NULL, "a judge");
    monitor_free(monitor);
  }
}

static void make_folder(const World *world) {
  snprintf(folder, sizeof folder, "/tmp/test_labels_XXXXXX");
  Status status = comm_follow(world->rank == 0 && mkdtemp(folder) == NULL ? GT_FAILED : GT_OK);
  GT_CHECK(status == GT_OK, "no folder %s", folder);
  comm_broadcast(folder, sizeof folder);
  snprintf(file, sizeof file, "%s/data.h5", folder);
}

int main(void) {
  World world;
  if (world_begin(&world) != GT_OK) {
    log_error("%s", status_message());
    return 1;
  }
  make_folder(&world);
  check_labels_stay(&world);
  check_steps_of_batches(&world);
  check_refused(&world, LABELS_NO_TRAINING, "the training images have no labels");
  check_refused(&world, LABELS_ONE, "have the label 3");
  check_noted(&world, LABELS_NO_VALIDATION, "the validation images have no labels");
  check_filter(&world);
  check_noted(&world, LABELS_STRANGE, "1 validation images have labels that no training image has");
  comm_barrier();
  if (world.rank == 0) {
    unlink(file);
    rmdir(folder);
  }
  world_end();
  return 0;
}
