#include "dataset_stack.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset_parts.h"

typedef enum PixelType { PIXEL_UINT8, PIXEL_FLOAT32, PIXEL_OTHER } PixelType;

/* The dataset's type of number, and its name ("int16") in out[size]. */
static PixelType find_type(char *out, size_t size, hid_t dataset) {
  hid_t type = H5Dget_type(dataset);
  H5T_class_t class = H5Tget_class(type);
  size_t bits = 8 * H5Tget_size(type);
  PixelType found = PIXEL_OTHER;
  if (class == H5T_INTEGER) {
    bool has_sign = H5Tget_sign(type) != H5T_SGN_NONE;
    snprintf(out, size, "%s%zu", has_sign ? "int" : "uint", bits);
    found = !has_sign && bits == 8 ? PIXEL_UINT8 : PIXEL_OTHER;
  } else if (class == H5T_FLOAT) {
    snprintf(out, size, "float%zu", bits);
    found = bits == 32 ? PIXEL_FLOAT32 : PIXEL_OTHER;
  } else {
    snprintf(out, size, "%s",
             class == H5T_STRING     ? "text"
             : class == H5T_COMPOUND ? "compound values"
             : class == H5T_ENUM     ? "an enumeration"
                                     : "no plain numbers");
  }
  h5_close(type);
  return found;
}

static Status check_range(Stack *stack, const char *path, hid_t dataset, const char *name) {
  GT_TRY(h5_read_reals(path, dataset, GT_VALUE_RANGE, stack->range, 2, &stack->has_range));
  if (stack->has_range &&
      !(isfinite(stack->range[0]) && isfinite(stack->range[1]) && stack->range[0] < stack->range[1])) {
    return status_set(GT_FAILED,
                      "%s: the attribute %s of %s is %g, %g; two numbers were expected, the lower first",
                      path, GT_VALUE_RANGE, name, stack->range[0], stack->range[1]);
  }
  if (!stack->has_range && !stack->is_float) {
    stack->has_range = true;
    stack->range[0] = 0;
    stack->range[1] = 255;
  }
  return GT_OK;
}

Status stack_check(Stack *stack, const char *path, hid_t dataset, const char *name) {
  char type_name[32];
  int rank = 0;
  hsize_t dims[H5_DIMS_MAX] = {0};
  memset(stack, 0, sizeof *stack);
  PixelType type = find_type(type_name, sizeof type_name, dataset);
  if (type == PIXEL_OTHER) {
    return status_set(GT_FAILED, "%s: %s holds %s, uint8 or float32 was expected; convert it", path, name,
                      type_name);
  }
  GT_TRY(h5_dataset_shape(path, dataset, &rank, dims));
  if (rank != 3 && rank != 4) {
    return status_set(GT_FAILED, "%s: %s has %d dimension%s, [n,H,W] or [n,H,W,C] was expected", path, name,
                      rank, rank == 1 ? "" : "s");
  }
  if (dims[0] == 0) {
    return status_set(GT_FAILED, "%s: %s has no rows", path, name);
  }
  hsize_t channels = rank == 4 ? dims[3] : 1;
  if (dims[1] == 0 || dims[2] == 0 || channels == 0) {
    return status_set(GT_FAILED, "%s: %s holds images of %llu x %llu x %llu, which have no pixels", path,
                      name, (unsigned long long)dims[1], (unsigned long long)dims[2],
                      (unsigned long long)channels);
  }
  if (dims[1] > INT_MAX || dims[2] > INT_MAX / dims[1] || channels > INT_MAX / (dims[1] * dims[2])) {
    return status_set(GT_FAILED, "%s: %s holds images of %llu x %llu x %llu, which is too large", path, name,
                      (unsigned long long)dims[1], (unsigned long long)dims[2], (unsigned long long)channels);
  }
  stack->rows = (size_t)dims[0];
  stack->image = (Shape){(int)dims[1], (int)dims[2], (int)channels};
  stack->is_float = type == PIXEL_FLOAT32;
  return check_range(stack, path, dataset, name);
}

Status labels_check(const char *path, hid_t dataset, const char *name, size_t rows) {
  char type_name[32];
  int rank = 0;
  hsize_t dims[H5_DIMS_MAX] = {0};
  if (find_type(type_name, sizeof type_name, dataset) != PIXEL_UINT8) {
    return status_set(GT_FAILED, "%s: %s holds %s, uint8 was expected", path, name, type_name);
  }
  GT_TRY(h5_dataset_shape(path, dataset, &rank, dims));
  if (rank != 1 || dims[0] != rows) {
    return status_set(
        GT_FAILED,
        "%s: %s has %d dimension%s and %llu rows, one label for each of the %zu images was expected", path,
        name, rank, rank == 1 ? "" : "s", (unsigned long long)dims[0], rows);
  }
  return GT_OK;
}

typedef struct Listing {
  char *out;
  size_t size, used;
  const char *path;
} Listing;

static herr_t list_one(hid_t root, const char *name, const H5L_info_t *info, void *context) {
  Listing *listing = context;
  Stack stack;
  hid_t dataset;
  char line[GT_MESSAGE_MAX], channels[16] = "";
  (void)info;
  /* Most objects are no stacks; why they are not does not matter here. */
  if (h5_dataset_open(&dataset, listing->path, root, name) != GT_OK) {
    return 0;
  }
  Status status = stack_check(&stack, listing->path, dataset, name);
  h5_close(dataset);
  if (status != GT_OK) {
    return 0;
  }
  if (stack.image.c > 1) {
    snprintf(channels, sizeof channels, ",%d", stack.image.c);
  }
  size_t length = (size_t)snprintf(line, sizeof line, "%s/%s [%zu,%d,%d%s] %s", listing->used > 0 ? "; " : "",
                                   name, stack.rows, stack.image.h, stack.image.w, channels,
                                   stack.is_float ? "float32" : "uint8");
  if (listing->used + length + sizeof "; ..." > listing->size) {
    snprintf(listing->out + listing->used, listing->size - listing->used, "; ...");
    return 1; /* enough */
  }
  memcpy(listing->out + listing->used, line, length + 1);
  listing->used += length;
  return 0;
}

Status stack_list(char *out, size_t size, const char *path, hid_t file) {
  Listing listing = {out, size, 0, path};
  out[0] = '\0';
  if (H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, list_one, &listing) < 0) {
    return h5_failure(path, "list what it holds");
  }
  return GT_OK;
}
