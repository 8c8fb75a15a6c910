#include "checkpoint_content.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#define DEPTH_MAX 8
#define TENSORS_MAX 4096 /* far above any two networks with Adam; stops hostile files with link cycles */

static ContentTensor *append(Content *content) {
  if (content->count == content->capacity) {
    size_t capacity = content->capacity == 0 ? 64 : 2 * content->capacity;
    ContentTensor *list = realloc(content->list, capacity * sizeof *list);
    if (list == NULL) {
      status_set(GT_FAILED, STATUS_NO_MEMORY " for the list of %zu tensors", capacity);
      return NULL;
    }
    content->list = list;
    content->capacity = capacity;
  }
  ContentTensor *tensor = &content->list[content->count++];
  memset(tensor, 0, sizeof *tensor);
  return tensor;
}

static int compare_tensors(const void *a, const void *b) {
  return strcmp(((const ContentTensor *)a)->path, ((const ContentTensor *)b)->path);
}

static void sort(Content *content) {
  if (content->count > 1) {
    qsort(content->list, content->count, sizeof *content->list, compare_tensors);
  }
}

void content_free(Content *content) {
  free(content->list);
  memset(content, 0, sizeof *content);
}

Status content_from_blocks(Content *content, const Block *blocks, int blocks_count) {
  memset(content, 0, sizeof *content);
  for (int b = 0; b < blocks_count; b++) {
    for (int t = 0; t < blocks[b].arena->tensors_count; t++) {
      const Tensor *source = &blocks[b].arena->tensors[t];
      ContentTensor *tensor = append(content);
      if (tensor == NULL) {
        return GT_FAILED;
      }
      int length = snprintf(tensor->path, sizeof tensor->path, "%s/%s", blocks[b].group, source->name);
      if (length >= (int)sizeof tensor->path) {
        return status_set(GT_FAILED, "tensor %s/%s: the name is longer than %d characters", blocks[b].group,
                          source->name, CONTENT_PATH_MAX - 1);
      }
      tensor->dims_count = source->dims_count;
      tensor->count = source->count;
      tensor->data = blocks[b].data + source->first;
      for (int i = 0; i < source->dims_count; i++) {
        tensor->dims[i] = (hsize_t)source->shape[i];
      }
    }
  }
  sort(content);
  return GT_OK;
}

/* The walk through a file's groups. */
typedef struct Walk {
  Content *content;
  const char *path;
  uint64_t file_bytes;
  int depth;
  char prefix[CONTENT_PATH_MAX]; /* path of the group being listed, "" for the root */
  Status status;
} Walk;

static Status check_storage(const char *path, const ContentTensor *tensor, hid_t dataset) {
  hid_t type = H5Dget_type(dataset);
  bool is_float = H5Tequal(type, H5T_IEEE_F32LE) > 0;
  h5_close(type);
  if (!is_float) {
    return status_set(GT_FAILED,
                      "%s: tensor %s is not of type float32; the file is damaged or not written by gantrain",
                      path, tensor->path);
  }
  hid_t list = H5Dget_create_plist(dataset);
  bool plain = H5Pget_layout(list) == H5D_CONTIGUOUS && H5Pget_external_count(list) == 0;
  h5_close(list);
  if (!plain) {
    return status_set(GT_FAILED,
                      "%s: tensor %s is not stored contiguously; the file was rewritten by another program",
                      path, tensor->path);
  }
  return GT_OK;
}

static Status add_dataset(Walk *walk, hid_t dataset, const char *name) {
  if (H5DSis_scale(dataset) > 0) {
    return GT_OK;
  }
  ContentTensor *tensor = append(walk->content);
  if (tensor == NULL) {
    return GT_FAILED;
  }
  if (walk->content->count > TENSORS_MAX) {
    return status_set(GT_FAILED, "%s: holds more than %d tensors, which no checkpoint does", walk->path,
                      TENSORS_MAX);
  }
  snprintf(tensor->path, sizeof tensor->path, "%s", name);
  hsize_t dims[H5_DIMS_MAX] = {0};
  GT_TRY(h5_dataset_shape(walk->path, dataset, &tensor->dims_count, dims));
  if (tensor->dims_count < 1 || tensor->dims_count > GT_DIMS_MAX) {
    return status_set(GT_FAILED, "%s: tensor %s has %d dimensions, 1 to %d were expected", walk->path,
                      tensor->path, tensor->dims_count, GT_DIMS_MAX);
  }
  uint64_t limit = walk->file_bytes / sizeof(float), count = 1;
  for (int i = 0; i < tensor->dims_count; i++) {
    if (dims[i] != 0 && count > limit / dims[i]) {
      return status_set(GT_FAILED,
                        "%s: tensor %s claims to be larger than the whole file (%llu bytes); it is damaged",
                        walk->path, tensor->path, (unsigned long long)walk->file_bytes);
    }
    count *= dims[i];
    tensor->dims[i] = dims[i];
  }
  tensor->count = (size_t)count;
  return check_storage(walk->path, tensor, dataset);
}

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context);

