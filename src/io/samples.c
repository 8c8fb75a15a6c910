/* samples.h5: the images that the generator makes of the same latents as training goes on.
 *
 *   /samples [time, n, y, x(, channel)] uint8      /latent [n, latent_dim] float32
 *   /time, /step int64 [time], /epoch float64 [time]; /time is the coordinate, its values are the steps */
#include <string.h>

#include "gantrain/base/check.h"
#include "gantrain/io/outputs.h"
#include "growing.h"

#define FORMAT "gantrain-samples"
#define CHUNK_BYTES ((size_t)4 << 20)
#define GZIP 4

/* Sizes of [n, H, W(, C)] into dims; returns how many. */
static int image_dims(hsize_t *dims, size_t n, Shape image) {
  dims[0] = n;
  dims[1] = (hsize_t)image.h;
  dims[2] = (hsize_t)image.w;
  dims[3] = (hsize_t)image.c;
  return image.c == 1 ? 3 : 4;
}

/* Dimensions n, y, x(, channel) of the dataset, from its dimension `first` on, and of /latent. */
static Status attach_scales(const char *path, hid_t file, hid_t samples, int first, hid_t latent, size_t n,
                            Shape image, size_t latent_size) {
  static const char *const names[] = {"n", "y", "x", "channel"};
  hsize_t dims[4];
  int rank = image_dims(dims, n, image);
  hid_t scale = H5I_INVALID_HID;
  for (int i = 0; i < rank; i++) {
    GT_TRY(h5_scale_create(&scale, path, file, names[i], (size_t)dims[i], false));
    Status status = h5_scale_attach(path, samples, first + i, scale);
    if (status == GT_OK && i == 0) {
      status = h5_scale_attach(path, latent, 0, scale);
    }
    h5_close(scale);
    GT_TRY(status);
  }
  /* Not "latent": that name is the dataset's. */
  GT_TRY(h5_scale_create(&scale, path, file, "latent_dim", latent_size, false));
  Status status = h5_scale_attach(path, latent, 1, scale);
  h5_close(scale);
  return status;
}

/* /samples with `first` leading dimensions (1: time, 0: none) and /latent, with scales on all but time. */
static Status create_arrays(hid_t *samples, const char *path, hid_t file, int first, const float *latent,
                            size_t n, Shape image, size_t latent_size) {
  H5Layout layout = {.grows = first == 1, .gzip = GZIP};
  H5Layout plain = {.rank = 2, .dims = {n, latent_size}};
  hid_t latents = H5I_INVALID_HID;
  size_t fit = CHUNK_BYTES / (shape_count(image) > 0 ? shape_count(image) : 1);
  layout.rank = first + image_dims(layout.dims + first, n, image);
  memcpy(layout.chunk, layout.dims, sizeof layout.chunk);
  layout.chunk[0] = 1; /* one time a chunk, unless it is very large */
  layout.chunk[first] = fit < 1 ? 1 : fit < n ? fit : n;
  GT_TRY(h5_dataset_create(samples, path, file, "samples", H5T_STD_U8LE, &layout));
  Status status = h5_dataset_create(&latents, path, file, "latent", H5T_IEEE_F32LE, &plain);
  if (status == GT_OK) {
    status = h5_dataset_write(path, latents, H5T_NATIVE_FLOAT, latent);
  }
  if (status == GT_OK) {
    status = attach_scales(path, file, *samples, first, latents, n, image, latent_size);
  }
  h5_close(latents);
  return status;
}

/* /time as the coordinate, /step and /epoch along it, all still empty. */
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

static Status create_file(const char *path, hid_t file, const Attributes *recipe, const float *latent,
                          size_t n, Shape image, size_t latent_size) {
  hid_t samples = H5I_INVALID_HID;
  GT_TRY(growing_describe(path, file, FORMAT, recipe));
  Status status = create_arrays(&samples, path, file, 1, latent, n, image, latent_size);
  if (status == GT_OK) {
    status = create_axis(path, file, samples);
  }
  if (status == GT_OK) {
    /* Last: HDF5 attaches no scale to a dataset that has the attribute CLASS of images. */
    status = h5_write_image(path, samples, (size_t)image.c, true);
  }
  h5_close(samples);
  return status;
}

