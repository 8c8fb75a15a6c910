/* gantrain import stacked: three images of a data set as the colour channels of one. */
#include <string.h>

#include "dataset_parts.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/rng.h"
#include "gantrain/io/dataset.h"
#include "gantrain/io/import.h"

enum { CHANNELS = 3, CLASSES = 10 };

/* One part of the source, whole: its images are few beside those made of them. */
typedef struct Digits {
  uint8_t *images, *labels;
  size_t rows, pixels;
  RngKey key;
} Digits;

static void digits_free(Digits *digits) {
  memory_free(digits->images);
  memory_free(digits->labels);
  *digits = (Digits){0};
}

static Status check_source(const DatasetInfo *info, const char *source) {
  if (info->image.c != 1 || info->is_float) {
    return status_set(GT_FAILED, "%s: holds images of %d channel%s of %s, one channel of uint8 was expected",
                      source, info->image.c, info->image.c == 1 ? "" : "s",
                      info->is_float ? "other numbers" : "uint8");
  }
  return GT_OK;
}

static Status read_digits(Digits *digits, Dataset *source, const DatasetInfo *info, DatasetPart part) {
  bool labelled = false;
  digits->rows = info->rows[part];
  digits->pixels = shape_count(info->image);
  digits->images = memory_alloc(digits->rows, digits->pixels);
  digits->labels = memory_alloc(digits->rows, 1);
  if (digits->images == NULL || digits->labels == NULL) {
    return GT_FAILED;
  }
  GT_TRY(dataset_read(source, part, 0, digits->rows, digits->images));
  GT_TRY(dataset_read_labels(source, part, 0, digits->rows, digits->labels, &labelled));
  for (size_t row = 0; row < digits->rows; row++) {
    if (!labelled || digits->labels[row] >= CLASSES) {
      return status_set(GT_FAILED, "%s: its %s images need labels from 0 to %d", dataset_path(source),
                        gt_dataset_parts[part], CLASSES - 1);
    }
  }
  return GT_OK;
}

/* Row `first` + i takes its digits by words 0, 1 and 2 of its own random numbers. */
static Status stack_rows(void *context, size_t first, size_t count, uint8_t *images, uint16_t *labels) {
  const Digits *digits = context;
  for (size_t i = 0; i < count; i++) {
    uint32_t words[CHANNELS];
    uint8_t *image = images + i * digits->pixels * CHANNELS;
    rng_words(words, digits->key, (uint32_t)(first + i), CHANNELS);
    labels[i] = 0;
    for (size_t c = 0; c < CHANNELS; c++) {
      size_t row = (size_t)((uint64_t)words[c] * digits->rows >> 32);
      labels[i] = (uint16_t)(labels[i] * CLASSES + digits->labels[row]);
      for (size_t p = 0; p < digits->pixels; p++) {
        image[p * CHANNELS + c] = digits->images[row * digits->pixels + p];
      }
    }
  }
  return GT_OK;
}

static Status write_part(DatasetWriter *writer, Dataset *source, const DatasetInfo *info,
                         const StackedPlan *plan, DatasetPart part) {
  Digits digits = {.key = {.seed = plan->seed, .stream = RNG_STACKED, .step = (uint32_t)part}};
  if (info->rows[part] == 0) {
    return status_set(GT_FAILED, "%s: has no %s part to draw from: take a data set that has one%s",
                      dataset_path(source), gt_dataset_parts[part],
                      part == DATASET_VALIDATION ? ", or give --validation 0" : "");
  }
  Status status = read_digits(&digits, source, info, part);
  if (status == GT_OK) {
    status = dataset_writer_rows(writer, part,
                                 &(DatasetRows){.fill = stack_rows,
                                                .context = &digits,
                                                .count = plan->rows[part],
                                                .classes = CLASSES * CLASSES * CLASSES});
  }
  digits_free(&digits);
  return status;
}

static Status write_all(Dataset *source, const DatasetInfo *info, const char *out, const StackedPlan *plan) {
  DatasetWriter *writer;
  GT_TRY(dataset_writer_open(&writer, out, (Shape){info->image.h, info->image.w, CHANNELS}));
  Status status = dataset_writer_note(writer, GT_STACKED, dataset_path(source));
  for (int part = 0; part < DATASET_PARTS && status == GT_OK; part++) {
    status = plan->rows[part] == 0 ? GT_OK : write_part(writer, source, info, plan, (DatasetPart)part);
  }
  return dataset_writer_close(writer, status);
}

Status import_stacked(const char *source, const char *out, const StackedPlan *plan) {
  Dataset *dataset;
  DatasetInfo info;
  if (file_is_regular(source)) {
    GT_TRY(dataset_open(&dataset, source, &info));
  } else {
    return status_set(GT_FAILED,
                      "%s: is no file; import stacked takes a data set as gantrain import idx DIR -o FILE.h5 "
                      "makes it",
                      source);
  }
  Status status = check_source(&info, source);
  FileIdentity in = dataset_identity(dataset), there = file_identity(out);
  if (status == GT_OK && memcmp(&in, &there, sizeof in) == 0) {
    status = status_set(GT_USAGE, "--output %s: is the source itself: name another file", out);
  }
  if (status == GT_OK) {
    status = write_all(dataset, &info, out, plan);
  }
  dataset_close(dataset);
  return status;
}
