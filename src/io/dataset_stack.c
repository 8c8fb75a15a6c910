#include "dataset_stack.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataset_parts.h"

enum { CLASSES_MAX = 256 }; /* labels are bytes */

/* Two members, FALSE and TRUE: how h5py writes numpy's bool. */
static bool is_bool(hid_t type) {
  bool found = H5Tget_nmembers(type) == 2 && H5Tget_size(type) == 1;
  for (unsigned i = 0; i < 2 && found; i++) {
    static const char *const names[] = {"FALSE", "TRUE"};
    int8_t value = -1;
    char *name = H5Tget_member_name(type, i);
    found = name != NULL && strcmp(name, names[i]) == 0 && H5Tget_member_value(type, i, &value) >= 0 &&
            value == (int8_t)i;
    H5free_memory(name);
  }
  return found;
}

typedef enum NumberType { NUMBER_NONE, NUMBER_UINT8, NUMBER_BOOL, NUMBER_INT, NUMBER_FLOAT } NumberType;

/* The dataset's type of number, which is named in the stack. */
static NumberType find_type(Stack *stack, hid_t dataset) {
  hid_t type = H5Dget_type(dataset);
  H5T_class_t class = H5Tget_class(type);
  stack->value_bytes = H5Tget_size(type);
  size_t bits = 8 * stack->value_bytes;
  NumberType found = NUMBER_NONE;
  if (class == H5T_INTEGER) {
    bool has_sign = H5Tget_sign(type) != H5T_SGN_NONE;
    snprintf(stack->type, sizeof stack->type, "%s%zu", has_sign ? "int" : "uint", bits);
    found = !has_sign && bits == 8 ? NUMBER_UINT8 : NUMBER_INT;
  } else if (class == H5T_FLOAT) {
    snprintf(stack->type, sizeof stack->type, "float%zu", bits);
    found = NUMBER_FLOAT;
  } else if (class == H5T_ENUM && is_bool(type)) {
    snprintf(stack->type, sizeof stack->type, "bool");
    found = NUMBER_BOOL;
  } else {
    snprintf(stack->type, sizeof stack->type, "%s",
             class == H5T_STRING     ? "text"
             : class == H5T_COMPOUND ? "compound values"
             : class == H5T_ENUM     ? "an enumeration"
                                     : "no plain numbers");
  }
  h5_close(type);
  return found;
}

