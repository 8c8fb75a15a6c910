#include <stdbool.h>
#include <string.h>

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

/* Both pairs of files; the test images must be of the training images' size. */
static Status read_pairs(IdxPair *train, IdxPair *test, const char *dir) {
  memset(test, 0, sizeof *test);
  GT_TRY(idx_read_pair(train, dir, "train"));
  GT_TRY(idx_read_pair(test, dir, "t10k"));
  if (test->image.h != train->image.h || test->image.w != train->image.w) {
    return status_set(GT_FAILED, "%s: holds images of %d x %d, but %s images of %d x %d", test->images_path,
                      test->image.h, test->image.w, train->images_path, train->image.h, train->image.w);
  }
  return GT_OK;
}

static Status write_all(const IdxPair *train, const IdxPair *test, const char *out, size_t validation) {
  if (validation >= train->rows) {
    return status_set(GT_USAGE,
                      "--validation %zu: %s holds %zu images, and at least one must stay to train on",
                      validation, train->images_path, train->rows);
  }
  size_t rest = train->rows - validation;
  const Part parts[DATASET_PARTS] = {
      {train->images, train->labels, rest},
      {train->images + rest * shape_count(train->image), train->labels + rest, validation},
      {test->images, test->labels, test->rows}};
  return write_parts(out, train->image, parts);
}

Status import_idx(const char *dir, const char *out, size_t validation) {
  IdxPair train, test;
  Status status = read_pairs(&train, &test, dir);
  if (status == GT_OK) {
    status = write_all(&train, &test, out, validation);
  }
  idx_free(&train);
  idx_free(&test);
  return status;
}

/* The share of class `label` in `count` rows: the first classes take what does not divide evenly. */
static size_t class_share(size_t count, size_t label) {
  return count / CLASSES + (label < count % CLASSES ? 1 : 0);
}

/* Copy to `out` the rows that are, counted within their class, the ones after `skip`'s share, `count` in all,
 * in file order. */
static Status pick_rows(IdxPair *out, const IdxPair *from, size_t skip, size_t count) {
  size_t seen[CLASSES] = {0}, pixels = shape_count(from->image);
  memset(out, 0, sizeof *out);
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
      return status_set(GT_FAILED, "%s: class %zu has %zu rows, %zu are needed", from->labels_path, label,
                        seen[label], needed);
    }
  }
  return GT_OK;
}

Status import_idx_small(const char *dir, const char *out, size_t train, size_t validation, size_t test) {
  const size_t counts[DATASET_PARTS] = {train, validation, test};
  IdxPair train_files, test_files, picked[DATASET_PARTS];
  Part parts[DATASET_PARTS];
  memset(picked, 0, sizeof picked);
  Status status = read_pairs(&train_files, &test_files, dir);
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
