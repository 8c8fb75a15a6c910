/* All that reading a file does in HDF5, done once for nothing: what the child process of trial.c does. */
#ifndef GANTRAIN_TRIAL_READ_H
#define GANTRAIN_TRIAL_READ_H

#include <stdbool.h>
#include <stdint.h>

/* Returns if HDF5 survives, whatever it thinks of the file; false where it was refused memory, of which the
 * process may take so many bytes more. The limit stays. */
bool trial_read(const char *path, uint64_t memory);

#endif
