/* Writing the dataset layout. Dimensions: /height, /width, /channel for the whole file, and `image` in each
 * part, so that xarray opens every part as a dataset of its own. */
#include <stdio.h>

#include "dataset_parts.h"
#include "gantrain/base/check.h"
#include "gantrain/base/memory.h"
#include "gantrain/io/dataset.h"
#include "h5/h5.h"

/* The best level takes four times as long for a few percent: only for small parts, the kind that is shipped.
 */
#define GZIP_SMALL 9
#define GZIP_LARGE 5
#define SMALL_BYTES ((size_t)4 << 20)

struct DatasetWriter {
  char path[GT_PATH_MAX];
  hid_t file;
  Shape image;
  int dims_count;          /* of one image: 2, or 3 where C > 1 */
  hid_t scales[3];         /* height, width, channel */
  bool has[DATASET_PARTS]; /* parts written */
};

static Status write_root(DatasetWriter *writer) {
  static const char *const names[3] = {"height", "width", "channel"};
  const size_t sizes[3] = {(size_t)writer->image.h, (size_t)writer->image.w, (size_t)writer->image.c};
  GT_TRY(h5_write_text(writer->path, writer->file, "format", GT_DATASET_FORMAT));
  GT_TRY(h5_write_int(writer->path, writer->file, "format_version", GT_DATASET_VERSION));
  for (int i = 0; i < 3 && i < writer->dims_count; i++) {
    GT_TRY(h5_scale_create(&writer->scales[i], writer->path, writer->file, names[i], sizes[i], false));
  }
  return GT_OK;
}

Status dataset_writer_open(DatasetWriter **out, const char *path, Shape image) {
  *out = NULL;
  GT_CHECK(image.h > 0 && image.w > 0 && image.c > 0, "image of %d x %d x %d", image.h, image.w, image.c);
  DatasetWriter *writer = memory_alloc(1, sizeof *writer);
  if (writer == NULL) {
    return GT_FAILED;
  }
  writer->image = image;
  writer->dims_count = image.c > 1 ? 3 : 2;
  for (int i = 0; i < 3; i++) {
    writer->scales[i] = H5I_INVALID_HID;
  }
  Status status = path_format(writer->path, "%s", path);
  if (status == GT_OK) {
    status = h5_file_create(&writer->file, path);
  }
  if (status != GT_OK) {
    memory_free(writer);
    return status;
  }
  status = write_root(writer);
  if (status != GT_OK) {
    return dataset_writer_close(writer, status);
  }
  *out = writer;
  return GT_OK;
}

static Status write_images(const DatasetWriter *writer, hid_t group, hid_t rows, const uint8_t *images,
                           size_t count) {
  const double full_range[2] = {0, 255};
  H5Layout layout = {
      .rank = 1 + writer->dims_count,
      .dims = {count, (hsize_t)writer->image.h, (hsize_t)writer->image.w, (hsize_t)writer->image.c},
      .gzip = count * shape_count(writer->image) <= SMALL_BYTES ? GZIP_SMALL : GZIP_LARGE};
  hid_t dataset;
  h5_layout_chunk_rows(&layout, 1);
  GT_TRY(h5_dataset_create(&dataset, writer->path, group, "images", H5T_STD_U8LE, &layout));
  Status status = h5_dataset_write(writer->path, dataset, H5T_NATIVE_UINT8, images);
  if (status == GT_OK) {
    status = h5_write_reals(writer->path, dataset, GT_VALUE_RANGE, H5T_IEEE_F64LE, full_range, 2);
  }
  if (status == GT_OK) {
    status = h5_scale_attach(writer->path, dataset, 0, rows);
  }
  for (int i = 0; i < writer->dims_count && status == GT_OK; i++) {
    status = h5_scale_attach(writer->path, dataset, 1 + i, writer->scales[i]);
  }
  if (status == GT_OK) {
    status = h5_write_image(writer->path, dataset, (size_t)writer->image.c, true);
  }
  h5_close(dataset);
  return status;
}

static Status write_labels(const DatasetWriter *writer, hid_t group, hid_t rows, const uint8_t *labels,
                           size_t count) {
  H5Layout layout = {.rank = 1, .dims = {count}, .gzip = GZIP_SMALL};
  hid_t dataset;
  h5_layout_chunk_rows(&layout, 1);
  GT_TRY(h5_dataset_create(&dataset, writer->path, group, "labels", H5T_STD_U8LE, &layout));
  Status status = h5_dataset_write(writer->path, dataset, H5T_NATIVE_UINT8, labels);
  if (status == GT_OK) {
    status = h5_scale_attach(writer->path, dataset, 0, rows);
  }
  h5_close(dataset);
  return status;
}

Status dataset_writer_part(DatasetWriter *writer, DatasetPart part, const uint8_t *images,
                           const uint8_t *labels, size_t count) {
  GT_CHECK(!writer->has[part], "part %s is written twice", gt_dataset_parts[part]);
  if (count == 0) {
    return GT_OK; /* an absent part, which is how readers see it */
  }
  hid_t group, rows = H5I_INVALID_HID;
  GT_TRY(h5_group_create(&group, writer->path, writer->file, gt_dataset_parts[part]));
  Status status = h5_scale_create(&rows, writer->path, group, "image", count, false);
  if (status == GT_OK) {
    status = write_images(writer, group, rows, images, count);
  }
  if (status == GT_OK && labels != NULL) {
    status = write_labels(writer, group, rows, labels, count);
  }
  h5_close(rows);
  h5_close(group);
  writer->has[part] = status == GT_OK;
  return status;
}

Status dataset_writer_close(DatasetWriter *writer, Status outcome) {
  for (int i = 0; i < writer->dims_count; i++) {
    h5_close(writer->scales[i]);
  }
  Status status = h5_file_finish(writer->file, writer->path, outcome);
  memory_free(writer);
  return status;
}
