#include <stdlib.h>
#include <string.h>

#include "h5.h"

/* Write `value` (memory type `memory`) as the attribute `name` of the file type and space given. */
static Status write_attribute(const char *path, hid_t object, const char *name, hid_t file_type, hid_t memory,
                              hid_t space, const void *value) {
  if (H5Aexists(object, name) > 0 && H5Adelete(object, name) < 0) {
    return h5_failure(path, "replace the attribute %s", name);
  }
  hid_t attribute = H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
  Status status = GT_OK;
  if (attribute < 0 || H5Awrite(attribute, memory, value) < 0) {
    status = h5_failure(path, "write the attribute %s", name);
  }
  h5_close(attribute);
  return status;
}

static Status write_scalar(const char *path, hid_t object, const char *name, hid_t file_type, hid_t memory,
                           const void *value) {
  hid_t space = H5Screate(H5S_SCALAR);
  Status status = write_attribute(path, object, name, file_type, memory, space, value);
  h5_close(space);
  return status;
}

Status h5_write_int(const char *path, hid_t object, const char *name, int64_t value) {
  return write_scalar(path, object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

Status h5_write_real(const char *path, hid_t object, const char *name, double value) {
  return write_scalar(path, object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

Status h5_write_text(const char *path, hid_t object, const char *name, const char *value) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, strlen(value) + 1);
  H5Tset_strpad(type, H5T_STR_NULLTERM);
  for (const char *byte = value; *byte != '\0'; byte++) {
    if ((unsigned char)*byte >= 0x80) {
      H5Tset_cset(type, H5T_CSET_UTF8);
    }
  }
  Status status = write_scalar(path, object, name, type, type, value);
  h5_close(type);
  return status;
}

Status h5_write_reals(const char *path, hid_t object, const char *name, hid_t type, const double *values,
                      size_t n) {
  hsize_t dims[1] = {n};
  hid_t space = H5Screate_simple(1, dims, NULL);
  Status status = write_attribute(path, object, name, type, H5T_NATIVE_DOUBLE, space, values);
  h5_close(space);
  return status;
}

Status h5_write_attributes(const char *path, hid_t object, const Attributes *attributes) {
  for (int i = 0; i < attributes->count; i++) {
    const Attribute *attribute = &attributes->list[i];
    switch (attribute->type) {
      case ATTRIBUTE_INT:
        GT_TRY(h5_write_int(path, object, attribute->name, attribute->integer));
        break;
      case ATTRIBUTE_REAL:
        GT_TRY(h5_write_real(path, object, attribute->name, attribute->real));
        break;
      case ATTRIBUTE_TEXT:
        GT_TRY(h5_write_text(path, object, attribute->name, attribute->text));
        break;
    }
  }
  return GT_OK;
}

static Status read_fixed_text(const char *path, hid_t attribute, hid_t type, const char *name,
                              Attributes *out) {
  size_t size = H5Tget_size(type);
  char *text = calloc(size + 1, 1); /* padding kinds other than NUL-terminated may fill all of size */
  if (text == NULL) {
    return status_set(GT_FAILED, "%s: " STATUS_NO_MEMORY " for the attribute %s", path, name);
  }
  Status status = GT_OK;
  if (H5Aread(attribute, type, text) < 0) {
    status = h5_failure(path, "read the attribute %s", name);
  } else {
    attributes_set_text(out, name, text);
  }
  free(text);
  return status;
}

static Status read_variable_text(const char *path, hid_t attribute, hid_t type, const char *name,
                                 Attributes *out) {
  char *text = NULL;
  if (H5Aread(attribute, type, &text) < 0) {
    return h5_failure(path, "read the attribute %s", name);
  }
  attributes_set_text(out, name, text != NULL ? text : "");
  H5free_memory(text);
  return GT_OK;
}

static Status read_value(const char *path, hid_t attribute, hid_t type, const char *name, Attributes *out) {
  H5T_class_t class = H5Tget_class(type);
  if (class == H5T_INTEGER) {
    int64_t value = 0;
    if (H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0) {
      return h5_failure(path, "read the attribute %s", name);
    }
    attributes_set_int(out, name, value);
  } else if (class == H5T_FLOAT) {
    double value = 0;
    if (H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0) {
      return h5_failure(path, "read the attribute %s", name);
    }
    attributes_set_real(out, name, value);
  } else if (class == H5T_STRING) {
    return H5Tis_variable_str(type) > 0 ? read_variable_text(path, attribute, type, name, out)
                                        : read_fixed_text(path, attribute, type, name, out);
  }
  return GT_OK;
}

/* Attributes that HDF5's dimension scales, netCDF and the Image specification use for themselves. */
static bool is_foreign(const char *name) {
  static const char *const names[] = {"CLASS",          "NAME",           "DIMENSION_LIST", "REFERENCE_LIST",
                                      "INTERLACE_MODE", "DISPLAY_ORIGIN", "_NCProperties",  "_Netcdf4Dimid"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(name, names[i]) == 0) {
      return true;
    }
  }
  return strncmp(name, "IMAGE_", 6) == 0;
}

typedef struct Reading {
  const char *path;
  Attributes *out;
  Status status;
} Reading;

static herr_t read_one(hid_t object, const char *name, const H5A_info_t *info, void *context) {
  Reading *reading = context;
  (void)info;
  if (is_foreign(name) || strlen(name) >= sizeof reading->out->list[0].name) {
    return 0;
  }
  if (reading->out->count == GT_ATTRIBUTES_MAX && attributes_find(reading->out, name) == NULL) {
    reading->status =
        status_set(GT_FAILED, "%s: has more than the %d attributes that a file of ours can have",
                   reading->path, GT_ATTRIBUTES_MAX);
    return -1;
  }
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) {
    reading->status = h5_failure(reading->path, "open the attribute %s", name);
    return -1;
  }
  hid_t type = H5Aget_type(attribute);
  hid_t space = H5Aget_space(attribute);
  if (H5Sget_simple_extent_npoints(space) == 1) {
    reading->status = read_value(reading->path, attribute, type, name, reading->out);
  }
  h5_close(space);
  h5_close(type);
  h5_close(attribute);
  return reading->status == GT_OK ? 0 : -1;
}

