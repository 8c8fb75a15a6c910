/* Reading image stacks: open a file, find its parts, check every one before a row is read. */
#include "gantrain/io/dataset.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataset_parts.h"
#include "dataset_stack.h"
#include "gantrain/base/memory.h"

#define LABEL_ROWS ((size_t)4096) /* whose labels are read at once */
#define EMBEDDED_NAME "the embedded part of MNIST"

extern const unsigned char gt_embedded_start[], gt_embedded_end[];

typedef struct Part {
  hid_t images, labels;         /* invalid where absent */
  size_t label_columns;         /* one, or one a class */
  char unfit[STACK_REASON_MAX]; /* why labels that are there were passed over; "": there are none */
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

void dataset_note(DatasetInfo *info, const char *format, ...) {
  size_t used = strlen(info->notes);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(info->notes + used, sizeof info->notes - used, format, arguments);
  va_end(arguments);
  used = strlen(info->notes);
  if (used + 1 < sizeof info->notes) {
    memcpy(info->notes + used, "\n", 2);
  }
}

/* FILE/path and FILE:path stand for FILE:/path: say so, where there is a FILE. */
static Status check_spec(const char *path) {
  char file[GT_PATH_MAX];
  bool there = false;
  GT_TRY(file_find(&there, path));
  for (const char *place = path + strcspn(path, "/:"); !there && place[0] != '\0';
       place += 1 + strcspn(place + 1, "/:")) {
    GT_TRY(path_format(file, "%.*s", (int)(place - path), path));
    if (place > path && place[1] != '\0' && file_is_regular(file)) {
      return status_set(GT_FAILED, "%s: there is no such file, but %s: what is in it is named %s:/%s", path,
                        file, file, place + 1 + strspn(place + 1, "/:"));
    }
  }
  return GT_OK;
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
      (stack->has_range && (stack->range[0] != info->range[0] || stack->range[1] != info->range[1]))) {
    return status_set(GT_FAILED, "%s: the attribute %s of %s is not that of the training part", dataset->path,
                      GT_VALUE_RANGE, name);
  }
  return GT_OK;
}

/* Memory is taken for what a file claims to hold: no more than gzip, at its best 1032 to 1, can have put into
 * the file. Small claims pass: other filters do better with constant images. */
static Status check_claim(const Dataset *dataset, hid_t images, const char *name, const Stack *stack) {
  const uint64_t small = (uint64_t)256 << 20, packed = 1032;
  uint64_t row = shape_count(stack->image) * stack->value_bytes;
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

/* Notes what a user should know about a stack that can be used nevertheless. */
static void note_oddities(DatasetInfo *info, const Dataset *dataset, hid_t images, const char *name) {
  uint64_t pieces = 0, missing = h5_dataset_missing(images, &pieces);
  if (missing > 0) {
    dataset_note(info,
                 "%s: %llu of the %llu pieces of %s were never written and are read as its fill value: write "
                 "them, or cut the images off that are missing",
                 dataset->path, (unsigned long long)missing, (unsigned long long)pieces, name);
  }
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
    if (stack.image.c > 4) {
      dataset_note(info, "%s: %s: its last axis counts as %d channels of images of %d x %d", dataset->path,
                   name, stack.image.c, stack.image.h, stack.image.w);
    }
  } else {
    GT_TRY(check_like_training(dataset, name, &stack, info));
  }
  note_oddities(info, dataset, dataset->parts[part].images, name);
  info->rows[part] = stack.rows;
  return GT_OK;
}

/* Labels that cannot be used are noted and ignored: training reads none. */
static void open_labels(Dataset *dataset, DatasetPart part, const char *name, DatasetInfo *info) {
  Part *opened = &dataset->parts[part];
  char *reason = opened->unfit;
  if (h5_dataset_open(&opened->labels, dataset->path, dataset->file, name) != GT_OK) {
    dataset_note(info, "%s; it is passed over", status_message());
    snprintf(reason, sizeof opened->unfit, "is no data set that can be read");
  } else if (!labels_fit(&opened->label_columns, reason, dataset->path, opened->labels, info->rows[part])) {
    if (!info->stacked) {
      dataset_note(info, "%s: %s %s; it is passed over", dataset->path, name, reason);
    }
    h5_close(opened->labels);
    opened->labels = H5I_INVALID_HID;
  }
}

static Status open_part(Dataset *dataset, DatasetPart part, const char *group, DatasetInfo *info) {
  char images[32], labels[32];
  snprintf(images, sizeof images, "/%s/images", group);
  snprintf(labels, sizeof labels, "/%s/labels", group);
  Status status = open_images(dataset, part, images, info);
  if (status != GT_OK && part == DATASET_TEST) { /* nothing that trains needs it */
    dataset_note(info, "%s; the test part is passed over", status_message());
    h5_close(dataset->parts[part].images);
    dataset->parts[part].images = H5I_INVALID_HID;
    return GT_OK;
  }
  if (status == GT_OK && h5_exists(dataset->file, labels)) {
    open_labels(dataset, part, labels, info);
  }
  return status;
}

/* The group of a part: its own name or one of its other usual names; NULL where it is absent. */
static const char *find_group(const Dataset *dataset, DatasetPart part) {
  const char *const names[] = {gt_dataset_parts[part], "val", "valid"};
  char images[32];
  for (int i = 0; i < (part == DATASET_VALIDATION ? 3 : 1); i++) {
    snprintf(images, sizeof images, "/%s/images", names[i]);
    if (h5_exists(dataset->file, images)) {
      return names[i];
    }
  }
  return NULL;
}

