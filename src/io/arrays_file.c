#include "gantrain/io/arrays_file.h"

#include <stdio.h>

#include "describe.h"
#include "h5/h5.h"

/* The scale of that name, made where it is not there yet. */
static Status attach(const char *path, hid_t file, hid_t dataset, int dimension, const char *name,
                     size_t length) {
  hid_t scale = H5I_INVALID_HID;
  GT_TRY(h5_exists(file, name) ? h5_dataset_open(&scale, path, file, name)
                               : h5_scale_create(&scale, path, file, name, length));
  Status status = h5_scale_attach(path, dataset, dimension, scale);
  h5_close(scale);
  return status;
}

static Status write_array(const char *path, hid_t file, const NamedArray *array) {
  const hid_t types[] = {
      [ARRAY_FLOAT64] = H5T_IEEE_F64LE, [ARRAY_FLOAT32] = H5T_IEEE_F32LE, [ARRAY_INT64] = H5T_STD_I64LE};
  int dims_count = array->shape[1] > 0 ? 2 : 1;
  H5Layout layout = {.dims_count = dims_count, .dims = {array->shape[0], array->shape[1]}, .gzip = 1};
  hid_t dataset = H5I_INVALID_HID;
  h5_layout_chunk_rows(&layout, sizeof(double));
  GT_TRY(h5_dataset_create(&dataset, path, file, array->name, types[array->kind], &layout));
  Status status = h5_dataset_write(path, dataset, H5T_NATIVE_DOUBLE, array->values);
  for (int i = 0; i < dims_count && status == GT_OK; i++) {
    status = attach(path, file, dataset, i, array->dimensions[i], array->shape[i]);
  }
  h5_close(dataset);
  return status;
}

Status arrays_write(const char *path, const char *format, const Attributes *attributes,
                    const NamedArray *arrays, int count) {
  hid_t file = H5I_INVALID_HID;
  GT_TRY(h5_file_create(&file, path));
  Status status = h5_write_text(path, file, "format", format);
  status = status == GT_OK ? h5_write_int(path, file, "format_version", 1) : status;
  status = status == GT_OK ? h5_write_attributes(path, file, attributes) : status;
  for (int i = 0; i < count && status == GT_OK; i++) {
    status = write_array(path, file, &arrays[i]);
  }
  return h5_file_finish(file, path, status);
}

Status describe_eval(const char *path, hid_t file) {
  (void)file;
  printf("%s: the results of gantrain eval: figures as attributes, features, classes and spectra as arrays\n",
         path);
  return GT_OK;
}
