/* The seal: 32 bytes after the HDF5 part of a checkpoint, "\ngantrain-seal " + XXH3-64 of every byte before
 * it in hexadecimal + "\n". Internal to src/io.
 *
 * Why, when there is a checksum of the content: HDF5's own reader (seen with 1.10) can crash on damaged
 * metadata, so a damaged file must be recognised before HDF5 sees it. Readers of HDF5 ignore what follows the
 * part that they know; a program that changes the file with HDF5 cuts the seal off, and then only the
 * checksum of the content counts. */
#ifndef GANTRAIN_CHECKPOINT_SEAL_H
#define GANTRAIN_CHECKPOINT_SEAL_H

#include "gantrain/files.h"

/* Append the seal to path.tmp. */
Status seal_write(const char *path);

/* GT_FAILED where there is a seal that does not fit the bytes before it, or the file cannot be read. GT_OK
 * also where there is no seal. */
Status seal_check(const char *path);

#endif
