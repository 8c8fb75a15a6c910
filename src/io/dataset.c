/* Reading image stacks: open a file, find its parts, check every one before a row is read. */
#include "gantrain/io/dataset.h"

#include <stdio.h>
#include <string.h>

#include "dataset_parts.h"
#include "dataset_stack.h"
#include "gantrain/base/memory.h"

#define EMBEDDED_NAME "the embedded part of MNIST"

extern const unsigned char gt_embedded_start[], gt_embedded_end[];

typedef struct Part {
  hid_t images, labels; /* invalid where absent */
} Part;

struct Dataset {
  char path[GT_PATH_MAX]; /* for messages */
  hid_t file;
  FileIdentity identity;
  bool is_float;
  Part parts[DATASET_PARTS];
};

/* Opened as a file in memory. HDF5 takes a copy, which is half a megabyte. */
static Status open_embedded(Dataset *dataset) {
  GT_TRY(path_format(dataset->path, "%s", EMBEDDED_NAME));
  return h5_file_open_memory(&dataset->file, dataset->path, gt_embedded_start,
                             (size_t)(gt_embedded_end - gt_embedded_start));
}

/* Split FILE:/path at the last ":/" before which there is a file, or else at the first. *inside = NULL where
 * the whole is a file or has no such place. */
static Status split_spec(char path[GT_PATH_MAX], const char **inside, const char *spec) {
  const char *chosen = NULL;
  bool there = false;
  *inside = NULL;
  GT_TRY(file_find(&there, spec));
  if (!there) {
    for (const char *place = strstr(spec, ":/"); place != NULL; place = strstr(place + 1, ":/")) {
      GT_TRY(path_format(path, "%.*s", (int)(place - spec), spec));
      GT_TRY(file_find(&there, path));
      if (chosen == NULL || there) {
        chosen = place;
      }
    }
  }
  if (chosen == NULL) {
    return path_format(path, "%s", spec);
  }
  *inside = chosen + 1;
  return path_format(path, "%.*s", (int)(chosen - spec), spec);
}

/* The other parts must be like the training part, which is in `info` already. */
static Status check_like_training(const Dataset *dataset, const char *name, const Stack *stack,
                                  const DatasetInfo *info) {
  if (stack->image.h != info->image.h || stack->image.w != info->image.w || stack->image.c != info->image.c) {
    return status_set(GT_FAILED,
                      "%s: %s holds images of %d x %d x %d (height, width, channels), but the training part "
                      "of %d x %d x %d; all parts must be alike",
                      dataset->path, name, stack->image.h, stack->image.w, stack->image.c, info->image.h,
                      info->image.w, info->image.c);
  }
  if (stack->is_float != info->is_float) {
    return status_set(GT_FAILED, "%s: %s holds %s, but the training part %s; all parts must be alike",
                      dataset->path, name, stack->is_float ? "float32" : "uint8",
                      info->is_float ? "float32" : "uint8");
  }
  if (stack->has_range != info->has_range ||
      (stack->has_range && memcmp(stack->range, info->range, sizeof stack->range) != 0)) {
    return status_set(GT_FAILED, "%s: the attribute %s of %s is not that of the training part", dataset->path,
                      GT_VALUE_RANGE, name);
  }
  return GT_OK;
}

/* Memory is taken for what a file claims to hold: no more than gzip, at its best 1032 to 1, can have put into
 * the file. Small claims pass: other filters do better with constant images. */
static Status check_claim(const Dataset *dataset, hid_t images, const char *name, const Stack *stack) {
  const uint64_t small = (uint64_t)256 << 20, packed = 1032;
  uint64_t row = shape_count(stack->image) * (stack->is_float ? 4 : 1);
  hid_t list = H5Dget_create_plist(images);
  bool inside = H5Pget_layout(list) != H5D_VIRTUAL && H5Pget_external_count(list) == 0;
  h5_close(list);
  hsize_t size = dataset->identity.size;
  hid_t file = H5Iget_file_id(images); /* another one behind an external link */
  H5Fget_filesize(file, &size);
  h5_close(file);
  return !inside || stack->rows <= (small + packed * size) / row
             ? GT_OK
             : status_set(GT_FAILED,
                          "%s: %s claims to hold %zu images of %llu bytes, more than a file of %llu bytes "
                          "can; it is "
                          "damaged, or most of it was never written",
                          dataset->path, name, stack->rows, (unsigned long long)row,
                          (unsigned long long)size);
}

static Status open_images(Dataset *dataset, DatasetPart part, const char *name, DatasetInfo *info) {
  Stack stack;
  GT_TRY(h5_dataset_open(&dataset->parts[part].images, dataset->path, dataset->file, name));
  GT_TRY(stack_check(&stack, dataset->path, dataset->parts[part].images, name));
  GT_TRY(check_claim(dataset, dataset->parts[part].images, name, &stack));
  if (part == DATASET_TRAIN) {
    info->image = stack.image;
    info->is_float = stack.is_float;
    info->has_range = stack.has_range;
    memcpy(info->range, stack.range, sizeof info->range);
    dataset->is_float = stack.is_float;
  } else {
    GT_TRY(check_like_training(dataset, name, &stack, info));
  }
  info->rows[part] = stack.rows;
  return GT_OK;
}