static Status refuse_without_images(const Dataset *dataset) {
  char found[600];
  bool usable = false;
  GT_TRY(stack_list(found, sizeof found, &usable, dataset->path, dataset->file));
  return usable
             ? status_set(GT_FAILED, "%s: has no /train/images, but the stack%s %s; name one as FILE:/path",
                          dataset->path, strchr(found, ';') != NULL ? "s" : "", found)
             : status_set(GT_FAILED, "%s: holds no images [n,H,W] or [n,H,W,C]: %s", dataset->path,
                          found[0] != '\0' ? found : "there is nothing in it");
}

static Status open_layout(Dataset *dataset, DatasetInfo *info) {
  if (find_group(dataset, DATASET_TRAIN) == NULL) {
    return refuse_without_images(dataset);
  }
  info->stacked = H5Aexists(dataset->file, GT_STACKED) > 0;
  for (int i = 0; i < DATASET_PARTS; i++) {
    const char *group = find_group(dataset, (DatasetPart)i);
    if (group != NULL) {
      GT_TRY(open_part(dataset, (DatasetPart)i, group, info));
    }
    if (group != NULL && strcmp(group, gt_dataset_parts[i]) != 0) {
      dataset_note(info, "%s: the group %s is taken as the %s part", dataset->path, group,
                   gt_dataset_parts[i]);
    }
  }
  return GT_OK;
}

static Status open_named(Dataset *dataset, const char *inside, DatasetInfo *info) {
  char found[600];
  bool usable = false;
  if (!h5_exists(dataset->file, inside)) {
    GT_TRY(stack_list(found, sizeof found, &usable, dataset->path, dataset->file));
    return status_set(GT_FAILED, "%s: holds no dataset %s; image stacks in it: %s%s", dataset->path, inside,
                      usable || found[0] == '\0' ? "" : "none, but ", found[0] != '\0' ? found : "none");
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
    dataset->parts[i] = (Part){H5I_INVALID_HID, H5I_INVALID_HID, 1, ""};
  }
  Status status;
  if (spec == NULL) {
    status = open_embedded(dataset);
  } else {
    status = split_spec(dataset->path, &inside, spec);
    if (status == GT_OK) {
      dataset->identity = file_identity(dataset->path);
      status = check_spec(dataset->path);
    }
    if (status == GT_OK) {
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

const char *dataset_path(const Dataset *dataset) {
  return dataset->path;
}

FileIdentity dataset_identity(const Dataset *dataset) {
  return dataset->identity;
}

void dataset_scale(const DatasetInfo *info, float *scale, float *shift) {
  double low = info->range[0], high = info->range[1];
  *scale = (float)(2.0 / (high - low));
  *shift = (float)(-1.0 - 2.0 * low / (high - low));
}

size_t dataset_unpacked_bytes(const Dataset *dataset) {
  size_t most = 0;
  for (int p = 0; p < DATASET_PARTS && dataset != NULL; p++) {
    hid_t images = dataset->parts[p].images;
    size_t bytes = images < 0 ? 0 : h5_dataset_unpacked(images);
    most = bytes > most ? bytes : most;
  }
  return most;
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

/* The class of each row: its number, or the index of the largest column. */
static Status read_classes(const char *path, const Part *part, size_t first, size_t count, float *values,
                           uint8_t *out) {
  size_t K = part->label_columns;
  GT_TRY(h5_rows_read(path, part->labels, H5T_NATIVE_FLOAT, first, count, values));
  for (size_t row = 0; row < count; row++) {
    float class = values[row * K];
    for (size_t k = 0, best = 0; K > 1 && k < K; k++) {
      best = values[row * K + k] > values[row * K + best] ? k : best;
      class = (float)best;
    }
    if (!(class >= 0.0f && class <= 255.0f)) {
      return status_set(GT_FAILED, "%s: the label of image %zu is %g, 0 to 255 was expected", path,
                        first + row, (double)class);
    }
    out[row] = (uint8_t) class;
  }
  return GT_OK;
}

Status dataset_read_labels(Dataset *dataset, DatasetPart part, size_t first, size_t count, uint8_t *out,
                           bool *present) {
  const Part *opened = &dataset->parts[part];
  *present = opened->labels >= 0;
  if (!*present) {
    return GT_OK;
  }
  size_t block = count < LABEL_ROWS ? count : LABEL_ROWS;
  float *values = memory_alloc(block * opened->label_columns, sizeof *values);
  Status status = values == NULL ? GT_FAILED : GT_OK;
  for (size_t done = 0; done < count && status == GT_OK; done += block) {
    size_t rows = count - done < block ? count - done : block;
    status = read_classes(dataset->path, opened, first + done, rows, values, out + done);
  }
  memory_free(values);
  return status;
}

Status dataset_check_labels(const Dataset *dataset, DatasetPart part) {
  const Part *opened = &dataset->parts[part];
  const char *group = gt_dataset_parts[part], *word = part == DATASET_TRAIN ? "training" : group;
  uint64_t pieces = 0;
  if (opened->labels < 0) {
    return opened->unfit[0] != '\0'
               ? status_set(GT_USAGE, "%s: the %s images have no labels that can be taken: /%s/labels %s",
                            dataset->path, word, group, opened->unfit)
               : status_set(GT_USAGE, "%s: the %s images have no labels (/%s/labels [n], whole numbers)",
                            dataset->path, word, group);
  }
  return h5_dataset_missing(opened->labels, &pieces) == 0
             ? GT_OK
             : status_set(GT_USAGE, "%s: not all of the labels of the %s images (/%s/labels) were written",
                          dataset->path, word, group);
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
