#include <hdf5_hl.h>
#include <stdio.h>
#include <string.h>

#include "gantrain/base/check.h"
#include "h5.h"

#define CHUNK_BYTES (128 * 1024) /* big enough to compress and stream well, small enough for single rows */

void h5_layout_chunk_rows(H5Layout *layout, size_t element_bytes) {
  size_t row_bytes = element_bytes;
  for (int i = 1; i < layout->dims_count; i++) {
    layout->chunk[i] = layout->dims[i];
    row_bytes *= (size_t)layout->dims[i];
  }
  size_t rows = row_bytes < CHUNK_BYTES ? CHUNK_BYTES / (row_bytes > 0 ? row_bytes : 1) : 1;
  if (!layout->grows && rows > layout->dims[0]) {
    rows = (size_t)layout->dims[0];
  }
  layout->chunk[0] = rows > 0 ? rows : 1;
}

/* A new property list for the layout's storage. */
static hid_t storage_list(const H5Layout *layout) {
  hid_t list = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(list, false);
  H5Pset_attr_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  if (layout->chunk[0] != 0) {
    H5Pset_chunk(list, layout->dims_count, layout->chunk);
    if (layout->gzip > 0) {
      H5Pset_shuffle(list);
      H5Pset_deflate(list, (unsigned)layout->gzip);
    }
    H5Pset_fletcher32(list);
  }
  return list;
}

Status h5_dataset_create(hid_t *dataset, const char *path, hid_t parent, const char *name, hid_t type,
                         const H5Layout *layout) {
  GT_CHECK(layout->dims_count > 0 && layout->dims_count <= H5_DIMS_MAX, "%d dimensions of %s",
           layout->dims_count, name);
  hsize_t limits[H5_DIMS_MAX];
  memcpy(limits, layout->dims, sizeof limits);
  if (layout->grows) {
    limits[0] = H5S_UNLIMITED;
  }
  hid_t space = H5Screate_simple(layout->dims_count, layout->dims, limits);
  hid_t storage = storage_list(layout);
  hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  *dataset = H5Dcreate2(parent, name, type, space, links, storage, H5P_DEFAULT);
  Status status = GT_OK;
  if (*dataset < 0) {
    *dataset = H5I_INVALID_HID;
    status = h5_failure(path, "create the dataset %s", name);
  }
  h5_close(links);
  h5_close(storage);
  h5_close(space);
  return status;
}

Status h5_dataset_open(hid_t *dataset, const char *path, hid_t parent, const char *name) {
  *dataset = H5I_INVALID_HID;
  if (!h5_exists(parent, name)) {
    return status_set(GT_FAILED, "%s: holds no dataset %s", path, name);
  }
  hid_t object = H5Oopen(parent, name, H5P_DEFAULT);
  if (object < 0) {
    return h5_failure(path, "open %s", name);
  }
  if (H5Iget_type(object) != H5I_DATASET) {
    Status status = status_set(GT_FAILED, "%s: %s is a %s, a dataset was expected", path, name,
                               H5Iget_type(object) == H5I_GROUP ? "group" : "named type");
    h5_close(object);
    return status;
  }
  *dataset = object;
  return GT_OK;
}

Status h5_dataset_shape(const char *path, hid_t dataset, int *dims_count, hsize_t dims[H5_DIMS_MAX]) {
  hid_t space = H5Dget_space(dataset);
  if (space < 0) {
    return h5_failure(path, "read the shape of a dataset");
  }
  Status status = GT_OK;
  *dims_count = H5Sget_simple_extent_ndims(space);
  if (*dims_count < 0 || *dims_count > H5_DIMS_MAX) {
    status = status_set(GT_FAILED, "%s: a dataset with %d dimensions, at most %d were expected", path,
                        *dims_count, H5_DIMS_MAX);
  } else {
    H5Sget_simple_extent_dims(space, dims, NULL);
  }
  h5_close(space);
  return status;
}

