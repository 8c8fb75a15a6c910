#include "gantrain/quality/images.h"

#include <math.h>
#include <string.h>

#include "gantrain/base/memory.h"
#include "gantrain/math/kernels.h"
#include "gantrain/quality/dataset_together.h"
#include "spread.h"

enum { BLOCK = 1024 }; /* rows per read */

size_t images_row_bytes(const Images *images) {
  return shape_count(images->info.image) * (images->info.is_float ? sizeof(float) : 1);
}

void image_rows_free(ImageRows *rows) {
  memory_free(rows->pixels);
  memory_free(rows->labels);
  *rows = (ImageRows){0};
}

/* Training images that are the set's own. */
static size_t own_training(const Images *images) {
  size_t added = images->added != NULL ? images->added->info.rows[DATASET_TRAIN] : 0;
  return images->info.rows[DATASET_TRAIN] - added;
}

static Status load_rows(Images *images, DatasetPart part, Range rows, void *pixels, uint8_t *labels,
                        bool *labelled) {
  GT_TRY(dataset_read(images->dataset, part, rows.first, rows.count, pixels));
  return dataset_read_labels(images->dataset, part, rows.first, rows.count, labels, labelled);
}

/* The part of the rows that are the set's own, and those that were added. */
static Status load_all(Images *images, DatasetPart part, Range rows, ImageRows *out, bool *labelled) {
  size_t border = images->added != NULL && part == DATASET_TRAIN ? own_training(images) : SIZE_MAX;
  size_t own = rows.first >= border ? 0 : rows.count < border - rows.first ? rows.count : border - rows.first;
  bool added_labelled = true;
  *labelled = true;
  if (own > 0 || rows.count == 0) {
    GT_TRY(load_rows(images, part, (Range){rows.first, own}, out->pixels, out->labels, labelled));
  }
  if (own < rows.count) {
    GT_TRY(load_rows(images->added, part, (Range){rows.first + own - border, rows.count - own},
                     (char *)out->pixels + own * images_row_bytes(images), out->labels + own,
                     &added_labelled));
  }
  *labelled = *labelled && added_labelled;
  return GT_OK;
}

Status images_load(Images *images, DatasetPart part, Range rows, ImageRows *out) {
  bool labelled = false;
  *out = (ImageRows){.count = rows.count};
  out->pixels = memory_alloc(rows.count, images_row_bytes(images));
  out->labels = memory_alloc(rows.count, sizeof *out->labels);
  Status outcome =
      out->pixels == NULL || out->labels == NULL ? GT_FAILED : load_all(images, part, rows, out, &labelled);
  if (outcome != GT_OK) {
    image_rows_free(out);
  } else if (!labelled) {
    memory_free(out->labels);
    out->labels = NULL;
  }
  return outcome;
}

void images_gather(const Images *images, float *out, const ImageRows *rows, const uint32_t *which,
                   size_t count) {
  size_t E = shape_count(images->info.image);
  if (images->info.is_float) {
    pixels_gather_f32(out, rows->pixels, which, images->scale, images->shift, count, E);
  } else {
    pixels_gather_u8(out, rows->pixels, which, images->scale, images->shift, count, E);
  }
}

Status images_read(Images *images, float *out, DatasetPart part, Range rows) {
  uint32_t which[BLOCK];
  ImageRows loaded;
  for (uint32_t i = 0; i < BLOCK; i++) {
    which[i] = i;
  }
  for (size_t done = 0; done < rows.count; done += BLOCK) {
    size_t count = rows.count - done < BLOCK ? rows.count - done : BLOCK;
    GT_TRY(images_load(images, part, (Range){rows.first + done, count}, &loaded));
    images_gather(images, out + done * shape_count(images->info.image), &loaded, which, count);
    image_rows_free(&loaded);
  }
  return GT_OK;
}

