#include "trial_read.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "h5.h"

#include "gantrain/base/fault.h"

#define PIXELS \
  ((size_t)8 << 20) /* bytes read of the rows: enough for small files, and no burden to large ones */
#define ROW_MAX ((size_t)64 << 20)
#define ARRAY_MAX 16 /* numbers in an attribute */

/* The address sanitizer's shadow is terabytes: with it memory cannot be limited. */
#if defined(__SANITIZE_ADDRESS__)
#define SHADOWED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHADOWED true
#endif
#endif
#ifndef SHADOWED
#define SHADOWED false
#endif

typedef struct Reading {
  const char *path;
  size_t left; /* of PIXELS */
  Attributes attributes;
} Reading;

static bool refused; /* HDF5 was not given memory */

static herr_t note_reason(unsigned n, const H5E_error2_t *record, void *unused) {
  (void)n;
  (void)unused;
  refused = refused || (record->maj_num == H5E_RESOURCE &&
                        (record->min_num == H5E_NOSPACE || record->min_num == H5E_CANTALLOC));
  return 0;
}

static herr_t note_failure(hid_t stack, void *unused) {
  return H5Ewalk2(stack, H5E_WALK_UPWARD, note_reason, unused);
}

/* Bytes of memory that can be written and belong to this process alone, as RLIMIT_DATA counts them. */
static uint64_t memory_used(void) {
  unsigned long long pages = 0;
  FILE *stream = fopen("/proc/self/statm", "r");
  if (stream != NULL) {
    if (fscanf(stream, "%*u %*u %*u %*u %*u %llu", &pages) != 1) {
      pages = 0;
    }
    fclose(stream);
  }
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void limit_memory(uint64_t bytes) {
  struct rlimit now;
  if (!SHADOWED && getrlimit(RLIMIT_DATA, &now) == 0) {
    rlim_t most = (rlim_t)(memory_used() + bytes);
    now.rlim_cur = most < now.rlim_max ? most : now.rlim_max;
    setrlimit(RLIMIT_DATA, &now);
  }
}

static void read_rows(Reading *reading, hid_t dataset, hid_t type, size_t rows, size_t row_bytes,
                      size_t unpacked) {
  size_t count = (1 << 20) / row_bytes;
  count = count < 1 ? 1 : count < rows ? count : rows;
  void *out = malloc(count * row_bytes);
  if (out == NULL) {
    refused = true;
    return;
  }
  h5_rows_read(reading->path, dataset, type, rows - 1, 1, out);
  for (size_t first = 0; first < rows && reading->left > 0; first += count) {
    size_t n = rows - first < count ? rows - first : count;
    h5_rows_read(reading->path, dataset, type, first, n, out);
    size_t cost = n * row_bytes > unpacked ? n * row_bytes : unpacked;
    reading->left -= cost < reading->left ? cost : reading->left;
  }
  free(out);
}

/* Numbers in the types in which we read them: images as float32 or uint8. */
static hid_t type_to_read(hid_t dataset) {
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
  H5T_class_t class = H5Tget_class(type);
  size_t size = H5Tget_size(type);
  bool images = H5Sget_simple_extent_ndims(space) >= 3;
  h5_close(space);
  h5_close(type);
  if (class != H5T_INTEGER && class != H5T_FLOAT && class != H5T_ENUM) {
    return H5I_INVALID_HID;
  }
  return size == 1 && class != H5T_FLOAT               ? H5T_NATIVE_UINT8
         : images || (size == 4 && class == H5T_FLOAT) ? H5T_NATIVE_FLOAT
         : class == H5T_FLOAT                          ? H5T_NATIVE_DOUBLE
                                                       : H5T_NATIVE_INT64;
}

static void read_dataset(Reading *reading, hid_t dataset) {
  int dims_count = 0;
  hsize_t dims[H5_DIMS_MAX] = {0};
  hid_t list = H5Dget_create_plist(dataset), type = type_to_read(dataset);
  H5Pget_layout(list);
  H5Pget_external_count(list);
  h5_close(list);
  size_t unpacked = h5_dataset_unpacked(dataset);
  unpacked = unpacked < PIXELS ? unpacked : PIXELS;
  uint64_t pieces;
  h5_dataset_missing(dataset, &pieces); /* goes through all of the index of chunks, */
  H5Dget_storage_size(dataset);         /* as this does */
  H5DSis_scale(dataset);
  if (type < 0 || h5_dataset_shape(reading->path, dataset, &dims_count, dims) != GT_OK || dims_count < 1 ||
      dims[0] == 0) {
    return;
  }
  size_t row_bytes = H5Tget_size(type);
  for (int i = 1; i < dims_count; i++) {
    if (dims[i] == 0 || dims[i] > ROW_MAX / row_bytes) {
      return; /* no pixels, or a row that no image has */
    }
    row_bytes *= (size_t)dims[i];
  }
  read_rows(reading, dataset, type, (size_t)dims[0], row_bytes, unpacked);
}

/* Attributes of several numbers, such as a range of values. */
static herr_t read_array(hid_t object, const char *name, const H5A_info_t *info, void *context) {
  double values[ARRAY_MAX];
  (void)info;
  (void)context;
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  hid_t space = H5Aget_space(attribute), type = H5Aget_type(attribute);
  H5T_class_t class = H5Tget_class(type);
  if ((class == H5T_INTEGER || class == H5T_FLOAT) && H5Sget_simple_extent_npoints(space) <= ARRAY_MAX) {
    H5Aread(attribute, H5T_NATIVE_DOUBLE, values);
  }
  h5_close(type);
  h5_close(space);
  h5_close(attribute);
  return 0;
}

static void read_attributes(Reading *reading, hid_t object) {
  reading->attributes.count = 0;
  h5_read_attributes(reading->path, object, &reading->attributes);
  H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, read_array, NULL);
}

static herr_t read_link(hid_t root, const char *name, const H5L_info_t *info, void *context) {
  Reading *reading = context;
  (void)info;
  if (!h5_exists(root, name)) {
    return 0;
  }
  hid_t object = H5Oopen(root, name, H5P_DEFAULT);
  if (object >= 0) {
    read_attributes(reading, object);
    if (H5Iget_type(object) == H5I_DATASET) {
      read_dataset(reading, object);
    }
  }
  h5_close(object);
  return 0;
}

static herr_t pass(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  (void)group;
  (void)name;
  (void)info;
  (void)context;
  return 0;
}

bool trial_read(const char *path, uint64_t memory) {
  static Reading reading;
  reading = (Reading){.path = path, .left = PIXELS};
  refused = false;
  limit_memory(memory);
  h5_quiet();
  H5Eset_auto2(H5E_DEFAULT, note_failure, NULL);
  hid_t file = h5_file_read(path);
  while (fault_here("trial-loop")) { /* as HDF5 on some files: does not end */
  }
  if (file >= 0) {
    read_attributes(&reading, file);
    H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, read_link, &reading);
    H5Literate(file, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, pass, NULL);
    H5Fclose(file);
  }
  return !refused;
}
