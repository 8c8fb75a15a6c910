/* samples.h5: images that the generator makes of the same inputs at one time of the training after another.
 *
 *   /samples [time, n, y, x(, channel)] uint8      /latent [n, latent_dim], /condition [n, condition_dim]
 * float32 /time, /step int64 [time], /epoch float64 [time]; /time is the coordinate, its values are the steps
 */
#include <string.h>

#include "gantrain/base/check.h"
#include "growing.h"
#include "samples_parts.h"

#define CHUNK_BYTES ((size_t)4 << 20)
#define GZIP 4

size_t samples_chunk_rows(Shape image) {
  size_t fit = CHUNK_BYTES / shape_count(image);
  return fit > 0 ? fit : 1;
}

/* dims = the dimensions of [n, H, W(, C)]; returns their number. */
static int image_dims(hsize_t *dims, size_t n, Shape image) {
  dims[0] = n;
  dims[1] = (hsize_t)image.h;
  dims[2] = (hsize_t)image.w;
  dims[3] = (hsize_t)image.c;
  return image.c == 1 ? 3 : 4;
}

/* Gives the dataset's dimension `dimension` a new scale. */
static Status attach_scale(const char *path, hid_t file, hid_t dataset, int dimension, const char *name,
                           size_t length) {
  hid_t scale = H5I_INVALID_HID;
  GT_TRY(h5_scale_create(&scale, path, file, name, length));
  Status status = h5_scale_attach(path, dataset, dimension, scale);
  h5_close(scale);
  return status;
}

/* Scales for the dimensions n, y, x(, channel) of /samples, which begin at its dimension `first`, and for
 * those of the other arrays. The arrays have the names latent and condition, so their dimensions have others.
 */
static Status attach_scales(const SampleArrays *arrays, const char *path, hid_t file, int first,
                            const SampleSet *set) {
  static const char *const names[] = {"y", "x", "channel"};
  const hid_t all[] = {arrays->samples, arrays->latent, arrays->condition, arrays->labels};
  hsize_t dims[4];
  int dims_count = image_dims(dims, set->n, set->image);
  hid_t scale = H5I_INVALID_HID;
  GT_TRY(h5_scale_create(&scale, path, file, "n", set->n));
  Status status = GT_OK;
  for (int i = 0; i < 4 && status == GT_OK; i++) {
    status = all[i] < 0 ? GT_OK : h5_scale_attach(path, all[i], i == 0 ? first : 0, scale);
  }
  h5_close(scale);
  for (int i = 1; i < dims_count && status == GT_OK; i++) {
    status = attach_scale(path, file, arrays->samples, first + i, names[i - 1], (size_t)dims[i]);
  }
  status = status == GT_OK ? attach_scale(path, file, arrays->latent, 1, "latent_dim", set->latent) : status;
  return status == GT_OK && set->condition > 0
             ? attach_scale(path, file, arrays->condition, 1, "condition_dim", set->condition)
             : status;
}

static Status create_inputs(SampleArrays *arrays, const char *path, hid_t file, const SampleSet *set) {
  H5Layout layout = {.dims_count = 2, .dims = {set->n, set->latent}};
  GT_TRY(h5_dataset_create(&arrays->latent, path, file, "latent", H5T_IEEE_F32LE, &layout));
  layout.dims[1] = set->condition;
  return set->condition == 0
             ? GT_OK
             : h5_dataset_create(&arrays->condition, path, file, "condition", H5T_IEEE_F32LE, &layout);
}

Status sample_arrays_create(SampleArrays *arrays, const char *path, hid_t file, SampleFile kind,
                            const SampleSet *set) {
  int first =
      kind == SAMPLES_GROWING ? 1 : 0; /* the dimension n: in a growing file it comes after the time */
  H5Layout layout = {.grows = first == 1, .gzip = GZIP};
  size_t fit = samples_chunk_rows(set->image);
  *arrays = (SampleArrays){H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID};
  GT_CHECK(set->n > 0 && shape_count(set->image) > 0, "%zu samples of %zu values", set->n,
           shape_count(set->image));
  layout.dims_count = first + image_dims(layout.dims + first, set->n, set->image);
  memcpy(layout.chunk, layout.dims, sizeof layout.chunk);
  layout.chunk[0] = 1; /* a chunk holds one time, or a part of one that is large */
  layout.chunk[first] = fit < set->n ? fit : set->n;
  GT_TRY(h5_dataset_create(&arrays->samples, path, file, "samples", H5T_STD_U8LE, &layout));
  GT_TRY(create_inputs(arrays, path, file, set));
  if (kind == SAMPLES_SINGLE && set->condition > 0) {
    H5Layout labels = {.dims_count = 1, .dims = {set->n}};
    GT_TRY(h5_dataset_create(&arrays->labels, path, file, "labels", H5T_STD_U8LE, &labels));
  }
  return attach_scales(arrays, path, file, first, set);
}

void sample_arrays_close(SampleArrays *arrays) {
  h5_close(arrays->samples);
  h5_close(arrays->latent);
  h5_close(arrays->condition);
  h5_close(arrays->labels);
}

