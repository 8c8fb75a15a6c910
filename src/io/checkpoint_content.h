/* What a checkpoint holds, in the one order in which it is written, read and hashed. Internal to src/io.
 *
 * The checksum is XXH3-64 over: every root attribute except "checksum", by ascending name (name with its NUL,
 * one byte for the type, value; text with its NUL); then every tensor by ascending path (path with its NUL,
 * number of dimensions and dimensions as little-endian u64, the float32 values little-endian). Datasets that
 * are dimension scales do not count. A file can so be verified without knowing the networks. */
#ifndef GANTRAIN_CHECKPOINT_CONTENT_H
#define GANTRAIN_CHECKPOINT_CONTENT_H

#include "gantrain/io/checkpoint.h"
#include "h5/h5.h"

#define CONTENT_PATH_MAX 200

typedef struct ContentTensor {
  char path[CONTENT_PATH_MAX]; /* "/generator/parameters/dense/kernel" */
  int dims_count;
  hsize_t dims[GT_DIMS_MAX];
  size_t count;
  float *data; /* the caller's, NULL in a list made from a file */
} ContentTensor;

typedef struct Content {
  ContentTensor *list; /* by ascending path */
  size_t count, capacity;
} Content;

/* Both make a list, to be freed with content_free also after a failure. */
Status content_from_blocks(Content *content, const Block *blocks, int blocks_count);
/* Checked while listing: hard links only, contiguous little-endian float32, at most GT_DIMS_MAX dimensions,
 * no tensor larger than the file itself. Nothing is allocated by a size that was not checked. */
Status content_from_file(Content *content, const char *path, hid_t file);
void content_free(Content *content);

typedef struct Digest Digest;
Status digest_create(Digest **digest);
void digest_free(Digest *digest);
void digest_attributes(Digest *digest, const Attributes *attributes);
void digest_tensor(Digest *digest, const ContentTensor *tensor, const float *data);
uint64_t digest_value(const Digest *digest);

/* --- names in a folder of checkpoints (checkpoint_folder.c) --- */

Status checkpoint_path(char path[GT_PATH_MAX], const char *dir, int64_t step);
/* Steps of the checkpoints in `dir`, newest first; free(*steps), also after a failure. A folder that is not
 * there is GT_FAILED. */
Status checkpoint_list(const char *dir, int64_t **steps, size_t *count);

#endif
