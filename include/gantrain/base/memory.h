/* Aligned memory, taken once at start-up. A step never allocates. */
#ifndef GANTRAIN_MEMORY_H
#define GANTRAIN_MEMORY_H

#include <stddef.h>

#include "gantrain/base/status.h"

#define GT_ALIGNMENT 64 /* bytes: one cache line, one AVX-512 register */

/* GT_FAILED where a limit of address space (ulimit -v) leaves no room for the libraries. Before MPI starts.
 */
Status memory_check_limit(void);

/* Bytes that the machine and the control groups (versions 1 and 2) of this process can still give; SIZE_MAX:
 * not known. `root` is "" but in tests: a folder with proc/ and sys/. */
size_t memory_available(const char *root);

/* GT_FAILED, with both figures, where less than so many bytes are available for `what`. */
Status memory_check(size_t bytes, const char *what);

/* `count` elements of `size` bytes, zeroed, on a GT_ALIGNMENT border. NULL with a recorded message when
 * the memory is not there or count * size overflows; count 0 gives a valid pointer. Free with memory_free. */
void *memory_alloc(size_t count, size_t size);

/* NULL is allowed. */
void memory_free(void *block);

/* Bytes behind each buffer of a block that nobody may touch, in sanitizer builds. */
#ifdef GANTRAIN_SANITIZE
#define GT_RED_ZONE GT_ALIGNMENT
#else
#define GT_RED_ZONE 0
#endif

/* In sanitizer builds whoever touches these bytes ends the program with a report, until they are allowed
 * again or freed. Elsewhere nothing happens. */
void memory_poison(const void *from, size_t bytes);
void memory_allow(const void *from, size_t bytes);

/* Largest resident set of this process so far, in bytes. */
size_t memory_peak_bytes(void);

#endif
