/* The seal: 32 bytes after the HDF5 part of every file that we write, "\ngantrain-seal " + XXH3-64 of every
 * byte before it in hexadecimal + "\n".
 *
 * Why, when HDF5 and checkpoints have checksums of their own: those of HDF5 1.8's format cover the pixels
 * only, and HDF5's own reader (seen with 1.10) can crash on damaged metadata, so damage must be recognised
 * before HDF5 sees it. Readers of HDF5 ignore what follows the part that they know; a program that changes
 * the file with HDF5 cuts the seal off, and the file is then like one that never had any. */
#ifndef GANTRAIN_SEAL_H
#define GANTRAIN_SEAL_H

#include "gantrain/base/files.h"

#define SEAL_BYTES 32

/* Put the seal of bytes[size] behind them, into bytes[size + SEAL_BYTES). */
void seal_append(unsigned char *bytes, size_t size);

/* The same at the end of a file on the disk, which is read for it in pieces. */
Status seal_file(const char *path);

/* GT_FAILED where there is a seal that does not fit the bytes before it, what is left of a seal that was cut
 * or damaged, or the file cannot be read. *sealed: there is one that fits. A file that is absent is GT_OK:
 * opening it as HDF5 says that best. Reads the whole of a sealed file. */
Status seal_check(const char *path, bool *sealed);

/* GT_FAILED where an HDF5 file ends neither where HDF5 ends it nor with 32 more bytes, which seal_check
 * verifies. */
Status seal_check_end(const char *path);

#endif