/* "[2,3]" into out[room]. */
static const char *format_dims(char *out, size_t room, int dims_count, const hsize_t *dims) {
  size_t used = (size_t)snprintf(out, room, "[");
  for (int i = 0; i < dims_count && used < room; i++) {
    used +=
        (size_t)snprintf(out + used, room - used, "%s%llu", i > 0 ? "," : "", (unsigned long long)dims[i]);
  }
  if (used < room) {
    snprintf(out + used, room - used, "]");
  }
  return out;
}

Status h5_dataset_check(const char *path, hid_t dataset, H5T_class_t type_class, int dims_count,
                        const hsize_t *dims) {
  int found_count = 0;
  hsize_t found[H5_DIMS_MAX] = {0};
  GT_TRY(h5_dataset_shape(path, dataset, &found_count, found));
  char name[200] = "?", found_text[200], expected_text[200];
  H5Iget_name(dataset, name, sizeof name);
  hid_t type = H5Dget_type(dataset);
  H5T_class_t found_class = H5Tget_class(type);
  h5_close(type);
  if (found_class != type_class) {
    return status_set(GT_FAILED, "%s: %s is of another type of number than expected", path, name);
  }
  if (found_count != dims_count || memcmp(found, dims, (size_t)dims_count * sizeof *dims) != 0) {
    return status_set(GT_FAILED, "%s: %s has the shape %s, %s was expected", path, name,
                      format_dims(found_text, sizeof found_text, found_count, found),
                      format_dims(expected_text, sizeof expected_text, dims_count, dims));
  }
  return GT_OK;
}

uint64_t h5_dataset_missing(hid_t dataset, uint64_t *pieces) {
  hid_t list = H5Dget_create_plist(dataset), space = H5Dget_space(dataset);
  hsize_t dims[H5S_MAX_RANK] = {0}, chunk[H5S_MAX_RANK] = {0}, written = 0;
  H5D_layout_t layout = H5Pget_layout(list);
  int dims_count = H5Sget_simple_extent_dims(space, dims, NULL);
  *pieces = 1;
  if (layout == H5D_CONTIGUOUS && H5Pget_external_count(list) == 0) {
    written = H5Dget_storage_size(dataset) > 0;
  } else if (layout == H5D_CHUNKED && dims_count > 0 && H5Pget_chunk(list, dims_count, chunk) == dims_count) {
    for (int i = 0; i < dims_count; i++) {
      *pieces *= chunk[i] > 0 ? dims[i] / chunk[i] + (dims[i] % chunk[i] > 0) : 1;
    }
#if H5_VERSION_GE(1, 10, 5)
    if (H5Dget_num_chunks(dataset, space, &written) < 0) {
      written = *pieces;
    }
#else
    written = H5Dget_storage_size(dataset) > 0 ? *pieces : 0;
#endif
  } else {
    written = *pieces;
  }
  h5_close(space);
  h5_close(list);
  return *pieces > written ? *pieces - written : 0;
}

size_t h5_dataset_unpacked(hid_t dataset) {
  hid_t list = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
  hsize_t dims[H5S_MAX_RANK] = {0};
  int dims_count = H5Pget_layout(list) == H5D_CHUNKED ? H5Pget_chunk(list, H5S_MAX_RANK, dims) : 0;
  double bytes = dims_count > 0 ? (double)H5Tget_size(type) : 0.0;
  for (int i = 0; i < dims_count; i++) {
    bytes *= (double)dims[i];
  }
  h5_close(type);
  h5_close(list);
  return bytes < (double)SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

Status h5_dataset_write(const char *path, hid_t dataset, hid_t type, const void *data) {
  if (H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
    return h5_failure(path, "write a dataset");
  }
  return GT_OK;
}

Status h5_dataset_read(const char *path, hid_t dataset, hid_t type, void *data) {
  if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
    return h5_failure(path, "read a dataset");
  }
  return GT_OK;
}

