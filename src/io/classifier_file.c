#include "gantrain/io/classifier_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "h5/h5.h"

#define FORMAT "gantrain-classifier"
#define FORMAT_VERSION 1
#define GROUP "/classifier/parameters"
#define EMBEDDED_NAME "the embedded judge"

extern const unsigned char gt_embedded_judge_start[], gt_embedded_judge_end[];

static const char *shown(const char *path) {
  return path == NULL ? EMBEDDED_NAME : path;
}

static Status open_file(hid_t *file, const char *path) {
  return path != NULL ? h5_file_open(file, path)
                      : h5_file_open_memory(file, EMBEDDED_NAME, gt_embedded_judge_start,
                                            (size_t)(gt_embedded_judge_end - gt_embedded_judge_start));
}

/* --- writing --- */

static Status write_scaled(const char *path, hid_t file, hid_t dataset, const char *name, int dims_count,
                           const hsize_t *dims) {
  for (int i = 0; i < dims_count; i++) {
    char scale_name[160];
    hid_t scale = H5I_INVALID_HID;
    snprintf(scale_name, sizeof scale_name, "%s_%d", name, i);
    GT_TRY(h5_scale_create(&scale, path, file, scale_name, (size_t)dims[i]));
    Status status = h5_scale_attach(path, dataset, i, scale);
    h5_close(scale);
    GT_TRY(status);
  }
  return GT_OK;
}

/* One array with a dimension scale for each of its dimensions. */
static Status write_array(const char *path, hid_t file, const char *name, const hid_t types[2],
                          const H5Layout *layout, const void *data) {
  hid_t dataset = H5I_INVALID_HID;
  GT_TRY(h5_dataset_create(&dataset, path, file, name, types[0], layout));
  Status status = h5_dataset_write(path, dataset, types[1], data);
  if (status == GT_OK) {
    status = write_scaled(path, file, dataset, name, layout->dims_count, layout->dims);
  }
  h5_close(dataset);
  return status;
}

static Status write_content(const char *path, hid_t file, const Arena *arena, const float *params,
                            const int64_t *confusion, size_t classes) {
  const hid_t floats[2] = {H5T_IEEE_F32LE, H5T_NATIVE_FLOAT}, integers[2] = {H5T_STD_I64LE, H5T_NATIVE_INT64};
  for (int t = 0; t < arena->tensors_count; t++) {
    const Tensor *tensor = &arena->tensors[t];
    char name[128];
    H5Layout layout = {.dims_count = tensor->dims_count};
    for (int i = 0; i < tensor->dims_count; i++) {
      layout.dims[i] = (hsize_t)tensor->shape[i];
    }
    snprintf(name, sizeof name, GROUP "/%s", tensor->name);
    GT_TRY(write_array(path, file, name, floats, &layout, params + tensor->first));
  }
  H5Layout square = {.dims_count = 2, .dims = {classes, classes}};
  return write_array(path, file, "/confusion", integers, &square, confusion);
}

Status classifier_write(const char *path, const Attributes *about, const Arena *arena, const float *params,
                        const int64_t *confusion, size_t classes) {
  Attributes all = {0};
  char fingerprint[17];
  hid_t file = H5I_INVALID_HID;
  snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, arena_hash(arena, params, 0));
  attributes_set_text(&all, "format", FORMAT);
  attributes_set_int(&all, "format_version", FORMAT_VERSION);
  attributes_set_text(&all, "fingerprint", fingerprint);
  for (int i = 0; i < about->count; i++) {
    all.list[all.count++] = about->list[i];
  }
  GT_TRY(h5_file_create(&file, path));
  Status status = h5_write_attributes(path, file, &all);
  if (status == GT_OK) {
    status = write_content(path, file, arena, params, confusion, classes);
  }
  return h5_file_finish(file, path, status);
}

/* --- reading --- */

static Status read_attributes(const char *path, hid_t file, Attributes *about) {
  *about = (Attributes){0};
  GT_TRY(h5_read_attributes(shown(path), file, about));
  const Attribute *format = attributes_find(about, "format"),
                  *version = attributes_find(about, "format_version");
  if (format == NULL || format->type != ATTRIBUTE_TEXT || strcmp(format->text, FORMAT) != 0) {
    return status_set(GT_FAILED, "%s: is no classifier of gantrain; make one with: gantrain classify train",
                      shown(path));
  }
  if (version == NULL || version->type != ATTRIBUTE_INT || version->integer != FORMAT_VERSION) {
    return status_set(
        GT_FAILED,
        "%s: is a classifier of another format version than %d, which this program knows; use the "
        "program that wrote it",
        shown(path), FORMAT_VERSION);
  }
  return GT_OK;
}

Status classifier_read_about(const char *path, Attributes *about) {
  hid_t file = H5I_INVALID_HID;
  GT_TRY(open_file(&file, path));
  Status status = read_attributes(path, file, about);
  h5_close(file);
  return status;
}

static Status read_tensor(const char *path, hid_t file, const Tensor *tensor, float *out) {
  char name[128];
  hsize_t dims[GT_DIMS_MAX];
  hid_t dataset = H5I_INVALID_HID;
  for (int i = 0; i < tensor->dims_count; i++) {
    dims[i] = (hsize_t)tensor->shape[i];
  }
  snprintf(name, sizeof name, GROUP "/%s", tensor->name);
  GT_TRY(h5_dataset_open(&dataset, shown(path), file, name));
  Status status = h5_dataset_check(shown(path), dataset, H5T_FLOAT, tensor->dims_count, dims);
  if (status == GT_OK) {
    status = h5_dataset_read(shown(path), dataset, H5T_NATIVE_FLOAT, out);
  }
  h5_close(dataset);
  return status;
}

static Status read_params(const char *path, hid_t file, const Arena *arena, float *params) {
  Attributes about;
  char fingerprint[17];
  GT_TRY(read_attributes(path, file, &about));
  for (int t = 0; t < arena->tensors_count; t++) {
    GT_TRY(read_tensor(path, file, &arena->tensors[t], params + arena->tensors[t].first));
  }
  const Attribute *stated = attributes_find(&about, "fingerprint");
  snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, arena_hash(arena, params, 0));
  return stated != NULL && stated->type == ATTRIBUTE_TEXT && strcmp(stated->text, fingerprint) == 0
             ? GT_OK
             : status_set(GT_FAILED,
                          "%s: its parameters have the fingerprint %s, not the one that it states; it was "
                          "damaged or changed after it was written",
                          shown(path), fingerprint);
}

Status classifier_read(const char *path, const Arena *arena, float *params) {
  hid_t file = H5I_INVALID_HID;
  GT_TRY(open_file(&file, path));
  Status status = read_params(path, file, arena, params);
  h5_close(file);
  return status;
}

/* --- for people --- */

Status describe_classifier(const char *path, hid_t file) {
  Attributes about;
  GT_TRY(read_attributes(path, file, &about));
  const Attribute *accuracy = attributes_find(&about, "accuracy");
  const Attribute *fingerprint = attributes_find(&about, "fingerprint");
  printf("%s: a classifier of gantrain, right on %.2f %% of the test images, fingerprint %s\n", path,
         accuracy != NULL && accuracy->type == ATTRIBUTE_REAL ? 100.0 * accuracy->real : 0.0,
         fingerprint != NULL && fingerprint->type == ATTRIBUTE_TEXT ? fingerprint->text : "unknown");
  return GT_OK;
}
