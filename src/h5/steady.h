/* Files that HDF5 changes where they lie on the disk, too large to be kept in memory. What the disk does not
 * take is remembered and hidden from HDF5: HDF5 1.10 that cannot write cannot close a file any more, and
 * keeps its descriptor and memory for ever. Internal to src/h5. One file at a time in each thread. */
#ifndef GANTRAIN_STEADY_H
#define GANTRAIN_STEADY_H

#include "h5.h"

/* Files opened with this access list are used so. */
Status steady_select(const char *path, hid_t access_list);

bool steady_used(hid_t file);

/* After the file was closed: GT_FAILED with the system's first reason where not all of it was written. */
Status steady_outcome(const char *path);

#endif
