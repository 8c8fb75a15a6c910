/* Image stacks in HDF5. Nothing here is collective: every rank opens the file for itself, read-only.
 *
 * Layout: /train/images [n,H,W] or [n,H,W,C] of any type of number, /train/labels whole numbers [n] or [n,1],
 * or one column a class (optional), /validation (or /val, /valid) and /test alike. Any other stack is named
 * "FILE:/path" and is all training split. */
#ifndef GANTRAIN_DATASET_H
#define GANTRAIN_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/files.h"
#include "gantrain/base/shape.h"
#include "gantrain/base/status.h"

#define DATASET_DEFAULT \
  "data/mnist.h5"                   /* where no data are named and this file exists; else the embedded part */
#define DATASET_EMBEDDED "embedded" /* what recipes call the embedded part */

typedef enum DatasetPart { DATASET_TRAIN, DATASET_VALIDATION, DATASET_TEST, DATASET_PARTS } DatasetPart;

#define DATASET_NOTES_MAX 2000

typedef struct Dataset Dataset;

typedef struct DatasetInfo {
  Shape image;                /* C = 1 where the stack is [n,H,W] */
  size_t rows[DATASET_PARTS]; /* 0 where a part is absent */
  bool is_float;              /* read as float32, else as uint8 (uint8 and bool) */
  bool has_range;  /* the attribute value_range was there (always true for uint8: 0..255, and bool: 0..1) */
  double range[2]; /* pixel values that become -1 and 1; valid with has_range */
  bool stacked;    /* each channel is an image of its own, by `gantrain import stacked` */
  char notes[DATASET_NOTES_MAX]; /* what people should know of it, a sentence a line */
} DatasetInfo;

/* `spec` is FILE, FILE:/path, or NULL for the embedded MNIST part. GT_FAILED with a message naming file, what
 * was found and what was expected (missing, not HDF5, no images and which stacks there are, wrong type, no
 * rows, parts of different shape); what training does not need (labels, the test part) is passed over with a
 * note. Where a file of that whole name with the ':' exists, it is taken. */
Status dataset_open(Dataset **dataset, const char *spec, DatasetInfo *info);

/* Of the file, for trial_trust(); all zero for the embedded part. */
FileIdentity dataset_identity(const Dataset *dataset);

/* The file's path, without a place inside it. */
const char *dataset_path(const Dataset *dataset);

/* Bytes that HDF5 takes, for a moment, to read any row: 0 where it reads into place; NULL is allowed. */
size_t dataset_unpacked_bytes(const Dataset *dataset);

/* Rows [first, first + count) of a part, by hyperslab: uint8 or float32 values [count, H, W, C] into out. */
Status dataset_read(Dataset *dataset, DatasetPart part, size_t first, size_t count, void *out);

/* pixel * scale + shift brings the pixels of info->range to [-1, 1]. */
void dataset_scale(const DatasetInfo *info, float *scale, float *shift);

/* Add a line to the notes. */
void dataset_note(DatasetInfo *info, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Labels of the same rows, 0 to 255; *present = false and nothing read where the part has none. */
Status dataset_read_labels(Dataset *dataset, DatasetPart part, size_t first, size_t count, uint8_t *out,
                           bool *present);

/* GT_USAGE unless the part has labels, one for each image, with what was found instead. */
Status dataset_check_labels(const Dataset *dataset, DatasetPart part);

void dataset_close(Dataset *dataset); /* NULL is allowed */

/* Writing a file in the layout above: used by every importer. Rows are uint8 [n, H, W, C] (C = 1 is written
 * as [n,H,W]); labels may be NULL. The file appears under its name only when complete (dataset_writer_close).
 */
typedef struct DatasetWriter DatasetWriter;
Status dataset_writer_open(DatasetWriter **writer, const char *path, Shape image);
Status dataset_writer_part(DatasetWriter *writer, DatasetPart part, const uint8_t *images,
                           const uint8_t *labels, size_t count);
/* The same for rows that are made block by block: fill(context, first, count, images, labels) makes rows
 * [first, first + count) at a time. Labels are 0 to classes - 1; where there are more than 256 classes,
 * readers of training data pass them over. */
typedef struct DatasetRows {
  Status (*fill)(void *context, size_t first, size_t count, uint8_t *images, uint16_t *labels);
  void *context;
  size_t count, classes;
} DatasetRows;
Status dataset_writer_rows(DatasetWriter *writer, DatasetPart part, const DatasetRows *rows);
/* A word on the file as a whole. */
Status dataset_writer_note(DatasetWriter *writer, const char *name, const char *value);
/* Closes and renames when `outcome` is GT_OK, removes the unfinished file otherwise; returns the first
 * failure. */
Status dataset_writer_close(DatasetWriter *writer, Status outcome);

#endif
