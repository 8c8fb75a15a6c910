#include "gantrain/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "gantrain/base/fault.h"
#include "gantrain/base/memory_limits.h"
#include "gantrain/base/memory_measure.h"
#include "gantrain/base/status.h"

#define LARGE ((size_t)64 << 20) /* bytes: looked for before they are taken */

/* A zeroed block; NULL where there is no memory. */
static void *allocate_zeroed(size_t bytes) {
  void *block = NULL;
  if (memory_is_measuring() && memory_measure_block(&block, bytes)) {
    return block;
  }
  if (posix_memalign(&block, GT_ALIGNMENT, bytes) != 0) {
    return NULL;
  }
  return memset(block, 0, bytes);
}

void *memory_alloc(size_t count, size_t size) {
  if (size != 0 && count > (SIZE_MAX - GT_ALIGNMENT) / size) {
    status_set(GT_FAILED, STATUS_NO_MEMORY ": %zu elements of %zu bytes were asked for", count, size);
    return NULL;
  }
  size_t bytes = (count * size + GT_ALIGNMENT - 1) / GT_ALIGNMENT * GT_ALIGNMENT;
  if (bytes == 0) {
    bytes = GT_ALIGNMENT;
  }
  /* Linux grants more memory than there is, and kills the process that uses it. */
  if (bytes >= LARGE && !memory_is_measuring() && memory_check(bytes, "one block of numbers") != GT_OK) {
    return NULL;
  }
  void *block = fault_here("memory") ? NULL : allocate_zeroed(bytes);
  if (block == NULL) {
    status_set(GT_FAILED, STATUS_NO_MEMORY ": %zu bytes were asked for; use a smaller batch or more machines",
               bytes);
    if (memory_is_measuring()) { /* there may not be so much address space: say so with the figures so far */
      const MemoryNeed parts[] = {{"before", memory_measured()}, {"this", bytes}};
      memory_check(memory_sum(parts, 2), "a part of this alone");
    }
    return NULL;
  }
  memory_poison((char *)block + count * size, bytes - count * size);
  return block;
}

void memory_free(void *block) {
  if (!memory_measure_has(block)) { /* memory_measure_end frees those */
    free(block);
  }
}

size_t memory_peak_bytes(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
}
