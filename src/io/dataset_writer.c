/* Writing the dataset layout. Dimensions: /height, /width, /channel for the whole file, and `image` in each
 * part, so that xarray opens every part as a dataset of its own. */
#include <string.h>

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
#define BLOCK_BYTES ((size_t)4 << 20)

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
    GT_TRY(h5_scale_create(&writer->scales[i], writer->path, writer->file, names[i], sizes[i]));
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
    status = h5_file_create_large(&writer->file, path);
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

static Status create_images(const DatasetWriter *writer, hid_t group, hid_t rows, size_t count,
                            hid_t *dataset) {
  const double full_range[2] = {0, 255};
  H5Layout layout = {
      .dims_count = 1 + writer->dims_count,
      .dims = {count, (hsize_t)writer->image.h, (hsize_t)writer->image.w, (hsize_t)writer->image.c},
      .gzip = count * shape_count(writer->image) <= SMALL_BYTES ? GZIP_SMALL : GZIP_LARGE};
  h5_layout_chunk_rows(&layout, 1);
  GT_TRY(h5_dataset_create(dataset, writer->path, group, "images", H5T_STD_U8LE, &layout));
  Status status = h5_write_reals(writer->path, *dataset, GT_VALUE_RANGE, H5T_IEEE_F64LE, full_range, 2);
  if (status == GT_OK) {
    status = h5_scale_attach(writer->path, *dataset, 0, rows);
  }
  for (int i = 0; i < writer->dims_count && status == GT_OK; i++) {
    status = h5_scale_attach(writer->path, *dataset, 1 + i, writer->scales[i]);
  }
  return status == GT_OK ? h5_write_image(writer->path, *dataset, (size_t)writer->image.c) : status;
}

static Status create_labels(const DatasetWriter *writer, hid_t group, hid_t rows, const DatasetRows *source,
                            hid_t *dataset) {
  H5Layout layout = {.dims_count = 1, .dims = {source->count}, .gzip = GZIP_SMALL};
  bool many = source->classes > GT_LABELS_MAX;
  h5_layout_chunk_rows(&layout, many ? 2 : 1);
  GT_TRY(h5_dataset_create(dataset, writer->path, group, "labels", many ? H5T_STD_U16LE : H5T_STD_U8LE,
                           &layout));
  GT_TRY(h5_scale_attach(writer->path, *dataset, 0, rows));
  return many ? h5_write_int(writer->path, *dataset, GT_CLASSES, (int64_t)source->classes) : GT_OK;
}

/* Rows of a part on their way: a block at a time. */
static Status write_blocks(const DatasetWriter *writer, const DatasetRows *rows, hid_t images, hid_t labels) {
  size_t E = shape_count(writer->image), block = BLOCK_BYTES / E + 1;
  uint8_t *pixels = memory_alloc(block, E);
  uint16_t *classes = memory_alloc(block, sizeof *classes);
  Status status = pixels != NULL && classes != NULL ? GT_OK : GT_FAILED;
  for (size_t first = 0; first < rows->count && status == GT_OK; first += block) {
    size_t count = rows->count - first < block ? rows->count - first : block;
    status = rows->fill(rows->context, first, count, pixels, classes);
    if (status == GT_OK) {
      status = h5_rows_write(writer->path, images, H5T_NATIVE_UINT8, first, count, pixels);
    }
    if (status == GT_OK && labels >= 0) {
      status = h5_rows_write(writer->path, labels, H5T_NATIVE_UINT16, first, count, classes);
    }
  }
  memory_free(pixels);
  memory_free(classes);
  return status;
}

static Status write_group(const DatasetWriter *writer, const DatasetRows *rows, hid_t group) {
  hid_t scale = H5I_INVALID_HID, images = H5I_INVALID_HID, labels = H5I_INVALID_HID;
  Status status = h5_scale_create(&scale, writer->path, group, "image", rows->count);
  if (status == GT_OK) {
    status = create_images(writer, group, scale, rows->count, &images);
  }
  if (status == GT_OK && rows->classes > 0) {
    status = create_labels(writer, group, scale, rows, &labels);
  }
  if (status == GT_OK) {
    status = write_blocks(writer, rows, images, labels);
  }
  h5_close(labels);
  h5_close(images);
  h5_close(scale);
  return status;
}

Status dataset_writer_rows(DatasetWriter *writer, DatasetPart part, const DatasetRows *rows) {
  GT_CHECK(!writer->has[part], "part %s is written twice", gt_dataset_parts[part]);
  if (rows->count == 0) {
    return GT_OK; /* an absent part, which is how readers see it */
  }
  hid_t group;
  GT_TRY(h5_group_create(&group, writer->path, writer->file, gt_dataset_parts[part]));
  Status status = write_group(writer, rows, group);
  h5_close(group);
  writer->has[part] = status == GT_OK;
  return status;
}

/* Rows that are all in memory. */
typedef struct Memory {
  const uint8_t *images, *labels;
  size_t row; /* bytes */
} Memory;

static Status copy_rows(void *context, size_t first, size_t count, uint8_t *images, uint16_t *labels) {
  const Memory *memory = context;
  memcpy(images, memory->images + first * memory->row, count * memory->row);
  for (size_t i = 0; i < count && memory->labels != NULL; i++) {
    labels[i] = memory->labels[first + i];
  }
  return GT_OK;
}

Status dataset_writer_part(DatasetWriter *writer, DatasetPart part, const uint8_t *images,
                           const uint8_t *labels, size_t count) {
  Memory memory = {images, labels, shape_count(writer->image)};
  return dataset_writer_rows(writer, part,
                             &(DatasetRows){.fill = copy_rows,
                                            .context = &memory,
                                            .count = count,
                                            .classes = labels != NULL ? GT_LABELS_MAX : 0});
}

Status dataset_writer_note(DatasetWriter *writer, const char *name, const char *value) {
  return h5_write_text(writer->path, writer->file, name, value);
}

Status dataset_writer_close(DatasetWriter *writer, Status outcome) {
  for (int i = 0; i < writer->dims_count; i++) {
    h5_close(writer->scales[i]);
  }
  Status status = h5_file_finish(writer->file, writer->path, outcome);
  memory_free(writer);
  return status;
}
