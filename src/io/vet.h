/* Is it safe to let HDF5 read this file here? Internal to src/io.
 *
 * HDF5's own reader (seen with 1.10) dies or loops for ever on some files that are damaged or made to do
 * harm. So a child process looks through every file first, within limits of memory and time: all links, all
 * attributes, every data set's type, shape, storage and index, and pixels up to a few megabytes. What kills
 * the child becomes an ordinary failure. Before that the seal (seal.h) is checked. */
#ifndef GANTRAIN_VET_H
#define GANTRAIN_VET_H

#include "gantrain/files.h"

/* GT_FAILED where the seal does not fit or HDF5 does not survive the file. Anything else that is wrong with
 * it is for who opens it to find. A file that was found good, here or by another rank (file_trust), is not
 * looked through again. The child is a fork that makes no MPI call. */
Status vet_file(const char *path);

#endif
