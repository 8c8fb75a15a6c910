/* The trial: is it safe to let HDF5 read this file here?
 *
 * HDF5's own reader (seen with 1.10) crashes or never returns on some files that are damaged or made to do
 * harm. So a child process reads every file first, within limits of memory and time: all links, all
 * attributes, every data set's type, shape, storage and index, and pixels up to a few megabytes. What kills
 * the child becomes an ordinary failure. Before that the seal (seal.h) is checked.
 *
 * Not collective. The child is a fork that makes no MPI call: call these functions from the main thread only.
 */
#ifndef GANTRAIN_TRIAL_H
#define GANTRAIN_TRIAL_H

#include "gantrain/base/files.h"

/* GT_FAILED where the seal does not fit or HDF5 crashes on the file. All other errors are left to the code
 * that opens it. A file that passed, here or on another rank (trial_trust), is not read again. */
Status trial_check(const char *path);

/* Another rank has found this version of a file good. */
void trial_trust(const FileIdentity *identity);

#endif