/* Select the rows in a new file space and make the memory space that goes with it. */
static Status select_rows(const char *path, hid_t dataset, size_t first, size_t count, hid_t *in_file,
                          hid_t *in_memory) {
  int dims_count = 0;
  hsize_t extent[H5_DIMS_MAX] = {0}, start[H5_DIMS_MAX] = {first};
  GT_TRY(h5_dataset_shape(path, dataset, &dims_count, extent));
  if (dims_count < 1 || first > extent[0] || count > extent[0] - first) {
    return status_set(GT_FAILED, "%s: rows %zu to %zu of a dataset of %llu rows", path, first, first + count,
                      (unsigned long long)extent[0]);
  }
  extent[0] = count;
  *in_file = H5Dget_space(dataset);
  *in_memory = H5Screate_simple(dims_count, extent, NULL);
  if (*in_file < 0 || *in_memory < 0 ||
      H5Sselect_hyperslab(*in_file, H5S_SELECT_SET, start, NULL, extent, NULL) < 0) {
    return h5_failure(path, "select rows of a dataset");
  }
  return GT_OK;
}

Status h5_rows_write(const char *path, hid_t dataset, hid_t type, size_t first, size_t count,
                     const void *data) {
  if (count == 0) {
    return GT_OK;
  }
  hid_t in_file = H5I_INVALID_HID, in_memory = H5I_INVALID_HID;
  Status status = select_rows(path, dataset, first, count, &in_file, &in_memory);
  if (status == GT_OK && H5Dwrite(dataset, type, in_memory, in_file, H5P_DEFAULT, data) < 0) {
    status = h5_failure(path, "write rows %zu to %zu", first, first + count - 1);
  }
  h5_close(in_memory);
  h5_close(in_file);
  return status;
}

Status h5_rows_read(const char *path, hid_t dataset, hid_t type, size_t first, size_t count, void *data) {
  if (count == 0) {
    return GT_OK;
  }
  hid_t in_file = H5I_INVALID_HID, in_memory = H5I_INVALID_HID;
  Status status = select_rows(path, dataset, first, count, &in_file, &in_memory);
  if (status == GT_OK && H5Dread(dataset, type, in_memory, in_file, H5P_DEFAULT, data) < 0) {
    status = h5_failure(path, "read rows %zu to %zu", first, first + count - 1);
  }
  h5_close(in_memory);
  h5_close(in_file);
  return status;
}

Status h5_rows_resize(const char *path, hid_t dataset, size_t rows) {
  int dims_count = 0;
  hsize_t dims[H5_DIMS_MAX];
  GT_TRY(h5_dataset_shape(path, dataset, &dims_count, dims));
  dims[0] = rows;
  if (H5Dset_extent(dataset, dims) < 0) {
    return h5_failure(path, "change the number of rows to %zu", rows);
  }
  return GT_OK;
}

Status h5_scale_make(const char *path, hid_t dataset, const char *name) {
  if (H5DSset_scale(dataset, name) < 0) {
    return h5_failure(path, "make %s a dimension scale", name);
  }
  return GT_OK;
}

Status h5_scale_create(hid_t *scale, const char *path, hid_t parent, const char *name, size_t length) {
  /* netCDF-4 recognises a dimension without a variable by exactly this text, type and (absent) data. */
  char mark[80];
  snprintf(mark, sizeof mark, "This is a netCDF dimension but not a netCDF variable.%10zu", length);
  H5Layout layout = {.dims_count = 1, .dims = {length}};
  GT_TRY(h5_dataset_create(scale, path, parent, name, H5T_IEEE_F32BE, &layout));
  Status status = h5_scale_make(path, *scale, mark);
  if (status != GT_OK) {
    h5_close(*scale);
    *scale = H5I_INVALID_HID;
  }
  return status;
}

Status h5_scale_attach(const char *path, hid_t dataset, int dimension, hid_t scale) {
  if (H5DSattach_scale(dataset, scale, (unsigned)dimension) < 0) {
    return h5_failure(path, "attach a scale to dimension %d", dimension);
  }
  return GT_OK;
}