/* Write why it is not what was expected; false. */
static bool refuse(char reason[STACK_REASON_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool refuse(char reason[STACK_REASON_MAX], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, STACK_REASON_MAX, format, arguments);
  va_end(arguments);
  return false;
}

static bool range_fits(Stack *stack, char *reason, const char *path, hid_t dataset, NumberType type) {
  if (h5_read_reals(path, dataset, GT_VALUE_RANGE, stack->range, 2, &stack->has_range) != GT_OK) {
    return refuse(reason, "has an attribute " GT_VALUE_RANGE " that is not two numbers");
  }
  if (stack->has_range &&
      !(isfinite(stack->range[0]) && isfinite(stack->range[1]) && stack->range[0] < stack->range[1])) {
    return refuse(reason, "has the attribute %s %g, %g; two numbers were expected, the lower first",
                  GT_VALUE_RANGE, stack->range[0], stack->range[1]);
  }
  if (!stack->has_range && !stack->is_float) {
    stack->has_range = true;
    stack->range[0] = 0;
    stack->range[1] = type == NUMBER_BOOL ? 1 : 255;
  }
  return true;
}

/* Filters that HDF5 does not bring along, by their registered numbers, where a file does not name them. */
static const char *filter_name(H5Z_filter_t id, const char *stored) {
  static const struct {
    int id;
    const char *name;
  } known[] = {{4, "szip"},           {307, "bzip2"}, {32000, "lzf"},  {32001, "blosc"}, {32004, "lz4"},
               {32008, "bitshuffle"}, {32013, "zfp"}, {32015, "zstd"}, {32017, "sz"},    {32026, "blosc2"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (known[i].id == id) {
      return known[i].name;
    }
  }
  return stored[0] != '\0' ? stored : "of an unknown name";
}

static bool filters_fit(char *reason, hid_t dataset) {
  hid_t list = H5Dget_create_plist(dataset);
  bool fits = true;
  for (int i = 0; i < H5Pget_nfilters(list) && fits; i++) {
    unsigned flags = 0, config = 0;
    size_t values = 0;
    char name[64] = "";
    H5Z_filter_t id = H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, sizeof name, name, &config);
    name[sizeof name - 1] = '\0';
    if (id >= 0 && H5Zfilter_avail(id) <= 0) {
      fits = refuse(reason,
                    "is packed with the filter %s (%d), which this HDF5 lacks: install its plug-in and give "
                    "the folder that holds it in HDF5_PLUGIN_PATH, or unpack the file where it was made: "
                    "h5repack -f GZIP=4 OLD NEW",
                    filter_name(id, name), (int)id);
    }
  }
  h5_close(list);
  return fits;
}

/* Axes in another order than [n,H,W,C], where that is plain to see. */
static bool axes_fit(const Stack *stack, char *reason) {
  const hsize_t *n = stack->dims, few = 4; /* channels of pictures */
  if (stack->dims_count == 4 && n[1] <= few && n[2] > few && n[3] > few) {
    return refuse(reason,
                  "looks like [n,C,H,W], channels first; [n,H,W,C] was expected: in Python, write "
                  "images.transpose(0, 2, 3, 1)");
  }
  if (stack->dims_count == 4 && n[2] <= few && n[0] > few && n[3] > 4 * n[0] && n[3] > 4 * n[1]) {
    return refuse(reason,
                  "looks like [H,W,C,n], images last; [n,H,W,C] was expected: in Python, write "
                  "images.transpose(3, 0, 1, 2)");
  }
  if (stack->dims_count == 3 && n[0] == n[1] && n[0] > few && n[2] > 4 * n[0]) {
    return refuse(reason,
                  "looks like [H,W,n], images last; [n,H,W] was expected: in Python, write "
                  "images.transpose(2, 0, 1)");
  }
  if (stack->dims_count == 3 && n[0] == n[1] && n[0] >= 16 && (n[2] == 3 || n[2] == 4)) {
    return refuse(reason, "looks like one picture [H,W,C]; a stack of them [n,H,W,C] was expected");
  }
  return true;
}

static bool shape_fits(Stack *stack, char *reason) {
  const hsize_t *dims = stack->dims;
  if (stack->dims_count != 3 && stack->dims_count != 4) {
    return refuse(reason, "has %d dimension%s, [n,H,W] or [n,H,W,C] was expected", stack->dims_count,
                  stack->dims_count == 1 ? "" : "s");
  }
  if (dims[0] == 0) {
    return refuse(reason, "has no rows");
  }
  bool one_first = stack->dims_count == 4 && dims[1] == 1 && dims[2] > 4 && dims[3] > 4; /* [n,1,H,W] */
  hsize_t height = dims[one_first ? 2 : 1], width = dims[one_first ? 3 : 2];
  hsize_t channels = stack->dims_count == 4 && !one_first ? dims[3] : 1;
  unsigned long long h = height, w = width, c = channels;
  if (h == 0 || w == 0 || c == 0) {
    return refuse(reason, "holds images of %llu x %llu x %llu, which have no pixels", h, w, c);
  }
  if (!shape_is_possible(h, w, c)) {
    return refuse(reason, "holds images of %llu x %llu x %llu, which is too large", h, w, c);
  }
  stack->rows = (size_t)dims[0];
  stack->image = (Shape){(int)height, (int)width, (int)channels};
  return one_first || axes_fit(stack, reason);
}

bool stack_fits(Stack *stack, char reason[STACK_REASON_MAX], const char *path, hid_t dataset) {
  memset(stack, 0, sizeof *stack);
  NumberType type = find_type(stack, dataset);
  if (h5_dataset_shape(path, dataset, &stack->dims_count, stack->dims) != GT_OK) {
    stack->dims_count = 0;
    return refuse(reason, "has more dimensions than can be read");
  }
  if (type == NUMBER_NONE) {
    return refuse(reason, "holds %s, numbers were expected; convert it", stack->type);
  }
  stack->is_float = type == NUMBER_INT || type == NUMBER_FLOAT;
  return shape_fits(stack, reason) && filters_fit(reason, dataset) &&
         range_fits(stack, reason, path, dataset, type);
}

Status stack_check(Stack *stack, const char *path, hid_t dataset, const char *name) {
  char reason[STACK_REASON_MAX];
  return stack_fits(stack, reason, path, dataset) ? GT_OK
                                                  : status_set(GT_FAILED, "%s: %s %s", path, name, reason);
}

bool labels_fit(size_t *columns, char reason[STACK_REASON_MAX], const char *path, hid_t dataset,
                size_t rows) {
  Stack labels = {0};
  NumberType type = find_type(&labels, dataset);
  if (h5_dataset_shape(path, dataset, &labels.dims_count, labels.dims) != GT_OK) {
    return refuse(reason, "has more dimensions than can be read");
  }
  if (type == NUMBER_NONE) {
    return refuse(reason, "holds %s, whole numbers were expected", labels.type);
  }
  if (labels.dims_count < 1 || labels.dims_count > 2 || labels.dims[0] != rows) {
    return refuse(
        reason, "has %d dimension%s and %llu rows, one label for each of the %zu images was expected",
        labels.dims_count, labels.dims_count == 1 ? "" : "s", (unsigned long long)labels.dims[0], rows);
  }
  *columns = labels.dims_count == 2 ? (size_t)labels.dims[1] : 1;
  if (*columns == 0 || *columns > CLASSES_MAX) {
    return refuse(reason, "has %zu columns, one for each class was expected, at most %d", *columns,
                  CLASSES_MAX);
  }
  if (*columns == 1 && type == NUMBER_FLOAT) {
    return refuse(reason, "holds %s, whole numbers were expected", labels.type);
  }
  double classes = 0.0;
  bool counted = false;
  if (h5_read_reals(path, dataset, GT_CLASSES, &classes, 1, &counted) == GT_OK && counted &&
      classes > GT_LABELS_MAX) {
    return refuse(reason, "has %.0f classes, at most %d can be read", classes, GT_LABELS_MAX);
  }
  return filters_fit(reason, dataset);
}

const char *stack_format(char *out, size_t room, const Stack *stack) {
  size_t used = (size_t)snprintf(out, room, "[");
  for (int i = 0; i < stack->dims_count && used < room; i++) {
    used += (size_t)snprintf(out + used, room - used, "%s%llu", i > 0 ? "," : "",
                             (unsigned long long)stack->dims[i]);
  }
  if (used < room) {
    snprintf(out + used, room - used, "] %s", stack->type);
  }
  return out;
}

typedef struct Visiting {
  const char *path;
  StackVisit visit;
  void *context;
} Visiting;

static herr_t visit_one(hid_t root, const char *name, const H5L_info_t *info, void *context) {
  const Visiting *visiting = context;
  Stack stack;
  hid_t dataset;
  char reason[STACK_REASON_MAX];
  (void)info;
  if (h5_dataset_open(&dataset, visiting->path, root, name) != GT_OK) {
    return 0; /* groups and links that lead nowhere */
  }
  bool fits = stack_fits(&stack, reason, visiting->path, dataset);
  h5_close(dataset);
  return visiting->visit(visiting->context, name, &stack, fits ? NULL : reason) ? 0 : 1;
}

Status stack_visit_all(const char *path, hid_t file, StackVisit visit, void *context) {
  Visiting visiting = {path, visit, context};
  return H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, visit_one, &visiting) < 0
             ? h5_failure(path, "list what it holds")
             : GT_OK;
}

