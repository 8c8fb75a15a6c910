/* A single file of samples, written piece by piece. */
#include "gantrain/base/files.h"
#include "gantrain/base/memory.h"
#include "growing.h"
#include "samples_parts.h"

struct SampleWriter {
  char path[GT_PATH_MAX];
  hid_t file;
  SampleArrays arrays;
  size_t channels, rows; /* rows written */
};

/* Links the arrays to where a data set has them, so that the file can be trained on. */
static Status link_data_set(const SampleWriter *writer) {
  hid_t group = H5I_INVALID_HID;
  if (writer->arrays.labels < 0) {
    return GT_OK;
  }
  GT_TRY(h5_group_create(&group, writer->path, writer->file, "train"));
  Status status =
      H5Lcreate_hard(writer->file, "samples", group, "images", H5P_DEFAULT, H5P_DEFAULT) < 0 ||
              H5Lcreate_hard(writer->file, "labels", group, "labels", H5P_DEFAULT, H5P_DEFAULT) < 0
          ? h5_failure(writer->path, "link the parts of a data set")
          : GT_OK;
  h5_close(group);
  return status;
}

Status sample_writer_open(SampleWriter **out, const char *path, const Attributes *recipe,
                          const SampleSet *set) {
  SampleWriter *writer = *out = memory_alloc(1, sizeof *writer);
  if (writer == NULL) {
    return GT_FAILED;
  }
  Status status = path_format(writer->path, "%s", path);
  status = status == GT_OK ? h5_file_create(&writer->file, path) : status;
  if (status != GT_OK) {
    memory_free(writer);
    *out = NULL;
    return status;
  }
  writer->channels = (size_t)set->image.c;
  status = growing_write_attributes(path, writer->file, SAMPLES_FORMAT, recipe);
  status = status == GT_OK ? sample_arrays_create(&writer->arrays, path, writer->file, SAMPLES_SINGLE, set)
                           : status;
  status = status == GT_OK ? link_data_set(writer) : status;
  if (status != GT_OK) {
    *out = NULL;
    return sample_writer_close(writer, status);
  }
  return GT_OK;
}

Status sample_writer_write(SampleWriter *writer, const uint8_t *images, const uint8_t *labels,
                           const SampleSet *rows) {
  const SampleArrays *arrays = &writer->arrays;
  size_t first = writer->rows;
  writer->rows += rows->n;
  GT_TRY(h5_rows_write(writer->path, arrays->samples, H5T_NATIVE_UINT8, first, rows->n, images));
  GT_TRY(sample_arrays_write_inputs(arrays, writer->path, first, rows));
  return arrays->labels < 0
             ? GT_OK
             : h5_rows_write(writer->path, arrays->labels, H5T_NATIVE_UINT8, first, rows->n, labels);
}

Status sample_writer_close(SampleWriter *writer, Status outcome) {
  if (outcome == GT_OK) {
    /* Last: HDF5 attaches no scale to a dataset that has the attribute CLASS of images. */
    outcome = h5_write_image(writer->path, writer->arrays.samples, writer->channels);
  }
  sample_arrays_close(&writer->arrays);
  outcome = h5_file_finish(writer->file, writer->path, outcome);
  memory_free(writer);
  return outcome;
}
