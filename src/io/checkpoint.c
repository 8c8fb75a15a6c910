#include "gantrain/io/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint_content.h"
#include "gantrain/base/memory.h"
#include "gantrain/h5/seal.h"

#define FORMAT "gantrain-checkpoint"
#define FORMAT_VERSION 1

/* --- attributes --- */

static void set_hex(Attributes *attributes, const char *name, uint64_t value) {
  char text[20];
  snprintf(text, sizeof text, "%016" PRIx64, value);
  attributes_set_text(attributes, name, text);
}

/* Our own attributes first, as people read them from the top. */
static Status gather_attributes(const char *path, Attributes *all, const CheckpointInfo *info,
                                const Attributes *recipe) {
  all->count = 0;
  attributes_set_text(all, "format", FORMAT);
  attributes_set_int(all, "format_version", FORMAT_VERSION);
  attributes_set_int(all, "step", info->step);
  attributes_set_real(all, "epoch", info->epoch);
  set_hex(all, "fingerprint", info->fingerprint);
  int own = all->count;
  for (int i = 0; i < recipe->count; i++) {
    const Attribute *attribute = &recipe->list[i];
    const Attribute *taken = attributes_find(all, attribute->name);
    if (strcmp(attribute->name, "checksum") == 0 || (taken != NULL && taken < all->list + own) ||
        all->count == GT_ATTRIBUTES_MAX - 1) {
      return status_set(GT_FAILED, "%s: there is no room for the recipe's attribute %s", path,
                        attribute->name);
    }
    all->list[all->count++] = *attribute;
  }
  return GT_OK;
}

static Status get_hex(const char *path, const Attributes *attributes, const char *name, uint64_t *value) {
  const Attribute *attribute = attributes_find(attributes, name);
  if (attribute == NULL || attribute->type != ATTRIBUTE_TEXT || strlen(attribute->text) != 16 ||
      strspn(attribute->text, "0123456789abcdef") != 16) {
    return status_set(GT_FAILED, "%s: the attribute %s must be a text of 16 hexadecimal digits", path, name);
  }
  *value = strtoull(attribute->text, NULL, 16);
  return GT_OK;
}

/* All root attributes of a file that is a checkpoint of our version. */
static Status read_attributes(const char *path, hid_t file, Attributes *all) {
  all->count = 0;
  GT_TRY(h5_read_attributes(path, file, all));
  const Attribute *format = attributes_find(all, "format");
  const Attribute *version = attributes_find(all, "format_version");
  if (format == NULL || format->type != ATTRIBUTE_TEXT) {
    return status_set(GT_FAILED, "%s: is an HDF5 file, but not one of gantrain's (it has no format \"%s\")",
                      path, FORMAT);
  }
  if (strcmp(format->text, FORMAT) != 0) {
    return status_set(GT_FAILED, "%s: is of format \"%.60s\", \"%s\" was expected", path, format->text,
                      FORMAT);
  }
  if (version == NULL || version->type != ATTRIBUTE_INT) {
    return status_set(GT_FAILED, "%s: has no format_version; the file is damaged", path);
  }
  if (version->integer != FORMAT_VERSION) {
    return status_set(GT_FAILED,
                      "%s: is a checkpoint of format version %lld, this program knows version %d; use the "
                      "program that wrote it",
                      path, (long long)version->integer, FORMAT_VERSION);
  }
  return GT_OK;
}

static Status read_info(const char *path, const Attributes *all, CheckpointInfo *info) {
  const Attribute *step = attributes_find(all, "step");
  const Attribute *epoch = attributes_find(all, "epoch");
  if (step == NULL || step->type != ATTRIBUTE_INT || step->integer < 0 || epoch == NULL ||
      epoch->type != ATTRIBUTE_REAL) {
    return status_set(GT_FAILED, "%s: lacks the attributes step or epoch; the file is damaged", path);
  }
  info->step = step->integer;
  info->epoch = epoch->real;
  return get_hex(path, all, "fingerprint", &info->fingerprint);
}

static bool is_quality(const char *name) {
  return strncmp(name, BEST_PREFIX, strlen(BEST_PREFIX)) == 0 || strcmp(name, BEST_BY) == 0 ||
         strcmp(name, BEST_IS) == 0;
}

