#include "gantrain/quality/dataset_together.h"

#include <string.h>

#include "gantrain/h5/trial.h"

/* Ranks may read a file of one name on different disks. */
static Status check_like_first(const DatasetInfo *own, const char *name) {
  DatasetInfo first = *own;
  comm_broadcast(&first, sizeof first);
  bool alike = own->image.h == first.image.h && own->image.w == first.image.w &&
               own->image.c == first.image.c && own->is_float == first.is_float &&
               own->has_range == first.has_range && own->range[0] == first.range[0] &&
               own->range[1] == first.range[1] && memcmp(own->rows, first.rows, sizeof own->rows) == 0;
  return comm_agree(
      alike ? GT_OK
            : status_set(
                  GT_FAILED,
                  "%s: holds %zu training images of %d x %d x %d, on rank 0 %zu of %d x %d x %d, or they "
                  "differ in type, range or the other parts; all ranks must see the same file",
                  name, own->rows[DATASET_TRAIN], own->image.h, own->image.w, own->image.c,
                  first.rows[DATASET_TRAIN], first.image.h, first.image.w, first.image.c));
}

/* Another file of that name, on another rank's disk, must have the same bytes as rank 0's. */
static Status check_same_bytes(const Dataset *dataset, const char *name) {
  FileIdentity own = dataset_identity(dataset), first = own;
  comm_broadcast(&first, sizeof first);
  int64_t others = memcmp(&own, &first, sizeof own) != 0;
  uint64_t hash = 0;
  comm_sum_i64(&others, 1);
  if (others == 0) {
    return GT_OK;
  }
  GT_TRY(comm_agree(file_hash(&hash, dataset_path(dataset))));
  uint64_t expected = hash;
  comm_broadcast(&expected, sizeof expected);
  return comm_agree(hash == expected
                        ? GT_OK
                        : status_set(GT_FAILED,
                                     "%s: is another file than on rank 0, with other bytes; all ranks must "
                                     "see the same images",
                                     name));
}

static Status open_on_all(Dataset **dataset, DatasetInfo *info, const World *world, const char *spec) {
  FileIdentity identity = {0};
  GT_TRY(comm_follow(world->rank == 0 ? dataset_open(dataset, spec, info) : GT_OK));
  if (world->rank == 0) {
    identity = dataset_identity(*dataset);
  }
  comm_broadcast(&identity, sizeof identity);
  if (world->rank == 0) {
    return comm_agree(GT_OK);
  }
  trial_trust(&identity);
  return comm_agree(dataset_open(dataset, spec, info));
}

Status dataset_open_together(Dataset **dataset, DatasetInfo *info, const World *world, const char *spec) {
  const char *name = spec == NULL ? DATASET_EMBEDDED : spec;
  *dataset = NULL;
  Status outcome = open_on_all(dataset, info, world, spec);
  if (outcome == GT_OK) {
    outcome = check_like_first(info, name);
  }
  if (outcome == GT_OK && spec != NULL) {
    outcome = check_same_bytes(*dataset, name);
  }
  if (outcome != GT_OK) {
    dataset_close(*dataset);
    *dataset = NULL;
  }
  return outcome;
}

Status dataset_set_range(DatasetInfo *info, const double found[2], const char *name) {
  info->range[0] = found[0];
  info->range[1] = found[1];
  comm_min(&info->range[0], 1);
  comm_max(&info->range[1], 1);
  return info->range[0] < info->range[1]
             ? GT_OK
             : status_set(GT_USAGE, "%s: every pixel is %g, so there is nothing to learn", name,
                          info->range[0]);
}
