/* Aligned memory, allocated once at start-up. A step never allocates. */
#ifndef GANTRAIN_MEMORY_H
#define GANTRAIN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "gantrain/base/status.h"

#define GT_ALIGNMENT 64 /* bytes: one cache line, one AVX-512 register */

/* GT_FAILED where a limit of address space (ulimit -v) leaves too little for the libraries. Call it before
 * MPI starts. */
Status memory_check_limit(void);

/* Bytes that the machine and the control groups (versions 1 and 2) of this process can still give; SIZE_MAX:
 * not known. `root` is "" but in tests: a folder with proc/ and sys/. */
size_t memory_available(const char *root);

/* Resident set of this process, in bytes; 0: not known. */
size_t memory_resident(void);

/* Is there a limit of this process's virtual memory (ulimit -v)? What is only reserved counts against it. */
bool memory_space_is_limited(void);

/* A part of what something needs. */
typedef struct MemoryNeed {
  const char *name; /* "images" */
  size_t bytes;
} MemoryNeed;

/* Of all parts; SIZE_MAX where that is too much for a number. */
size_t memory_sum(const MemoryNeed *needs, int count);

/* The one question before large memory is touched: GT_FAILED, with the figures of all parts and the cure
 * ("ask for more memory, ..."), where the parts together are more than what this process may still take
 * (ulimit -v), or than what machine and control groups still have; `beside` is what other processes of the
 * machine are about to take. GT_MEMORY: MiB that the machine has, for tests. */
Status memory_check_needs(const MemoryNeed *needs, int count, size_t beside, const char *cure);

/* The same for one part. */
Status memory_check(size_t bytes, const char *what);

/* `count` elements of `size` bytes, zeroed, on a GT_ALIGNMENT border. NULL with a recorded message when
 * the memory is not there or count * size overflows; count 0 gives a valid pointer. Free with memory_free. */
void *memory_alloc(size_t count, size_t size);

/* NULL is allowed. */
void memory_free(void *block);

/* What would so many calls of memory_alloc take? From begin to end they get zeroed memory that takes no room
 * until it is touched, and their bytes are counted. Until the end all of it must be freed. */
void memory_measure_begin(void);
size_t memory_measured(void); /* bytes since the beginning; 0 after the end */
void memory_measure_end(void);

/* Bytes behind each buffer of a block that must not be accessed, in sanitizer builds. */
#ifdef GANTRAIN_SANITIZE
#define GT_RED_ZONE GT_ALIGNMENT
#else
#define GT_RED_ZONE 0
#endif

/* In sanitizer builds, access to these bytes ends the program with a report until they are allowed again
 * or freed. In other builds nothing happens. */
void memory_poison(const void *from, size_t bytes);
void memory_allow(const void *from, size_t bytes);

/* Largest resident set of this process so far, in bytes. */
size_t memory_peak_bytes(void);

#endif
