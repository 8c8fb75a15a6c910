/* A data set that all ranks open, and what they find in it together. */
#ifndef GANTRAIN_DATASET_TOGETHER_H
#define GANTRAIN_DATASET_TOGETHER_H

#include "gantrain/comm/comm.h"
#include "gantrain/io/dataset.h"

/* dataset_open on all ranks. To look through a file before HDF5 reads it takes a rank as long as reading all
 * of it: rank 0 does it for all that see the same file. GT_FAILED also where a rank sees another file of that
 * name, with other shapes or other bytes. Collective; the same outcome on all ranks. */
Status dataset_open_together(Dataset **dataset, DatasetInfo *info, const World *world, const char *spec);

/* found[2]: the smallest and largest value that this rank has found, and then that all have; a rank without
 * rows has INFINITY and -INFINITY. They become info->range. GT_USAGE where all are equal; `name` is that of
 * the data. Collective. */
Status dataset_set_range(DatasetInfo *info, const double found[2], const char *name);

#endif