typedef struct Listing {
  char *out;
  size_t size, used;
  bool usable; /* only those are listed, or only the others */
} Listing;

static bool list_one(void *context, const char *name, const Stack *stack, const char *reason) {
  Listing *listing = context;
  char line[GT_MESSAGE_MAX], what[200];
  if ((reason == NULL) != listing->usable) {
    return true;
  }
  int length = snprintf(line, sizeof line, "%s/%s %s%s%s", listing->used > 0 ? "; " : "", name,
                        stack_format(what, sizeof what, stack), reason != NULL ? " " : "",
                        reason != NULL ? reason : "");
  if (listing->used + (size_t)length + sizeof "; ..." > listing->size) {
    snprintf(listing->out + listing->used, listing->size - listing->used, "; ...");
    return false; /* enough */
  }
  memcpy(listing->out + listing->used, line, (size_t)length + 1);
  listing->used += (size_t)length;
  return true;
}

Status stack_list(char *out, size_t room, bool *usable, const char *path, hid_t file) {
  Listing listing = {out, room, 0, true};
  out[0] = '\0';
  GT_TRY(stack_visit_all(path, file, list_one, &listing));
  *usable = out[0] != '\0';
  if (!*usable) {
    listing = (Listing){out, room, 0, false};
    GT_TRY(stack_visit_all(path, file, list_one, &listing));
  }
  return GT_OK;
}
