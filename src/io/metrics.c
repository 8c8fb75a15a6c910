/* metrics.h5: float64 series [step] over the coordinate /step, int64. NaN: not measured at that step. */
#include <math.h>
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"
#include "gantrain/io/outputs.h"
#include "growing.h"

#define FORMAT "gantrain-metrics"

/* A new series over `step`, NaN at the `before` steps that the file holds already. */
static Status create_series(const char *path, hid_t file, hid_t step, const char *name, size_t before) {
  hid_t dataset = H5I_INVALID_HID;
  double *nothing = memory_alloc(before, sizeof *nothing);
  if (nothing == NULL) {
    return GT_FAILED;
  }
  for (size_t i = 0; i < before; i++) {
    nothing[i] = (double)NAN;
  }
  Status status = growing_create(&dataset, path, file, name, H5T_IEEE_F64LE);
  status = status == GT_OK ? h5_scale_attach(path, dataset, 0, step) : status;
  h5_close(dataset);
  status = status == GT_OK ? growing_append(path, file, name, H5T_NATIVE_DOUBLE, 0, before, nothing) : status;
  memory_free(nothing);
  return status;
}

static Status create_file(const char *path, hid_t file, const Attributes *recipe) {
  hid_t step = H5I_INVALID_HID;
  GT_TRY(growing_describe(path, file, FORMAT, recipe));
  GT_TRY(growing_create(&step, path, file, "step", H5T_STD_I64LE));
  Status status = h5_scale_make(path, step, "step");
  if (status == GT_OK) {
    status = h5_write_text(path, step, "long_name", "training step");
  }
  h5_close(step);
  return status;
}

/* The series that the file, new or of a version that had fewer, does not have yet. */
static Status complete_series(const char *path, hid_t file, const char *const *names, int series,
                              size_t before) {
  hid_t step = H5I_INVALID_HID;
  GT_TRY(h5_dataset_open(&step, path, file, "step"));
  Status status = GT_OK;
  for (int s = 0; s < series && status == GT_OK; s++) {
    status = h5_exists(file, names[s]) ? GT_OK : create_series(path, file, step, names[s], before);
  }
  h5_close(step);
  return status;
}

/* A series of the file that is not among ours would stay behind in length. */
static Status check_series(const char *path, hid_t file, const char *const *names, int series) {
  H5G_info_t info = {0};
  int known = 0;
  if (H5Gget_info(file, &info) < 0) {
    return h5_failure(path, "list its series");
  }
  for (int s = 0; s < series; s++) {
    known += h5_exists(file, names[s]);
  }
  if (info.nlinks != (hsize_t)known + 1) {
    return status_set(GT_FAILED,
                      "%s: holds %lld series over /step, of which this run has %d; it was written by another "
                      "version or changed: move it away",
                      path, (long long)info.nlinks - 1, known);
  }
  return GT_OK;
}

static Status check_steps(const char *path, const int64_t *steps, size_t rows, int64_t last) {
  for (size_t r = 0; r < rows; r++) {
    if (steps[r] <= last) {
      return status_set(GT_FAILED, "%s: holds metrics of step %lld already, those of step %lld cannot follow",
                        path, (long long)last, (long long)steps[r]);
    }
    last = steps[r];
  }
  return GT_OK;
}

static Status append(const char *path, hid_t file, const char *const *names, int series, const int64_t *steps,
                     const double *values, size_t rows) {
  size_t before = 0;
  int64_t last = 0;
  GT_TRY(growing_check(path, file, FORMAT));
  GT_TRY(check_series(path, file, names, series));
  GT_TRY(growing_end(path, file, "step", &before, &last));
  GT_TRY(check_steps(path, steps, rows, last));
  GT_TRY(complete_series(path, file, names, series, before));
  double *column = memory_alloc(rows, sizeof *column);
  if (column == NULL) {
    return GT_FAILED;
  }
  Status status = GT_OK;
  for (int s = 0; s < series && status == GT_OK; s++) {
    for (size_t r = 0; r < rows; r++) {
      column[r] = values[r * (size_t)series + (size_t)s];
    }
    status = growing_append(path, file, names[s], H5T_NATIVE_DOUBLE, before, rows, column);
  }
  memory_free(column);
  GT_TRY(status);
  return growing_append(path, file, "step", H5T_NATIVE_INT64, before, rows, steps);
}

Status metrics_append(const char *path, const Attributes *recipe, const char *const *names, int series,
                      const int64_t *steps, const double *values, size_t rows) {
  hid_t file = H5I_INVALID_HID;
  Status status = GT_OK;
  GT_CHECK(series > 0 && series <= GT_SERIES_MAX, "%d series", series);
  bool there = false;
  GT_TRY(file_find(&there, path));
  if (there) {
    if (rows == 0) {
      return GT_OK;
    }
    GT_TRY(h5_file_edit(&file, path));
  } else {
    GT_TRY(h5_file_create(&file, path));
    status = create_file(path, file, recipe);
  }
  if (status == GT_OK) {
    status = append(path, file, names, series, steps, values, rows);
  }
  return h5_file_finish(file, path, status);
}

Status metrics_look(const char *path, Attributes *attributes, int64_t *last) {
  return growing_look(path, FORMAT, "step", attributes, last);
}

Status metrics_check_own(const char *path, const char *const *names, int series) {
  hid_t file = H5I_INVALID_HID;
  GT_TRY(h5_file_open_own(&file, path));
  Status status = growing_check_own(path, file);
  if (status == GT_OK) {
    status = check_series(path, file, names, series);
  }
  h5_close(file);
  return status;
}

Status metrics_cut(const char *path, int64_t step) {
  return growing_cut(path, FORMAT, "step", step);
}
