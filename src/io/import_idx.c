#include <stdbool.h>
#include <string.h>

#include "gantrain/base/log.h"
#include "gantrain/base/memory.h"
#include "gantrain/io/dataset.h"
#include "gantrain/io/import.h"
#include "idx.h"

#define CLASSES 10

/* Rows of one part on their way into the file; the arrays belong to whoever made them. */
typedef struct Part {
  const uint8_t *images, *labels;
  size_t count;
} Part;

static Status write_parts(const char *out, Shape image, const Part parts[DATASET_PARTS]) {
  DatasetWriter *writer;
  Status status = dataset_writer_open(&writer, out, image);
  if (status != GT_OK) {
    return status;
  }
  for (int i = 0; i < DATASET_PARTS && status == GT_OK; i++) {
    status = dataset_writer_part(writer, (DatasetPart)i, parts[i].images, parts[i].labels, parts[i].count);
  }
  return dataset_writer_close(writer, status);
}

/* Warns of missing files; training needs none of them. */
static void warn_of_missing(const IdxNames names[2], const char *dir) {
  static const char *const parts[] = {"training", "test"};
  for (int i = 0; i < 2; i++) {
    if (names[i].images[0] == '\0') {
      log_warn("%s: holds no %s images, so there is no such part", dir, parts[i]);
    } else if (names[i].labels[0] == '\0') {
      log_warn("%s: holds no labels of the %s images, so they have none", dir, parts[i]);
    }
  }
  if (names[0].transposed) {
    log_info("%s: files of EMNIST hold columns where others hold rows; the images are turned", dir);
  }
}

/* Both pairs of files; the test images must be of the training images' size. */
static Status read_pairs(IdxPair *train, IdxPair *test, IdxNames names[2], const char *dir) {
  memset(train, 0, sizeof *train);
  memset(test, 0, sizeof *test);
  GT_TRY(idx_find(names, dir));
  GT_TRY(idx_read_pair(train, &names[0]));
  GT_TRY(idx_read_pair(test, &names[1]));
  if (test->rows > 0 && (test->image.h != train->image.h || test->image.w != train->image.w)) {
    return status_set(GT_FAILED, "%s: holds images of %d x %d, but %s images of %d x %d", names[1].images,
                      test->image.h, test->image.w, names[0].images, train->image.h, train->image.w);
  }
  warn_of_missing(names, dir);
  return GT_OK;
}

static Status write_all(const IdxPair *train, const IdxPair *test, const char *out, size_t validation) {
  if (validation >= train->rows) {
    return status_set(GT_USAGE,
                      "--validation %zu: %s holds %zu images, and at least one must stay to train on",
                      validation, train->names->images, train->rows);
  }
  size_t rest = train->rows - validation;
  const Part parts[DATASET_PARTS] = {{train->images, train->labels, rest},
                                     {train->images + rest * shape_count(train->image),
                                      train->labels != NULL ? train->labels + rest : NULL, validation},
                                     {test->images, test->labels, test->rows}};
  return write_parts(out, train->image, parts);
}

Status import_idx(const char *dir, const char *out, size_t validation) {
  IdxPair train, test;
  IdxNames names[2];
  Status status = read_pairs(&train, &test, names, dir);
  if (status == GT_OK) {
    status = write_all(&train, &test, out, validation);
  }
  idx_free(&train);
  idx_free(&test);
  return status;
}

/* How many of `count` rows are of class `label`: the first classes get what does not divide evenly. */
static size_t class_share(size_t count, size_t label) {
  return count / CLASSES + (label < count % CLASSES ? 1 : 0);
}

/* The ten classes must be all there is. */
static Status check_classes(const IdxPair *pair) {
  if (pair->labels == NULL) {
    return status_set(GT_FAILED, "%s: without labels; --small takes images evenly from the classes",
                      pair->names->images[0] != '\0' ? pair->names->images : "the test part");
  }
  for (size_t row = 0; row < pair->rows; row++) {
    if (pair->labels[row] >= CLASSES) {
      return status_set(GT_FAILED, "%s: label %d in row %zu, with --small labels are 0 to %d",
                        pair->names->labels, pair->labels[row], row, CLASSES - 1);
    }
  }
  return GT_OK;
}

/* Copy to `out` the rows that are, counted within their class, the ones after `skip`'s share, `count` in all,
 * in file order. */
static Status pick_rows(IdxPair *out, const IdxPair *from, size_t skip, size_t count) {
  size_t seen[CLASSES] = {0}, pixels = shape_count(from->image);
  memset(out, 0, sizeof *out);
  GT_TRY(check_classes(from));
  out->image = from->image;
  out->images = memory_alloc(count, pixels);
  out->labels = memory_alloc(count, 1);
  if (out->images == NULL || out->labels == NULL) {
    return GT_FAILED;
  }
  for (size_t row = 0; row < from->rows; row++) {
    size_t label = from->labels[row], place = seen[label]++, before = class_share(skip, label);
    if (place >= before && place < before + class_share(count, label)) {
      memcpy(out->images + out->rows * pixels, from->images + row * pixels, pixels);
      out->labels[out->rows++] = from->labels[row];
    }
  }
  for (size_t label = 0; label < CLASSES; label++) {
    size_t needed = class_share(skip, label) + class_share(count, label);
    if (seen[label] < needed) {
      return status_set(GT_FAILED, "%s: class %zu has %zu rows, %zu are needed", from->names->labels, label,
                        seen[label], needed);
    }
  }
  return GT_OK;
}

Status import_idx_small(const char *dir, const char *out, size_t train, size_t validation, size_t test) {
  const size_t counts[DATASET_PARTS] = {train, validation, test};
  IdxPair train_files, test_files, picked[DATASET_PARTS];
  IdxNames names[2];
  Part parts[DATASET_PARTS];
  memset(picked, 0, sizeof picked);
  Status status = read_pairs(&train_files, &test_files, names, dir);
  for (int i = 0; i < DATASET_PARTS && status == GT_OK; i++) {
    /* The validation rows follow the training rows in the same files; the test rows are from their own. */
    status = pick_rows(&picked[i], i == DATASET_TEST ? &test_files : &train_files,
                       i == DATASET_VALIDATION ? train : 0, counts[i]);
    parts[i] = (Part){picked[i].images, picked[i].labels, picked[i].rows};
  }
  if (status == GT_OK) {
    status = write_parts(out, train_files.image, parts);
  }
  for (int i = 0; i < DATASET_PARTS; i++) {
    idx_free(&picked[i]);
  }
  idx_free(&train_files);
  idx_free(&test_files);
  return status;
}