static bool is_own_name(const char *name) {
  static const char *const names[] = {"format", "format_version", "step", "epoch", "fingerprint", "checksum"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(name, names[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* A checkpoint that lost its tail is recognised also where the seal is gone with it. */
static Status open_checkpoint(hid_t *file, const char *path) {
  *file = H5I_INVALID_HID;
  GT_TRY(seal_check_end(path));
  return h5_file_open(file, path);
}

static Status open_attributes(const char *path, Attributes *all) {
  hid_t file = H5I_INVALID_HID;
  GT_TRY(open_checkpoint(&file, path));
  Status status = read_attributes(path, file, all);
  h5_close(file);
  return status;
}

Status checkpoint_read_info(const char *path, CheckpointInfo *info, Attributes *recipe) {
  Attributes all;
  GT_TRY(open_attributes(path, &all));
  GT_TRY(read_info(path, &all, info));
  recipe->count = 0;
  for (int i = 0; i < all.count; i++) {
    if (!is_own_name(all.list[i].name) && !is_quality(all.list[i].name)) {
      recipe->list[recipe->count++] = all.list[i];
    }
  }
  return GT_OK;
}

Status checkpoint_read_quality(const char *path, Attributes *quality) {
  Attributes all;
  GT_TRY(open_attributes(path, &all));
  quality->count = 0;
  for (int i = 0; i < all.count; i++) {
    if (is_quality(all.list[i].name)) {
      quality->list[quality->count++] = all.list[i];
    }
  }
  return GT_OK;
}

/* --- writing --- */

/* Every dimension of "/generator/parameters/dense/kernel" gets a scale of its own beside it, "kernel_0" and
 * so on: xarray opens the group, and the names say to what they belong. */
static Status write_scales(const char *path, hid_t file, const ContentTensor *tensor, hid_t dataset) {
  for (int i = 0; i < tensor->dims_count; i++) {
    char name[CONTENT_PATH_MAX + 16];
    hid_t scale = H5I_INVALID_HID;
    snprintf(name, sizeof name, "%s_%d", tensor->path, i);
    GT_TRY(h5_scale_create(&scale, path, file, name, (size_t)tensor->dims[i]));
    Status status = h5_scale_attach(path, dataset, i, scale);
    h5_close(scale);
    GT_TRY(status);
  }
  return GT_OK;
}

static Status write_tensor(const char *path, hid_t file, const ContentTensor *tensor) {
  H5Layout layout = {.dims_count = tensor->dims_count};
  memcpy(layout.dims, tensor->dims, (size_t)tensor->dims_count * sizeof *tensor->dims);
  hid_t dataset = H5I_INVALID_HID;
  GT_TRY(h5_dataset_create(&dataset, path, file, tensor->path, H5T_IEEE_F32LE, &layout));
  Status status = h5_dataset_write(path, dataset, H5T_NATIVE_FLOAT, tensor->data);
  if (status == GT_OK) {
    status = write_scales(path, file, tensor, dataset);
  }
  h5_close(dataset);
  return status;
}

static Status write_groups(const char *path, hid_t file, const Block *blocks, int blocks_count) {
  for (int b = 0; b < blocks_count; b++) {
    hid_t group = H5I_INVALID_HID;
    GT_TRY(h5_group_create(&group, path, file, blocks[b].group));
    h5_close(group);
  }
  return GT_OK;
}

static Status write_content(const char *path, hid_t file, Attributes *all, const Content *content) {
  Digest *digest = NULL;
  GT_TRY(digest_create(&digest));
  Status status = GT_OK;
  digest_attributes(digest, all);
  for (size_t i = 0; i < content->count && status == GT_OK; i++) {
    digest_tensor(digest, &content->list[i], content->list[i].data);
    status = write_tensor(path, file, &content->list[i]);
  }
  set_hex(all, "checksum", digest_value(digest));
  digest_free(digest);
  GT_TRY(status);
  return h5_write_attributes(path, file, all);
}

Status checkpoint_write(const char *dir, const CheckpointInfo *info, const Attributes *recipe,
                        const Block *blocks, int blocks_count) {
  char path[GT_PATH_MAX];
  Attributes all;
  Content content;
  hid_t file = H5I_INVALID_HID;
  GT_TRY(checkpoint_path(path, dir, info->step));
  GT_TRY(gather_attributes(path, &all, info, recipe));
  Status status = content_from_blocks(&content, blocks, blocks_count);
  if (status == GT_OK) {
    status = h5_file_create(&file, path);
  }
  if (status == GT_OK) {
    status = write_groups(path, file, blocks, blocks_count);
    if (status == GT_OK) {
      status = write_content(path, file, &all, &content);
    }
    status = h5_file_finish(file, path, status);
  }
  content_free(&content);
  return status;
}

/* --- reading --- */

/* One tensor of the file into `into`, or into the scratch memory where that is NULL; hashed either way. */
static Status read_tensor(const char *path, hid_t file, const ContentTensor *tensor, float *into,
                          Digest *digest) {
  hid_t dataset = H5I_INVALID_HID;
  float *scratch = NULL;
  GT_TRY(h5_dataset_open(&dataset, path, file, tensor->path));
  if (into == NULL) {
    into = scratch = memory_alloc(tensor->count, sizeof *scratch); /* checked against the file's size */
  }
  Status status = into == NULL ? GT_FAILED : GT_OK;
  if (status == GT_OK && H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, into) < 0) {
    status = h5_failure(path, "read the tensor %s", tensor->path);
  }
  if (status == GT_OK) {
    digest_tensor(digest, tensor, into);
  }
  memory_free(scratch);
  h5_close(dataset);
  return status;
}

static char *format_shape(char out[96], const ContentTensor *tensor) {
  int used = snprintf(out, 96, "[");
  for (int i = 0; i < tensor->dims_count; i++) {
    used += snprintf(out + used, 96 - (size_t)used, "%s%llu", i > 0 ? ", " : "",
                     (unsigned long long)tensor->dims[i]);
  }
  snprintf(out + used, 96 - (size_t)used, "]");
  return out;
}

static Status check_shape(const char *path, const ContentTensor *found, const ContentTensor *wanted) {
  char found_text[96], wanted_text[96];
  if (found->dims_count == wanted->dims_count &&
      memcmp(found->dims, wanted->dims, (size_t)found->dims_count * sizeof *found->dims) == 0) {
    return GT_OK;
  }
  return status_set(GT_FAILED,
                    "%s: tensor %s has the shape %s, %s was expected; was it written with another "
                    "architecture or image size?",
                    path, found->path, format_shape(found_text, found), format_shape(wanted_text, wanted));
}

static bool in_groups(const char *name, const Block *blocks, int blocks_count) {
  for (int b = 0; b < blocks_count; b++) {
    size_t length = strlen(blocks[b].group);
    if (strncmp(name, blocks[b].group, length) == 0 && name[length] == '/') {
      return true;
    }
  }
  return false;
}

/* Both lists are sorted: go through them side by side. wanted[i] = index in `found`. Before anything is
 * read, so that a file of another architecture leaves the blocks as they are. */
static Status match(const char *path, Content *found, const Content *wanted, const Block *blocks,
                    int blocks_count) {
  size_t w = 0;
  for (size_t f = 0; f < found->count; f++) {
    ContentTensor *tensor = &found->list[f];
    int order = w < wanted->count ? strcmp(wanted->list[w].path, tensor->path) : 1;
    if (order < 0) {
      break;
    }
    if (order == 0) {
      GT_TRY(check_shape(path, tensor, &wanted->list[w]));
      tensor->data = wanted->list[w++].data;
    } else if (in_groups(tensor->path, blocks, blocks_count)) {
      return status_set(GT_FAILED,
                        "%s: holds a tensor %s that the network does not have; was it written with another "
                        "architecture?",
                        path, tensor->path);
    }
  }
  if (w < wanted->count) {
    return status_set(GT_FAILED,
                      "%s: the tensor %s is missing; was it written with another architecture, or changed?",
                      path, wanted->list[w].path);
  }
  return GT_OK;
}

/* Read and hash everything of an open file in canonical order; `wanted` goes where its data points to. */
static Status read_content(const char *path, hid_t file, const Attributes *all, const Content *content) {
  uint64_t expected = 0;
  Digest *digest = NULL;
  GT_TRY(get_hex(path, all, "checksum", &expected));
  GT_TRY(digest_create(&digest));
  digest_attributes(digest, all);
  Status status = GT_OK;
  for (size_t i = 0; i < content->count && status == GT_OK; i++) {
    status = read_tensor(path, file, &content->list[i], content->list[i].data, digest);
  }
  uint64_t value = digest_value(digest);
  digest_free(digest);
  if (status == GT_OK && value != expected) {
    status = status_set(GT_FAILED,
                        "%s: the content has the checksum %016" PRIx64 ", the file says %016" PRIx64
                        "; it was damaged or changed after it was written",
                        path, value, expected);
  }
  return status;
}

static Status read_open_file(const char *path, hid_t file, const Block *blocks, int blocks_count) {
  Attributes all;
  CheckpointInfo info;
  Content found, wanted;
  GT_TRY(read_attributes(path, file, &all));
  GT_TRY(read_info(path, &all, &info));
  Status status = content_from_file(&found, path, file);
  if (status == GT_OK) {
    status = content_from_blocks(&wanted, blocks, blocks_count);
    if (status == GT_OK) {
      status = match(path, &found, &wanted, blocks, blocks_count);
    }
    content_free(&wanted);
  }
  if (status == GT_OK) {
    for (int b = 0; b < blocks_count; b++) {
      memset(blocks[b].data, 0, blocks[b].arena->count * sizeof *blocks[b].data);
    }
    status = read_content(path, file, &all, &found);
  }
  content_free(&found);
  return status;
}

Status checkpoint_read(const char *path, const Block *blocks, int blocks_count) {
  hid_t file = H5I_INVALID_HID;
  GT_TRY(open_checkpoint(&file, path));
  Status status = read_open_file(path, file, blocks, blocks_count);
  h5_close(file);
  return status;
}

Status checkpoint_verify(const char *path) {
  return checkpoint_read(path, NULL, 0);
}
