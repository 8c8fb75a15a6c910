/* All that reading a file does in HDF5, done once for nothing: what the child process of trial.c does. */
#ifndef GANTRAIN_TRIAL_READ_H
#define GANTRAIN_TRIAL_READ_H

#include <stdbool.h>
#include <stdint.h>

/* Returns where HDF5 survives the file, good or bad; false where it was refused memory. The process may take
 * `memory` bytes more, and that limit stays. */
bool trial_read(const char *path, uint64_t memory);

#endif
