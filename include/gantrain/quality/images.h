/* The images of a data set as eval and classify use them: scaled to [-1, 1], every rank with its own rows. */
#ifndef GANTRAIN_IMAGES_H
#define GANTRAIN_IMAGES_H

#include "gantrain/base/shard.h"
#include "gantrain/comm/comm.h"
#include "gantrain/io/dataset.h"

typedef struct Images {
  char name[GT_PATH_MAX]; /* for messages */
  Dataset *dataset;
  DatasetInfo info;
  float scale, shift;   /* pixel to [-1, 1] */
  struct Images *added; /* another set, whose training images follow the own ones; NULL: none */
} Images;

/* Rows of one part as they are in the file. */
typedef struct ImageRows {
  void *pixels;
  uint8_t *labels; /* NULL where the part has none */
  size_t count;
} ImageRows;

/* Open `spec` (as dataset_open takes it, NULL: the embedded data) on all ranks. Float images without a
 * value_range get the range of their training part. Collective; the same outcome on all ranks. */
Status images_open(Images *images, const World *world, const char *spec);
void images_close(Images *images);

/* Only the first `most` training images count; before images_add. */
void images_limit(Images *images, size_t most);

/* Put the training images of `spec` behind those of `images`, which owns them then. GT_USAGE where they are
 * of another size, type or range, or have no labels. Collective; the same outcome on all ranks. */
Status images_add(Images *images, const World *world, const char *spec);

/* Of one image, as it is in memory after images_load. */
size_t images_row_bytes(const Images *images);

/* Read rows of a part, with their labels where there are any. Not collective. Free with image_rows_free. */
Status images_load(Images *images, DatasetPart part, Range rows, ImageRows *out);
void image_rows_free(ImageRows *rows);

/* out (count, image) = the loaded rows which[count], scaled. */
void images_gather(const Images *images, float *out, const ImageRows *rows, const uint32_t *which,
                   size_t count);

/* out (rows.count, image) = rows of a part, scaled. Not collective. */
Status images_read(Images *images, float *out, DatasetPart part, Range rows);

#endif
