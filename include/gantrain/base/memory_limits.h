/* How much memory there is for this process. Not collective. */
#ifndef GANTRAIN_MEMORY_LIMITS_H
#define GANTRAIN_MEMORY_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "gantrain/base/status.h"

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

#endif