/* The smallest and largest pixel of the training part; each rank reads its share. */
static Status find_range(Images *images, const World *world) {
  size_t E = shape_count(images->info.image);
  Range own = spread_rows(world, images->info.rows[DATASET_TRAIN], SPREAD_CHUNK);
  float *pixels = memory_alloc(BLOCK * E, sizeof *pixels);
  double found[2] = {INFINITY, -INFINITY};
  Status outcome = pixels == NULL ? GT_FAILED : GT_OK;
  for (size_t done = 0; done < own.count && outcome == GT_OK; done += BLOCK) {
    size_t count = own.count - done < BLOCK ? own.count - done : BLOCK;
    outcome = dataset_read(images->dataset, DATASET_TRAIN, own.first + done, count, pixels);
    Extent extent = pixels_extent_f32(pixels, count * E);
    if (outcome == GT_OK && isnan(extent.low)) {
      outcome = status_set(GT_FAILED, "%s: an image holds a value that is not finite", images->name);
    }
    found[0] = fmin(found[0], (double)extent.low);
    found[1] = fmax(found[1], (double)extent.high);
  }
  memory_free(pixels);
  GT_TRY(comm_agree(outcome));
  return dataset_set_range(&images->info, found, images->name);
}

Status images_open(Images *images, const World *world, const char *spec) {
  *images = (Images){0};
  GT_TRY(path_format(images->name, "%s", spec == NULL ? "the embedded part of MNIST" : spec));
  Status outcome = dataset_open_together(&images->dataset, &images->info, world, spec);
  if (outcome == GT_OK && !images->info.has_range) {
    outcome = find_range(images, world);
  }
  if (outcome != GT_OK) {
    images_close(images);
    return outcome;
  }
  dataset_scale(&images->info, &images->scale, &images->shift);
  return GT_OK;
}

void images_limit(Images *images, size_t most) {
  size_t *rows = &images->info.rows[DATASET_TRAIN];
  *rows = *rows < most ? *rows : most;
}

/* Is a pixel of one the same as a pixel of the other? */
static Status check_alike(const Images *a, const Images *b) {
  Shape one = a->info.image, other = b->info.image;
  return memcmp(&one, &other, sizeof one) == 0 && a->info.is_float == b->info.is_float &&
                 a->info.range[0] == b->info.range[0] && a->info.range[1] == b->info.range[1]
             ? GT_OK
             : status_set(
                   GT_USAGE,
                   "--add %s: holds images of %d x %d x %d, %s from %g to %g, %s of %d x %d x %d, %s from "
                   "%g to %g; they must be alike",
                   b->name, other.h, other.w, other.c, b->info.is_float ? "float32" : "uint8",
                   b->info.range[0], b->info.range[1], a->name, one.h, one.w, one.c,
                   a->info.is_float ? "float32" : "uint8", a->info.range[0], a->info.range[1]);
}

Status images_add(Images *images, const World *world, const char *spec) {
  images->added = memory_alloc(1, sizeof *images->added);
  GT_TRY(comm_agree(images->added == NULL ? GT_FAILED : GT_OK));
  Status outcome = images_open(images->added, world, spec);
  outcome = outcome == GT_OK ? check_alike(images, images->added) : outcome;
  if (outcome == GT_OK && comm_agree(dataset_check_labels(images->added->dataset, DATASET_TRAIN)) != GT_OK) {
    outcome = status_set(GT_USAGE, "--add: %s", status_message());
  }
  if (outcome != GT_OK) {
    images_close(images->added);
    memory_free(images->added);
    images->added = NULL;
    return outcome;
  }
  images->info.rows[DATASET_TRAIN] += images->added->info.rows[DATASET_TRAIN];
  return GT_OK;
}

void images_close(Images *images) {
  if (images->added != NULL) {
    images_close(images->added);
    memory_free(images->added);
    images->added = NULL;
  }
  dataset_close(images->dataset);
  images->dataset = NULL;
}