Status h5_read_attributes(const char *path, hid_t object, Attributes *attributes) {
  Reading reading = {path, attributes, GT_OK};
  if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, read_one, &reading) < 0 &&
      reading.status == GT_OK) {
    return h5_failure(path, "read the attributes");
  }
  return reading.status;
}

Status h5_read_reals(const char *path, hid_t object, const char *name, double *values, size_t n,
                     bool *present) {
  *present = H5Aexists(object, name) > 0;
  if (!*present) {
    return GT_OK;
  }
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) {
    return h5_failure(path, "open the attribute %s", name);
  }
  hid_t type = H5Aget_type(attribute);
  hid_t space = H5Aget_space(attribute);
  H5T_class_t class = H5Tget_class(type);
  hssize_t found = H5Sget_simple_extent_npoints(space);
  Status status = GT_OK;
  if ((class != H5T_INTEGER && class != H5T_FLOAT) || found != (hssize_t)n) {
    status =
        status_set(GT_FAILED, "%s: the attribute %s must be %zu number%s", path, name, n, n == 1 ? "" : "s");
  } else if (H5Aread(attribute, H5T_NATIVE_DOUBLE, values) < 0) {
    status = h5_failure(path, "read the attribute %s", name);
  }
  h5_close(space);
  h5_close(type);
  h5_close(attribute);
  return status;
}

Status h5_write_image(const char *path, hid_t dataset, size_t channels) {
  const double full_range[2] = {0, 255};
  GT_TRY(h5_write_text(path, dataset, "CLASS", "IMAGE"));
  GT_TRY(h5_write_text(path, dataset, "IMAGE_VERSION", "1.2"));
  GT_TRY(
      h5_write_text(path, dataset, "IMAGE_SUBCLASS", channels == 3 ? "IMAGE_TRUECOLOR" : "IMAGE_GRAYSCALE"));
  GT_TRY(h5_write_text(path, dataset, "DISPLAY_ORIGIN", "UL"));
  if (channels == 3) {
    return h5_write_text(path, dataset, "INTERLACE_MODE", "INTERLACE_PIXEL");
  }
  const double white_is_zero = 0;
  GT_TRY(write_scalar(path, dataset, "IMAGE_WHITE_IS_ZERO", H5T_STD_U8LE, H5T_NATIVE_DOUBLE, &white_is_zero));
  return h5_write_reals(path, dataset, "IMAGE_MINMAXRANGE", H5T_STD_U8LE, full_range, 2);
}
