#include "growing.h"

#include <string.h>

#define VERSION 1

Status growing_write_attributes(const char *path, hid_t file, const char *format, const Attributes *recipe) {
  GT_TRY(h5_write_text(path, file, "format", format));
  GT_TRY(h5_write_int(path, file, "format_version", VERSION));
  return h5_write_attributes(path, file, recipe);
}

Status growing_check_format(const char *path, hid_t file, const char *format) {
  Attributes attributes = {0};
  GT_TRY(h5_read_attributes(path, file, &attributes));
  const Attribute *found = attributes_find(&attributes, "format");
  const Attribute *version = attributes_find(&attributes, "format_version");
  if (found == NULL || found->type != ATTRIBUTE_TEXT || strcmp(found->text, format) != 0) {
    return status_set(GT_FAILED, "%s: is of format \"%.60s\", \"%s\" was expected", path,
                      found == NULL ? "" : found->text, format);
  }
  if (version == NULL || version->type != ATTRIBUTE_INT || version->integer != VERSION) {
    return status_set(GT_FAILED, "%s: is of another format version than %d, which this program knows", path,
                      VERSION);
  }
  return GT_OK;
}

Status growing_create(hid_t *dataset, const char *path, hid_t file, const char *name, hid_t type) {
  H5Layout layout = {.dims_count = 1, .dims = {0}, .grows = true, .chunk = {GROWING_CHUNK}};
  return h5_dataset_create(dataset, path, file, name, type, &layout);
}

/* Opens the axis and reads its number of rows. */
static Status open_axis(hid_t *axis, const char *path, hid_t file, const char *name, size_t *rows) {
  int dims_count = 0;
  hsize_t dims[H5_DIMS_MAX] = {0};
  GT_TRY(h5_dataset_open(axis, path, file, name));
  Status status = h5_dataset_shape(path, *axis, &dims_count, dims);
  if (status == GT_OK) {
    status = h5_dataset_check(path, *axis, H5T_INTEGER, 1, dims);
  }
  if (status != GT_OK) {
    h5_close(*axis);
    return status;
  }
  *rows = (size_t)dims[0];
  return GT_OK;
}

static Status read_step(const char *path, hid_t axis, size_t row, int64_t *step) {
  return h5_rows_read(path, axis, H5T_NATIVE_INT64, row, 1, step);
}

Status growing_find_end(const char *path, hid_t file, const char *name, size_t *rows, int64_t *last) {
  hid_t axis = H5I_INVALID_HID;
  *last = INT64_MIN;
  GT_TRY(open_axis(&axis, path, file, name, rows));
  Status status = *rows == 0 ? GT_OK : read_step(path, axis, *rows - 1, last);
  h5_close(axis);
  return status;
}