static Status check_shape(const char *path, hid_t file, size_t rows, size_t n, Shape image) {
  hid_t samples = H5I_INVALID_HID;
  hsize_t dims[5] = {rows};
  int rank = 1 + image_dims(dims + 1, n, image);
  GT_TRY(h5_dataset_open(&samples, path, file, "samples"));
  Status status = h5_dataset_check(path, samples, H5T_INTEGER, rank, dims);
  h5_close(samples);
  return status;
}

static Status append(const char *path, hid_t file, int64_t step, double epoch, const uint8_t *images,
                     size_t n, Shape image) {
  size_t rows = 0;
  int64_t last = 0;
  GT_TRY(growing_check(path, file, FORMAT));
  GT_TRY(growing_end(path, file, "time", &rows, &last));
  if (step <= last) {
    return status_set(GT_FAILED, "%s: holds samples of step %lld already, those of step %lld cannot follow",
                      path, (long long)last, (long long)step);
  }
  GT_TRY(check_shape(path, file, rows, n, image));
  GT_TRY(growing_append(path, file, "samples", H5T_NATIVE_UINT8, rows, 1, images));
  GT_TRY(growing_append(path, file, "step", H5T_NATIVE_INT64, rows, 1, &step));
  GT_TRY(growing_append(path, file, "epoch", H5T_NATIVE_DOUBLE, rows, 1, &epoch));
  return growing_append(path, file, "time", H5T_NATIVE_INT64, rows, 1, &step);
}

Status samples_append(const char *path, const Attributes *recipe, int64_t step, double epoch,
                      const uint8_t *images, const float *latent, size_t n, Shape image, size_t latent_size) {
  hid_t file = H5I_INVALID_HID;
  Status status = GT_OK;
  GT_CHECK(n > 0 && shape_count(image) > 0, "%zu samples of %zu values", n, shape_count(image));
  bool there = false;
  GT_TRY(file_find(&there, path));
  if (there) {
    GT_TRY(h5_file_edit(&file, path));
  } else {
    GT_TRY(h5_file_create(&file, path));
    status = create_file(path, file, recipe, latent, n, image, latent_size);
  }
  if (status == GT_OK) {
    status = append(path, file, step, epoch, images, n, image);
  }
  return h5_file_finish(file, path, status);
}

Status samples_write(const char *path, const Attributes *recipe, const uint8_t *images, const float *latent,
                     size_t n, Shape image, size_t latent_size) {
  hid_t file = H5I_INVALID_HID, samples = H5I_INVALID_HID;
  GT_CHECK(n > 0 && shape_count(image) > 0, "%zu samples of %zu values", n, shape_count(image));
  GT_TRY(h5_file_create(&file, path));
  Status status = growing_describe(path, file, FORMAT, recipe);
  if (status == GT_OK) {
    status = create_arrays(&samples, path, file, 0, latent, n, image, latent_size);
  }
  if (status == GT_OK) {
    status = h5_dataset_write(path, samples, H5T_NATIVE_UINT8, images);
  }
  if (status == GT_OK) {
    status = h5_write_image(path, samples, (size_t)image.c, true); /* last, as above */
  }
  h5_close(samples);
  return h5_file_finish(file, path, status);
}

Status samples_look(const char *path, Attributes *attributes, int64_t *last) {
  return growing_look(path, FORMAT, "time", attributes, last);
}

Status samples_check_own(const char *path) {
  hid_t file = H5I_INVALID_HID;
  GT_TRY(h5_file_open_own(&file, path));
  Status status = growing_check_own(path, file);
  h5_close(file);
  return status;
}

Status samples_cut(const char *path, int64_t step) {
  return growing_cut(path, FORMAT, "time", step);
}
