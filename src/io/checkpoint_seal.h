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

#define SEAL_BYTES 32

/* Put the seal of bytes[size] behind them, into bytes[size + SEAL_BYTES). */
void seal_append(unsigned char *bytes, size_t size);

/* GT_FAILED where there is a seal that does not fit the bytes before it, or the file cannot be read. *sealed:
 * there is one that fits. A file that is absent is GT_OK: opening it as HDF5 says that best. */
Status seal_check(const char *path, bool *sealed);

/* For a checkpoint without a seal: GT_FAILED where an HDF5 file does not end as one that HDF5 wrote. */
Status seal_check_end(const char *path);

#endif