Status growing_count_rows(const char *path, hid_t file, const char *name, int64_t step, size_t *rows,
                          size_t *total) {
  hid_t axis = H5I_INVALID_HID;
  GT_TRY(open_axis(&axis, path, file, name, total));
  /* Steps ascend, so bisection finds the row without reading them all into memory, however many the file
   * claims to have. */
  size_t low = 0, high = *total;
  Status status = GT_OK;
  while (low < high && status == GT_OK) {
    size_t middle = low + (high - low) / 2;
    int64_t value = 0;
    status = read_step(path, axis, middle, &value);
    if (value <= step) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  *rows = low;
  h5_close(axis);
  return status;
}

Status growing_append(const char *path, hid_t file, const char *name, hid_t type, size_t rows, size_t count,
                      const void *data) {
  hid_t dataset = H5I_INVALID_HID;
  int dims_count = 0;
  hsize_t dims[H5_DIMS_MAX] = {0};
  GT_TRY(h5_dataset_open(&dataset, path, file, name));
  Status status = h5_dataset_shape(path, dataset, &dims_count, dims);
  if (status == GT_OK && (dims_count < 1 || dims[0] != rows)) {
    status = status_set(GT_FAILED,
                        "%s: %s has %llu rows, %zu were expected; the file was changed by another "
                        "program: move it away",
                        path, name, (unsigned long long)dims[0], rows);
  }
  if (status == GT_OK) {
    status = h5_rows_resize(path, dataset, rows + count);
  }
  if (status == GT_OK) {
    status = h5_rows_write(path, dataset, type, rows, count, data);
  }
  h5_close(dataset);
  return status;
}

/* --- inspecting --- */

Status growing_inspect(const char *path, const char *format, const char *name, Attributes *attributes,
                       int64_t *last) {
  hid_t file = H5I_INVALID_HID;
  size_t rows = 0;
  GT_TRY(h5_file_open(&file, path));
  Status status = growing_check_format(path, file, format);
  if (status == GT_OK) {
    attributes->count = 0;
    status = h5_read_attributes(path, file, attributes);
  }
  if (status == GT_OK) {
    status = growing_find_end(path, file, name, &rows, last);
  }
  h5_close(file);
  return status;
}

typedef struct OwnLinks {
  const char *path;
  Status status;
} OwnLinks;

static herr_t check_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  OwnLinks *own = context;
  hid_t object = info->type == H5L_TYPE_HARD ? H5Oopen(group, name, H5P_DEFAULT) : H5I_INVALID_HID;
  if (object < 0 || H5Iget_type(object) != H5I_DATASET) {
    own->status =
        status_set(GT_FAILED,
                   "%s: holds /%s, which no run writes: move it into a file of its own, or move this file "
                   "away",
                   own->path, name);
  }
  h5_close(object);
  return own->status == GT_OK ? 0 : -1;
}

Status growing_check_own(const char *path, hid_t file) {
  OwnLinks own = {path, GT_OK};
  if (H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, check_link, &own) < 0 && own.status == GT_OK) {
    return h5_failure(path, "list its datasets");
  }
  return own.status;
}

/* --- cutting --- */

typedef struct Cut {
  const char *path;
  size_t rows;
  Status status;
} Cut;

static herr_t cut_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  Cut *cut = context;
  hid_t dataset = H5I_INVALID_HID;
  (void)info;
  cut->status = h5_dataset_open(&dataset, cut->path, group, name);
  if (cut->status != GT_OK) {
    return -1;
  }
  hid_t space = H5Dget_space(dataset);
  hsize_t dims[H5_DIMS_MAX] = {0}, limits[H5_DIMS_MAX] = {0};
  int dims_count = H5Sget_simple_extent_ndims(space);
  if (dims_count > 0 && dims_count <= H5_DIMS_MAX) {
    H5Sget_simple_extent_dims(space, dims, limits);
  }
  h5_close(space);
  if (limits[0] == H5S_UNLIMITED && dims[0] > cut->rows) {
    cut->status = h5_rows_resize(cut->path, dataset, cut->rows);
  }
  h5_close(dataset);
  return cut->status == GT_OK ? 0 : -1;
}

Status growing_cut_rows(const char *path, hid_t file, size_t rows) {
  Cut cut = {path, rows, GT_OK};
  if (H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, cut_link, &cut) < 0 && cut.status == GT_OK) {
    return h5_failure(path, "list its datasets");
  }
  return cut.status;
}

Status growing_cut(const char *path, const char *format, const char *name, int64_t step) {
  hid_t file = H5I_INVALID_HID;
  size_t rows = 0, total = 0;
  bool there = false;
  GT_TRY(file_find(&there, path));
  if (!there) {
    return GT_OK;
  }
  GT_TRY(h5_file_open_own(&file, path));
  Status status = growing_check_format(path, file, format);
  if (status == GT_OK) {
    status = growing_count_rows(path, file, name, step, &rows, &total);
  }
  h5_close(file);
  if (status != GT_OK || rows == total) {
    return status;
  }
  GT_TRY(h5_file_edit(&file, path));
  return h5_file_finish(file, path, growing_cut_rows(path, file, rows));
}
