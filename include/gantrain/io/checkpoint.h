/* Checkpoints: the whole state of a run in one HDF5 file. Not collective: rank 0 writes and reads.
 *
 *   attributes   format, format_version, step, epoch, fingerprint, checksum, the recipe
 *   /generator/parameters/dense/kernel, /generator/adam_m/..., /generator/adam_v/..., /generator/running/...
 *   /discriminator/...
 * The checksum is XXH3-64 over all tensors and attributes (src/io/checkpoint_content.h), so a damaged or
 * changed file is recognised. 32 bytes behind the HDF5 part hold another one, over all bytes, which is looked
 * at before HDF5 is (h5/seal.h). */
#ifndef GANTRAIN_CHECKPOINT_H
#define GANTRAIN_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "gantrain/base/attributes.h"
#include "gantrain/base/files.h"
#include "gantrain/io/best.h"
#include "gantrain/nn/arena.h"

typedef struct CheckpointInfo {
  int64_t step;
  double epoch;
  uint64_t fingerprint;
} CheckpointInfo;

/* Write dir/step-00001200.h5. */
Status checkpoint_write(const char *dir, const CheckpointInfo *info, const Attributes *recipe,
                        const Block *blocks, int blocks_count);

/* Deletes the checkpoints of steps after `kept_to` but for the newest `keep` ones and those in `best`; none
 * where keep is 0. One that cannot be deleted gives a warning only. */
void checkpoint_prune(const char *dir, int keep, int64_t kept_to, const BestList *best);

/* Step, epoch, fingerprint and recipe of a file, without the blocks. GT_FAILED where it is not a whole
 * checkpoint of a version that this program knows. */
Status checkpoint_read_info(const char *path, CheckpointInfo *info, Attributes *recipe);

/* What was measured of the checkpoint, which is no part of its recipe: attributes quality_NAME, and best_by
 * and best_is (best.h). None: it was not. GT_FAILED as above. */
Status checkpoint_read_quality(const char *path, Attributes *quality);

/* Fill the blocks (gaps become zero) and verify the checksum. In the groups of these blocks names and shapes
 * must be exactly the arenas'; where they are not, the blocks stay as they were. Other groups are verified
 * and passed over. After any other failure the blocks hold rubbish. */
Status checkpoint_read(const char *path, const Block *blocks, int blocks_count);

/* Was the checkpoint, which could not be read, deleted? A training run deletes its old checkpoints; the
 * caller then looks for a newer one, at most CHECKPOINT_LOOKS times. Keeps status_message(). */
#define CHECKPOINT_LOOKS 6
bool checkpoint_was_deleted(const char *path);

/* The newest checkpoint in `dir` that checkpoint_verify accepts; damaged ones are named with log_warn and
 * passed over. GT_FAILED where there is none (the message says how many were passed over), or one cannot be
 * read now, which may be a good one. */
Status checkpoint_find(char path[GT_PATH_MAX], const char *dir);

/* The checkpoint that `name` stands for: for a run's folder or its checkpoints/, the newest whole one;
 * else `name` itself. */
Status checkpoint_locate(char path[GT_PATH_MAX], const char *name);

/* How many checkpoints `dir` holds by their names, whole or damaged; 0 where there is no such folder. */
Status checkpoint_count(const char *dir, size_t *count);

/* Read everything and verify the checksum, without knowing the networks. */
Status checkpoint_verify(const char *path);

/* For a resume from `step`: checkpoints of `dir` of later steps, which were passed over, get other names, and
 * unfinished .tmp files are deleted. */
Status checkpoint_set_aside_later(const char *dir, int64_t step);

#endif