static Status walk_group(Walk *walk, hid_t group) {
  if (walk->depth >= DEPTH_MAX) {
    return status_set(GT_FAILED, "%s: groups are nested more than %d deep, which no checkpoint has",
                      walk->path, DEPTH_MAX);
  }
  walk->depth++;
  if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_link, walk) < 0 && walk->status == GT_OK) {
    return h5_failure(walk->path, "list the group %s/; it is damaged", walk->prefix);
  }
  walk->depth--;
  return walk->status;
}

static Status visit_object(Walk *walk, hid_t object, const char *full_name) {
  switch (H5Iget_type(object)) {
    case H5I_DATASET:
      return add_dataset(walk, object, full_name);
    case H5I_GROUP: {
      size_t length = strlen(walk->prefix);
      snprintf(walk->prefix, sizeof walk->prefix, "%s", full_name);
      Status status = walk_group(walk, object);
      walk->prefix[length] = '\0';
      return status;
    }
    default:
      return status_set(GT_FAILED, "%s: %s is neither a group nor a dataset", walk->path, full_name);
  }
}

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  Walk *walk = context;
  char full_name[CONTENT_PATH_MAX];
  int length = snprintf(full_name, sizeof full_name, "%s/%s", walk->prefix, name);
  if (length >= (int)sizeof full_name) {
    walk->status = status_set(GT_FAILED, "%s: a name is longer than %d characters: %s...", walk->path,
                              CONTENT_PATH_MAX - 1, full_name);
  } else if (info->type != H5L_TYPE_HARD) {
    walk->status =
        status_set(GT_FAILED, "%s: %s is a link, which no checkpoint holds", walk->path, full_name);
  } else {
    hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    walk->status = object < 0 ? h5_failure(walk->path, "open %s; it is damaged", full_name)
                              : visit_object(walk, object, full_name);
    h5_close(object);
  }
  return walk->status == GT_OK ? 0 : -1;
}

Status content_from_file(Content *content, const char *path, hid_t file) {
  memset(content, 0, sizeof *content);
  struct stat info;
  if (stat(path, &info) != 0) {
    return status_set(GT_FAILED, "%s: its size cannot be found out", path);
  }
  Walk walk = {.content = content, .path = path, .file_bytes = (uint64_t)info.st_size};
  GT_TRY(walk_group(&walk, file));
  sort(content);
  return GT_OK;
}

struct Digest {
  XXH3_state_t *state;
};

Status digest_create(Digest **digest) {
  *digest = calloc(1, sizeof **digest);
  if (*digest != NULL) {
    (*digest)->state = XXH3_createState();
  }
  if (*digest == NULL || (*digest)->state == NULL) {
    digest_free(*digest);
    *digest = NULL;
    return status_set(GT_FAILED, STATUS_NO_MEMORY " for a checksum");
  }
  XXH3_64bits_reset((*digest)->state);
  return GT_OK;
}

void digest_free(Digest *digest) {
  if (digest != NULL) {
    XXH3_freeState(digest->state);
    free(digest);
  }
}

static void update(Digest *digest, const void *bytes, size_t n) {
  XXH3_64bits_update(digest->state, bytes, n);
}

static int compare_attributes(const void *a, const void *b) {
  return strcmp((*(const Attribute *const *)a)->name, (*(const Attribute *const *)b)->name);
}

void digest_attributes(Digest *digest, const Attributes *attributes) {
  const Attribute *sorted[GT_ATTRIBUTES_MAX];
  for (int i = 0; i < attributes->count; i++) {
    sorted[i] = &attributes->list[i];
  }
  qsort(sorted, (size_t)attributes->count, sizeof *sorted, compare_attributes);
  for (int i = 0; i < attributes->count; i++) {
    const Attribute *attribute = sorted[i];
    if (strcmp(attribute->name, "checksum") == 0) {
      continue;
    }
    unsigned char type = (unsigned char)attribute->type;
    update(digest, attribute->name, strlen(attribute->name) + 1);
    update(digest, &type, 1);
    switch (attribute->type) {
      case ATTRIBUTE_INT:
        update(digest, &attribute->integer, sizeof attribute->integer);
        break;
      case ATTRIBUTE_REAL:
        update(digest, &attribute->real, sizeof attribute->real);
        break;
      case ATTRIBUTE_TEXT:
        update(digest, attribute->text, strlen(attribute->text) + 1);
        break;
    }
  }
}

void digest_tensor(Digest *digest, const ContentTensor *tensor, const float *data) {
  uint64_t shape[1 + GT_DIMS_MAX] = {(uint64_t)tensor->dims_count};
  for (int i = 0; i < tensor->dims_count; i++) {
    shape[1 + i] = (uint64_t)tensor->dims[i];
  }
  update(digest, tensor->path, strlen(tensor->path) + 1);
  update(digest, shape, (size_t)(1 + tensor->dims_count) * sizeof *shape);
  update(digest, data, tensor->count * sizeof *data);
}

uint64_t digest_value(const Digest *digest) {
  return XXH3_64bits_digest(digest->state);
}
