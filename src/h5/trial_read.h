/* Everything that reading a file does in HDF5, done once in the child process of trial.c to see whether
 * HDF5 survives it. */
#ifndef GANTRAIN_TRIAL_READ_H
#define GANTRAIN_TRIAL_READ_H

#include <stdbool.h>
#include <stdint.h>

/* Returns after reading the file, good or damaged; false where HDF5 was refused memory. The process may
 * use `memory` bytes more, and that limit stays. */
bool trial_read(const char *path, uint64_t memory);

#endif