static Status open_part(Dataset *dataset, DatasetPart part, DatasetInfo *info) {
  char images[32], labels[32];
  snprintf(images, sizeof images, "/%s/images", gt_dataset_parts[part]);
  snprintf(labels, sizeof labels, "/%s/labels", gt_dataset_parts[part]);
  if (!h5_exists(dataset->file, images)) {
    return GT_OK;
  }
  GT_TRY(open_images(dataset, part, images, info));
  if (!h5_exists(dataset->file, labels)) {
    return GT_OK;
  }
  GT_TRY(h5_dataset_open(&dataset->parts[part].labels, dataset->path, dataset->file, labels));
  return labels_check(dataset->path, dataset->parts[part].labels, labels, info->rows[part]);
}

static Status open_layout(Dataset *dataset, DatasetInfo *info) {
  char found[400];
  if (!h5_exists(dataset->file, "/train/images")) {
    GT_TRY(stack_list(found, sizeof found, dataset->path, dataset->file));
    if (found[0] == '\0') {
      return status_set(GT_FAILED,
                        "%s: holds no images: neither /train/images nor any stack [n,H,W] or [n,H,W,C] of "
                        "uint8 or float32",
                        dataset->path);
    }
    return status_set(GT_FAILED, "%s: has no /train/images, but the stack%s %s; name one as FILE:/path",
                      dataset->path, strchr(found, ';') != NULL ? "s" : "", found);
  }
  for (int i = 0; i < DATASET_PARTS; i++) {
    GT_TRY(open_part(dataset, (DatasetPart)i, info));
  }
  return GT_OK;
}

static Status open_named(Dataset *dataset, const char *inside, DatasetInfo *info) {
  char found[400];
  if (!h5_exists(dataset->file, inside)) {
    GT_TRY(stack_list(found, sizeof found, dataset->path, dataset->file));
    return status_set(GT_FAILED, "%s: holds no dataset %s; image stacks in it: %s", dataset->path, inside,
                      found[0] != '\0' ? found : "none");
  }
  return open_images(dataset, DATASET_TRAIN, inside, info);
}

Status dataset_open(Dataset **out, const char *spec, DatasetInfo *info) {
  const char *inside = NULL;
  *out = NULL;
  memset(info, 0, sizeof *info);
  Dataset *dataset = memory_alloc(1, sizeof *dataset);
  if (dataset == NULL) {
    return GT_FAILED;
  }
  dataset->file = H5I_INVALID_HID;
  for (int i = 0; i < DATASET_PARTS; i++) {
    dataset->parts[i] = (Part){H5I_INVALID_HID, H5I_INVALID_HID};
  }
  Status status;
  if (spec == NULL) {
    status = open_embedded(dataset);
  } else {
    status = split_spec(dataset->path, &inside, spec);
    if (status == GT_OK) {
      dataset->identity = file_identity(dataset->path);
      status = h5_file_open(&dataset->file, dataset->path);
    }
  }
  if (status == GT_OK) {
    status = inside != NULL ? open_named(dataset, inside, info) : open_layout(dataset, info);
  }
  if (status != GT_OK) {
    dataset_close(dataset);
    return status;
  }
  *out = dataset;
  return GT_OK;
}

FileIdentity dataset_identity(const Dataset *dataset) {
  return dataset->identity;
}

Status dataset_read(Dataset *dataset, DatasetPart part, size_t first, size_t count, void *out) {
  hid_t images = dataset->parts[part].images;
  if (images < 0) {
    return count == 0 ? GT_OK
                      : status_set(GT_FAILED, "%s: has no %s part", dataset->path, gt_dataset_parts[part]);
  }
  return h5_rows_read(dataset->path, images, dataset->is_float ? H5T_NATIVE_FLOAT : H5T_NATIVE_UINT8, first,
                      count, out);
}

Status dataset_read_labels(Dataset *dataset, DatasetPart part, size_t first, size_t count, uint8_t *out,
                           bool *present) {
  hid_t labels = dataset->parts[part].labels;
  *present = labels >= 0;
  return *present ? h5_rows_read(dataset->path, labels, H5T_NATIVE_UINT8, first, count, out) : GT_OK;
}

void dataset_close(Dataset *dataset) {
  if (dataset == NULL) {
    return;
  }
  for (int i = 0; i < DATASET_PARTS; i++) {
    h5_close(dataset->parts[i].images);
    h5_close(dataset->parts[i].labels);
  }
  h5_close(dataset->file);
  memory_free(dataset);
}