Status sample_arrays_write_inputs(const SampleArrays *arrays, const char *path, size_t first,
                                  const SampleSet *set) {
  GT_TRY(h5_rows_write(path, arrays->latent, H5T_NATIVE_FLOAT, first, set->n, set->latents));
  return set->condition == 0
             ? GT_OK
             : h5_rows_write(path, arrays->condition, H5T_NATIVE_FLOAT, first, set->n, set->conditions);
}

/* Creates the coordinate /time, and /step and /epoch along it, all empty. */
static Status create_axis(const char *path, hid_t file, hid_t samples) {
  hid_t time = H5I_INVALID_HID;
  GT_TRY(growing_create(&time, path, file, "time", H5T_STD_I64LE));
  Status status = h5_scale_make(path, time, "time");
  if (status == GT_OK) {
    status = h5_write_text(path, time, "long_name", "training step of the samples");
  }
  if (status == GT_OK) {
    status = h5_scale_attach(path, samples, 0, time);
  }
  static const char *const names[] = {"step", "epoch"};
  for (int i = 0; i < 2 && status == GT_OK; i++) {
    hid_t series = H5I_INVALID_HID;
    status = growing_create(&series, path, file, names[i], i == 0 ? H5T_STD_I64LE : H5T_IEEE_F64LE);
    if (status == GT_OK) {
      status = h5_scale_attach(path, series, 0, time);
    }
    h5_close(series);
  }
  h5_close(time);
  return status;
}

static Status create_file(const char *path, hid_t file, const Attributes *recipe, const SampleSet *set) {
  SampleArrays arrays;
  GT_TRY(growing_write_attributes(path, file, SAMPLES_FORMAT, recipe));
  Status status = sample_arrays_create(&arrays, path, file, SAMPLES_GROWING, set);
  if (status == GT_OK) {
    status = sample_arrays_write_inputs(&arrays, path, 0, set);
  }
  if (status == GT_OK) {
    status = create_axis(path, file, arrays.samples);
  }
  if (status == GT_OK) {
    /* Last: HDF5 attaches no scale to a dataset that has the attribute CLASS of images. */
    status = h5_write_image(path, arrays.samples, (size_t)set->image.c);
  }
  sample_arrays_close(&arrays);
  return status;
}

static Status check_shape(const char *path, hid_t file, size_t rows, size_t n, Shape image) {
  hid_t samples = H5I_INVALID_HID;
  hsize_t dims[5] = {rows};
  int dims_count = 1 + image_dims(dims + 1, n, image);
  GT_TRY(h5_dataset_open(&samples, path, file, "samples"));
  Status status = h5_dataset_check(path, samples, H5T_INTEGER, dims_count, dims);
  h5_close(samples);
  return status;
}

static Status append(const char *path, hid_t file, int64_t step, double epoch, const uint8_t *images,
                     const SampleSet *set) {
  size_t rows = 0;
  int64_t last = 0;
  GT_TRY(growing_check_format(path, file, SAMPLES_FORMAT));
  GT_TRY(growing_find_end(path, file, "time", &rows, &last));
  if (step <= last) {
    return status_set(GT_FAILED, "%s: holds samples of step %lld already, those of step %lld cannot follow",
                      path, (long long)last, (long long)step);
  }
  GT_TRY(check_shape(path, file, rows, set->n, set->image));
  GT_TRY(growing_append(path, file, "samples", H5T_NATIVE_UINT8, rows, 1, images));
  GT_TRY(growing_append(path, file, "step", H5T_NATIVE_INT64, rows, 1, &step));
  GT_TRY(growing_append(path, file, "epoch", H5T_NATIVE_DOUBLE, rows, 1, &epoch));
  return growing_append(path, file, "time", H5T_NATIVE_INT64, rows, 1, &step);
}

Status samples_append(const char *path, const Attributes *recipe, int64_t step, double epoch,
                      const uint8_t *images, const SampleSet *set) {
  hid_t file = H5I_INVALID_HID;
  Status status = GT_OK;
  bool there = false;
  GT_TRY(file_find(&there, path));
  if (there) {
    GT_TRY(h5_file_edit(&file, path));
  } else {
    GT_TRY(h5_file_create(&file, path));
    status = create_file(path, file, recipe, set);
  }
  if (status == GT_OK) {
    status = append(path, file, step, epoch, images, set);
  }
  return h5_file_finish(file, path, status);
}

Status samples_inspect(const char *path, Attributes *attributes, int64_t *last) {
  return growing_inspect(path, SAMPLES_FORMAT, "time", attributes, last);
}

Status samples_check_own(const char *path) {
  hid_t file = H5I_INVALID_HID;
  GT_TRY(h5_file_open_own(&file, path));
  Status status = growing_check_own(path, file);
  h5_close(file);
  return status;
}

Status samples_cut(const char *path, int64_t step) {
  return growing_cut(path, SAMPLES_FORMAT, "time", step);
}
